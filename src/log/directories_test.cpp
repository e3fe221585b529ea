// Several data directories of one node: which are taken, which are left offline, which are refused
// (faults.md 11, 12, 13).
#include "log/directories.hpp"

#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sim/simulation.hpp"
#include "sim/wait.hpp"

namespace cambium::log {
namespace {

const Owner us{Uuid{{7}}, NodeId(1)};

struct Fixture {
    explicit Fixture(uint64_t seed) : simulation(seed), node(simulation.add_node("node")) {}
    ~Fixture() { close(); }

    Status open(std::vector<std::string> paths, KnownDirectories known = {}) {
        close();
        DirectoriesOptions options;
        options.paths = std::move(paths);
        directories = std::make_unique<Directories>(node.world(), std::move(options));
        Status opened = sim::wait(simulation, directories->open_first());
        if (opened) opened = sim::wait(simulation, directories->open_others(std::move(known)));
        return opened;
    }
    Status claim(const Owner& owner = us) {
        return sim::wait(simulation, directories->claim(owner));
    }
    void close() {
        if (directories == nullptr) return;
        (void)sim::wait(simulation, directories->close());
        directories.reset();
    }
    // Two directories of ours, with a log in each.
    KnownDirectories two() {
        REQUIRE(open({"a", "b"}).ok());
        REQUIRE(claim().ok());
        KnownDirectories known{us, directories->online(), directories->online()};
        make_log(0, "__cluster_metadata");
        make_log(1, "t");
        close();
        return known;
    }
    void make_log(size_t directory, const std::string& topic) {
        auto& entry = directories->entries()[directory];
        const LogIdentity identity{{topic, PartitionIndex(0)}, Uuid{{9}}};
        REQUIRE(sim::wait(simulation, entry.directory->create(identity, {})).ok());
    }
    void rename(const std::string& from, const std::string& to) {
        REQUIRE(sim::wait(simulation, node.world().disk.rename(from, to)).ok());
    }
    void empty(const std::string& path, bool with_lock) {
        for (const std::string& file : node.disk().files()) {
            const bool inside = file.starts_with(path + "/") || file.starts_with("/" + path + "/");
            if (inside && (with_lock || !file.ends_with("/.lock"))) node.disk().remove_file(file);
        }
        for (const char* log : {"/t-0", "/__cluster_metadata-0"})
            (void)sim::wait(simulation, node.world().disk.remove_directory(path + log));
    }

