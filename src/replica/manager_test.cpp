// The partitions follow the image: made, opened, repaired and removed.
#include "replica/manager.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "sim/simulation.hpp"
#include "sim/wait.hpp"

namespace cambium::replica {
namespace {

class PlainRule final : public TopicSettingsRule {
public:
    [[nodiscard]] TopicSettings settings(std::string_view,
                                         const meta::Configs& configs) const override {
        TopicSettings settings;
        settings.compacted = configs.contains("cleanup.policy");
        return settings;
    }
};

constexpr NodeId self{1};

struct Fixture {
    explicit Fixture(uint64_t seed) : simulation(seed), node(simulation.add_node("node")) {
        change({meta::ClusterRecord{Uuid{{9}}}});
        open();
    }
    ~Fixture() { close(); }

    void open() {
        io::World& world = node.world();
        room = std::make_unique<WaitingRoom>(world.clock, world.timers, WaitLimits{});
        log::DirectoriesOptions options;
        options.paths = {"data", "more"};
        directories = std::make_unique<log::Directories>(world, std::move(options));
        REQUIRE(sim::wait(simulation, directories->open_first()).ok());
        if (with_second) REQUIRE(sim::wait(simulation, directories->open_others(known)).ok());
        if (known.registered.empty()) known.registered = directories->online();
        manager = std::make_unique<Manager>(world, Manager::Options{.self = self},
                                            directories.get(), room.get(), &rule);
    }
    void close() {
        if (manager == nullptr) return;
        sim::wait(simulation, manager->close());
        manager.reset();
        room->close();
        (void)sim::wait(simulation, directories->close());
        directories.reset();
    }
    // A start on what the disk has: everything there is, as created.
    void start() {
        meta::Builder::Publication all{
            .before = std::make_shared<const meta::Image>(), .after = image, .delta = {}};
        for (const auto& [name, topic] : image->topics) all.delta.created.push_back(topic);
        publish(all);
    }
    void publish(const meta::Builder::Publication& publication) {
        sim::wait(simulation, manager->prepare(&publication));
        sim::wait(simulation, manager->published(&publication));
        simulation.run_for(std::chrono::milliseconds(1));
    }
    meta::Builder::Publication change(const std::vector<meta::Record>& facts) {
        REQUIRE(builder.apply_change(facts, MetadataIndex{index += 10}).ok());
        meta::Builder::Publication publication = builder.publish();
        image = publication.after;
        return publication;
    }
    static std::vector<meta::Record> topic(const std::string& name, const Uuid& id,
                                           int32_t partitions) {
        std::vector<meta::Record> facts{meta::TopicRecord{id, name}};
        for (int32_t i = 0; i < partitions; ++i) facts.push_back(partition(id, i));
        return facts;
    }
    // `directory` zero: the first.
    static meta::Record partition(const Uuid& id, int32_t index, int32_t epoch = 0,
                                  const Uuid& directory = {}) {
        return meta::PartitionRecord{id,
                                     PartitionIndex{index},
                                     {.replicas = {self},
                                      .isr = {self},
                                      .directories = {directory},
                                      .leader = self,
                                      .leader_epoch = LeaderEpoch{epoch},
                                      .partition_epoch = epoch}};
    }
    bool on_disk(const std::string& directory_name) {
        return node.disk().exists("data/" + directory_name);
    }

    sim::Simulation simulation;
    sim::Node& node;
    PlainRule rule;
    meta::Builder builder;
    int64_t index = 0;
    meta::ImageRef image;
    std::unique_ptr<WaitingRoom> room;
    std::unique_ptr<log::Directories> directories;
    std::unique_ptr<Manager> manager;
    log::KnownDirectories known;
    bool with_second = true;
};

TEST_CASE("topics_are_opened_before_the_image_shows_them_and_closed_after_it_drops_them") {
    Fixture fixture(1);
    fixture.start();
    const Uuid id{{5}};
    const auto created = fixture.change(Fixture::topic("t", id, 3));
    sim::wait(fixture.simulation, fixture.manager->prepare(&created));
    REQUIRE(fixture.manager->topic("t") != nullptr);
    CHECK(fixture.manager->topic(id) == fixture.manager->topic("t"));
    CHECK(fixture.manager->partitions() == 3);
    CHECK(fixture.manager->topic("t")->partition(PartitionIndex{2})->leader().stopped() ==
          Errc::none);
    CHECK(fixture.manager->topic("t")->partition(PartitionIndex{3}) == nullptr);
    CHECK(fixture.manager->topic("t")->partition(PartitionIndex{-1}) == nullptr);
    sim::wait(fixture.simulation, fixture.manager->published(&created));
    CHECK(fixture.on_disk("t-2"));

    fixture.publish(fixture.change({meta::DeleteTopicRecord{id}}));
    CHECK(fixture.manager->topic("t") == nullptr);
    CHECK(fixture.manager->topic(id) == nullptr);
    CHECK_FALSE(fixture.on_disk("t-2"));
}

TEST_CASE("a_start_gives_directories_to_topics_and_takes_them_from_none") {
    Fixture fixture(2);
    fixture.start();
    fixture.publish(fixture.change(Fixture::topic("stays", Uuid{{1}}, 2)));
    fixture.publish(fixture.change(Fixture::topic("goes", Uuid{{2}}, 1)));
    fixture.close();
    // Logged, and then the power went.
    fixture.change({meta::DeleteTopicRecord{Uuid{{2}}}});
    fixture.change(Fixture::topic("comes", Uuid{{3}}, 1));
    // The same name again, with a directory of the topic before.
    fixture.change({meta::DeleteTopicRecord{Uuid{{1}}}});
    fixture.change(Fixture::topic("stays", Uuid{{4}}, 2));

    fixture.open();
    fixture.start();
    CHECK(fixture.manager->troubles().empty());
    CHECK_FALSE(fixture.on_disk("goes-0"));
    CHECK(fixture.on_disk("comes-0"));
    CHECK(fixture.manager->partitions() == 3);
    CHECK(fixture.manager->partitions_offline() == 0);
    CHECK(fixture.manager->topic("stays")->id == Uuid{{4}});
    CHECK(fixture.simulation.sometimes().contains("replica.leftover_removed"));
    CHECK(fixture.simulation.sometimes().contains("replica.directory_repaired"));
}

TEST_CASE("a_cluster_without_an_identity_removes_nothing") {
    Fixture fixture(3);
    fixture.start();
    fixture.publish(fixture.change(Fixture::topic("t", Uuid{{1}}, 1)));
    fixture.close();
    fixture.open();
    fixture.image = std::make_shared<const meta::Image>();
    fixture.start();
    CHECK(fixture.on_disk("t-0"));
    CHECK(fixture.manager->troubles().size() == 1);
}

TEST_CASE("changes_of_settings_partitions_and_epochs_are_taken_up") {
    Fixture fixture(4);
    fixture.start();
    const Uuid id{{1}};
    fixture.publish(fixture.change(Fixture::topic("t", id, 1)));
    CHECK_FALSE(fixture.manager->topic("t")->settings.compacted);
    fixture.publish(fixture.change({meta::TopicConfigRecord{id, {{"cleanup.policy", "compact"}}}}));
    CHECK(fixture.manager->topic("t")->settings.compacted);
    fixture.publish(fixture.change({Fixture::partition(id, 1), Fixture::partition(id, 0, 3)}));
    REQUIRE(fixture.manager->topic("t")->partitions.size() == 2);
    CHECK(fixture.manager->topic("t")->partition(PartitionIndex{0})->leader().epoch() ==
          LeaderEpoch{3});
    CHECK(fixture.on_disk("t-1"));
}

TEST_CASE("a_partition_whose_directory_cannot_be_made_is_offline_and_the_others_are_not") {
    Fixture fixture(5);
    fixture.start();
    fixture.node.disk().fail_next(sim::DiskOp::rename, "t-1", Errc::no_space);
    fixture.publish(fixture.change(Fixture::topic("t", Uuid{{1}}, 3)));
    CHECK(fixture.manager->partitions() == 3);
    CHECK(fixture.manager->partitions_offline() == 1);
    CHECK(fixture.manager->topic("t")->partition(PartitionIndex{1})->offline());
    REQUIRE(fixture.manager->troubles().size() == 1);
    CHECK(fixture.manager->troubles()[0].partition.text() == "t-1");
}

TEST_CASE("a_partition_that_lacked_space_opens_by_itself_when_there_is_some") {
    Fixture fixture(6);
    fixture.start();
    fixture.node.disk().fail_next(sim::DiskOp::rename, "t-1", Errc::no_space, 3);
    fixture.publish(fixture.change(Fixture::topic("t", Uuid{{1}}, 3)));
    CHECK(fixture.manager->partitions_offline() == 1);
    fixture.simulation.run_for(std::chrono::milliseconds(1500));
    CHECK(fixture.manager->partitions_offline() == 1);
    fixture.simulation.run_for(std::chrono::seconds(3));
    CHECK(fixture.manager->partitions_offline() == 0);
    CHECK_FALSE(fixture.manager->topic("t")->partition(PartitionIndex{1})->offline());
    CHECK(fixture.on_disk("t-1"));
}

TEST_CASE("a_topic_that_is_deleted_while_it_waits_for_space_is_not_made") {
    Fixture fixture(7);
    fixture.start();
    fixture.node.disk().fail_next(sim::DiskOp::rename, "t-0", Errc::no_space);
    fixture.publish(fixture.change(Fixture::topic("t", Uuid{{1}}, 1)));
    fixture.publish(fixture.change({meta::DeleteTopicRecord{Uuid{{1}}}}));
    fixture.simulation.run_for(std::chrono::seconds(5));
    CHECK_FALSE(fixture.on_disk("t-0"));
    CHECK(fixture.manager->partitions() == 0);
}

TEST_CASE("descriptors_that_run_out_keep_a_partition_waiting_without_a_busy_loop") {
    Fixture fixture(8);
    fixture.start();
    fixture.node.disk().fail_next(sim::DiskOp::open, ".log", Errc::too_many_files, 5);
    fixture.publish(fixture.change(Fixture::topic("t", Uuid{{1}}, 4)));
    CHECK(fixture.manager->partitions_offline() == 4);
    const uint64_t before = fixture.simulation.events();
    fixture.simulation.run_for(std::chrono::milliseconds(900));
    CHECK(fixture.simulation.events() - before < 100);
    fixture.simulation.run_for(std::chrono::seconds(5));
    CHECK(fixture.manager->partitions_offline() == 0);
}

TEST_CASE("a_partition_is_made_and_found_again_in_the_directory_that_the_metadata_says") {
    Fixture fixture(9);
    fixture.start();
    const Uuid second = fixture.directories->entries()[1].directory->id();
    const Uuid id{{1}};
    fixture.publish(fixture.change({meta::TopicRecord{id, "t"}, Fixture::partition(id, 0),
                                    Fixture::partition(id, 1, 0, second)}));
    CHECK(fixture.on_disk("t-0"));
    CHECK(fixture.node.disk().exists("more/t-1"));
    fixture.close();
    fixture.open();
    fixture.start();
    CHECK(fixture.manager->partitions_offline() == 0);
    CHECK(fixture.manager->troubles().empty());
}

TEST_CASE("a_partition_whose_directory_is_missing_is_offline_and_made_nowhere_else") {
    Fixture fixture(10);
    fixture.start();
    const Uuid second = fixture.directories->entries()[1].directory->id();
    const Uuid id{{1}};
    fixture.publish(fixture.change({meta::TopicRecord{id, "t"}, Fixture::partition(id, 0),
                                    Fixture::partition(id, 1, 0, second)}));
    fixture.close();
    fixture.with_second = false;
    fixture.open();
    fixture.start();
    CHECK(fixture.manager->partitions() == 2);
    CHECK(fixture.manager->partitions_offline() == 1);
    CHECK_FALSE(fixture.on_disk("t-1"));
    fixture.close();
    fixture.with_second = true;
    fixture.open();
    fixture.start();
    CHECK(fixture.manager->partitions_offline() == 0);
}

TEST_CASE("a_log_that_somebody_moved_to_another_directory_is_neither_removed_nor_made_anew") {
    Fixture fixture(11);
    fixture.start();
    const Uuid id{{1}};
    fixture.publish(fixture.change(Fixture::topic("t", id, 1)));
    fixture.close();
    auto moved = fixture.node.world().disk.rename("data/t-0", "more/t-0");
    REQUIRE(sim::wait(fixture.simulation, std::move(moved)).ok());
    fixture.open();
    fixture.start();
    CHECK(fixture.manager->partitions_offline() == 1);
    CHECK(fixture.node.disk().exists("more/t-0"));
    CHECK_FALSE(fixture.on_disk("t-0"));
}

TEST_CASE("a_log_whose_topic_id_cannot_be_read_is_offline_and_not_removed") {
    Fixture fixture(12);
    fixture.start();
    fixture.publish(fixture.change(Fixture::topic("t", Uuid{{1}}, 1)));
    fixture.publish(fixture.change(Fixture::topic("gone", Uuid{{2}}, 1)));
    fixture.close();
    for (const char* log : {"t-0", "gone-0"}) {
        const std::string path = std::string("data/") + log + "/partition.metadata";
        fixture.node.disk().write_file(path, as_bytes("version: 0\ntopic_id: ?"));
    }
    fixture.change({meta::DeleteTopicRecord{Uuid{{2}}}});
    fixture.open();
    fixture.start();
    CHECK(fixture.on_disk("t-0"));
    CHECK(fixture.on_disk("gone-0"));
    CHECK(fixture.manager->partitions_offline() == 1);
    CHECK(fixture.manager->troubles().size() == 2);
}

}  // namespace
}  // namespace cambium::replica