    sim::Simulation simulation;
    sim::Node& node;
    std::unique_ptr<Directories> directories;
};

bool says(const Status& status, std::string_view text) {
    CAPTURE(status.ok() ? "ok" : status.error().text());
    return !status.ok() && status.error().text().find(text) != std::string::npos;
}

TEST_CASE("a_first_start_makes_every_directory_and_each_has_an_identity_of_its_own") {
    Fixture fixture(1);
    REQUIRE(fixture.open({"a", "b", "c"}).ok());
    const std::vector<Uuid> ids = fixture.directories->online();
    REQUIRE(ids.size() == 3);
    CHECK(ids[0] != ids[1]);
    CHECK(ids[1] != ids[2]);
    REQUIRE(fixture.claim().ok());
    fixture.make_log(0, "__cluster_metadata");
    REQUIRE(fixture.open({"a", "c", "b"}, {us, ids, ids}).ok());
    CHECK(fixture.directories->first().owner() == us);
    CHECK(fixture.directories->find(ids[1])->path() == "b");
    CHECK(fixture.directories->find(Uuid{})->path() == "a");
}

TEST_CASE("a_directory_that_does_not_exist_any_more_is_offline_and_not_made_anew") {
    Fixture fixture(2);
    const KnownDirectories known = fixture.two();
    fixture.rename("b", "elsewhere");
    REQUIRE(fixture.open({"a", "b"}, known).ok());
    CHECK(fixture.directories->online().size() == 1);
    CHECK(fixture.directories->find(known.in_use[1]) == nullptr);
    CHECK_FALSE(fixture.node.disk().exists("b"));
    CHECK(says(fixture.directories->entries()[1].status, "does not exist"));
    fixture.close();
    fixture.rename("elsewhere", "b");
    REQUIRE(fixture.open({"a", "b"}, known).ok());
    CHECK(fixture.directories->online().size() == 2);
}

TEST_CASE("a_directory_that_cannot_be_read_is_offline_and_the_others_are_not") {
    Fixture fixture(3);
    const KnownDirectories known = fixture.two();
    SUBCASE("not even listed") {
        fixture.node.disk().fail_next(sim::DiskOp::list, "b", Errc::io_error);
    }
    SUBCASE("its identity") {
        fixture.node.disk().fail_next(sim::DiskOp::open, "b/directory.id", Errc::io_error);
    }
    SUBCASE("its identity is damaged") {
        fixture.node.disk().write_file("b/directory.id", as_bytes("?"));
    }
    REQUIRE(fixture.open({"a", "b"}, known).ok());
    CHECK(fixture.directories->online().size() == 1);
    CHECK_FALSE(fixture.directories->entries()[1].status.ok());
    CHECK(fixture.node.disk().exists("b/t-0"));
}

TEST_CASE("an_emptied_directory_is_refused_until_the_operator_gives_it_up") {
    Fixture fixture(4);
    const KnownDirectories known = fixture.two();
    SUBCASE("rm -rf DIR/*") { fixture.empty("b", false); }
    SUBCASE("every file") { fixture.empty("b", true); }
    CHECK(says(fixture.open({"a", "b"}, known), "format --replace --data b"));
    fixture.close();
    CHECK_FALSE(fixture.node.disk().exists("b/format.version"));
    REQUIRE(sim::wait(fixture.simulation, format_directory(fixture.node.world(), "b", true)).ok());
    REQUIRE(fixture.open({"a", "b"}, known).ok());
    const std::vector<Uuid> online = fixture.directories->online();
    REQUIRE(online.size() == 2);
    CHECK(online[1] != known.in_use[1]);
    CHECK(fixture.directories->find(known.in_use[1]) == nullptr);
}

TEST_CASE("an_emptied_only_directory_is_no_first_start") {
    Fixture fixture(5);
    (void)fixture.two();
    fixture.empty("a", false);
    CHECK(says(fixture.open({"a"}), "its files are gone"));
    fixture.close();
    REQUIRE(sim::wait(fixture.simulation, format_directory(fixture.node.world(), "a", true)).ok());
    CHECK(fixture.open({"a"}).ok());
}

TEST_CASE("a_first_directory_that_is_gone_is_no_first_start_when_another_one_remembers") {
    Fixture fixture(6);
    (void)fixture.two();
    fixture.rename("a", "elsewhere");
    CHECK(says(fixture.open({"a", "b"}), "b belongs to node 1 of cluster"));
    CHECK_FALSE(fixture.node.disk().exists("a"));
}

TEST_CASE("a_directory_of_another_cluster_or_node_is_refused") {
    Fixture fixture(7);
    const KnownDirectories known = fixture.two();
    Owner other = us;
    SUBCASE("cluster") { other.cluster = Uuid{{8}}; }
    SUBCASE("node") { other.node = NodeId(2); }
    REQUIRE(fixture.open({"c"}).ok());
    REQUIRE(fixture.claim(other).ok());
    fixture.close();
    CHECK(says(fixture.open({"a", "c"}, known), "c belongs to " + other.text()));
}

TEST_CASE("a_directory_of_another_set_or_order_is_refused") {
    Fixture fixture(8);
    const KnownDirectories known = fixture.two();
    SUBCASE("the second comes first") {
        CHECK(says(fixture.open({"b", "a"}, known), "comes first in log.dirs"));
    }
    SUBCASE("with logs that the metadata does not know") {
        CHECK(says(fixture.open({"a", "b"}, {us, {known.registered[0]}, {known.in_use[0]}}),
                   "does not know directory"));
    }
    SUBCASE("named twice") { CHECK(says(fixture.open({"a", "b", "b"}, known), "names b twice")); }
    CHECK(fixture.node.disk().exists("b/t-0"));
}

TEST_CASE("a_copy_of_a_directory_is_refused") {
    Fixture fixture(9);
    const KnownDirectories known = fixture.two();
    for (const char* file : {"format.version", "directory.id", "meta.properties"}) {
        const auto bytes = fixture.node.disk().read_file(std::string("b/") + file);
        fixture.node.disk().write_file(std::string("c/") + file, *bytes);
    }
    CHECK(says(fixture.open({"a", "b", "c"}, known), "one is a copy of the other"));
}

TEST_CASE("a_new_directory_joins_when_none_is_missing") {
    Fixture fixture(10);
    const KnownDirectories known = fixture.two();
    REQUIRE(fixture.open({"a", "b", "new"}, known).ok());
    CHECK(fixture.directories->online().size() == 3);
}

TEST_CASE("two_processes_do_not_share_a_directory") {
    Fixture fixture(11);
    const KnownDirectories known = fixture.two();
    REQUIRE(fixture.open({"a", "b"}, known).ok());
    DirectoriesOptions options;
    options.paths = {"c", "b"};
    Directories second(fixture.node.world(), std::move(options));
    CHECK(says(sim::wait(fixture.simulation, second.open_first()), "belongs to node 1"));
    DirectoriesOptions same;
    same.paths = {"a"};
    Directories third(fixture.node.world(), std::move(same));
    CHECK(sim::wait(fixture.simulation, third.open_first()).code() == Errc::directory_locked);
}

TEST_CASE("formatting_a_directory_that_is_in_use_is_refused") {
    Fixture fixture(12);
    (void)fixture.two();
    const auto format = [&](bool replace) {
        return sim::wait(fixture.simulation, format_directory(fixture.node.world(), "a", replace));
    };
    CHECK(format(false).code() == Errc::already_exists);
    CHECK(format(true).code() == Errc::already_exists);
}

}  // namespace
}  // namespace cambium::log
