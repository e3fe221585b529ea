#include "meta/builder.hpp"

#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/fault.hpp"

namespace cambium::meta {
namespace {

Uuid uuid_of(uint64_t number) {
    Uuid id;
    for (size_t i = 0; i < 8; ++i) id.bytes[15 - i] = static_cast<uint8_t>(number >> (8 * i));
    id.bytes[0] = 1;
    return id;
}

Partition on_node_1() {
    Partition partition;
    partition.replicas = partition.isr = {NodeId(1)};
    partition.directories = {uuid_of(99)};
    partition.leader = NodeId(1);
    return partition;
}

Record topic(uint64_t number) { return TopicRecord{uuid_of(number), "t" + std::to_string(number)}; }
Record partition(uint64_t topic_number, int32_t index) {
    return PartitionRecord{uuid_of(topic_number), PartitionIndex(index), on_node_1()};
}

// A log that counts its own indexes.
struct Feed {
    Builder builder;
    int64_t next = 0;
    Status operator()(Record record) {
        return builder.apply(std::move(record), MetadataIndex(next++));
    }
    void ok(std::vector<Record> records) {
        for (Record& record : records) REQUIRE((*this)(std::move(record)).ok());
    }
};

TEST_CASE("a_change_is_seen_whole_at_its_end_and_not_before") {
    Feed feed;
    feed.ok({BeginChange{3}, topic(1), partition(1, 0), partition(1, 1)});
    CHECK(feed.builder.inside_change());
    CHECK(feed.builder.publish().after->topics.empty());
    feed.ok({EndChange{}});
    const Builder::Publication seen = feed.builder.publish();
    REQUIRE(seen.delta.created.size() == 1);
    CHECK(seen.delta.created[0]->partitions.size() == 2);
    CHECK(seen.after->topic("t1") == seen.delta.created[0]);
    CHECK(seen.after->topic(uuid_of(1)) == seen.delta.created[0]);
    CHECK(seen.after->partition_count == 2);
    CHECK(seen.after->index == MetadataIndex(4));
    CHECK(seen.after->partition("t1", PartitionIndex(1)) != nullptr);
    CHECK(seen.after->partition("t1", PartitionIndex(2)) == nullptr);
    CHECK(seen.after->partition("t2", PartitionIndex(0)) == nullptr);
}

TEST_CASE("an_aborted_change_never_happened") {
    Feed feed;
    feed.ok({BeginChange{2}, topic(1), AbortChange{}, topic(2)});
    const ImageRef image = feed.builder.publish().after;
    CHECK(image->topics.size() == 1);
    CHECK(image->topic("t2") != nullptr);
}

TEST_CASE("marks_of_changes_that_do_not_fit_together_are_corruption_and_it_sticks") {
    const std::vector<std::vector<Record>> wrong = {
        {EndChange{}},
        {BeginChange{0}},
        {BeginChange{max_change_records + 1}},
        {BeginChange{2}, BeginChange{2}},
        {BeginChange{2}, topic(1), EndChange{}},
        {BeginChange{1}, topic(1), topic(2)},
    };
    for (const std::vector<Record>& records : wrong) {
        Feed feed;
        Errc last = Errc::none;
        for (const Record& record : records) last = feed(record).code();
        CHECK(last == Errc::corrupt_data);
        CHECK(feed(topic(3)).code() == Errc::corrupt_data);
    }
}

TEST_CASE("facts_that_contradict_the_state_are_corruption") {
    PartitionRecord older{uuid_of(1), PartitionIndex(0), on_node_1()};
    Partition foreign_leader = on_node_1();
    foreign_leader.leader = NodeId(2);
    const std::vector<Record> wrong = {
        topic(1),
        TopicRecord{uuid_of(2), "t1"},
        TopicRecord{Uuid{}, "t2"},
        TopicRecord{uuid_of(2), ""},
        partition(2, 0),
        partition(1, 2),
        partition(1, -1),
        older,
        PartitionRecord{uuid_of(1), PartitionIndex(1), Partition{}},
        PartitionRecord{uuid_of(1), PartitionIndex(1), foreign_leader},
        TopicConfigRecord{uuid_of(2), {}},
        DeleteTopicRecord{uuid_of(2)},
        ProducerIdBlockRecord{NodeId(1), ProducerId(1000)},
        ClusterRecord{uuid_of(8)},
        ClusterRecord{Uuid{}},
        NodeRecord{Node{NodeId(), {}, {}}},
        FeatureLevelRecord{"", 1},
    };
    for (size_t i = 0; i < wrong.size(); ++i) {
        CAPTURE(i);
        Feed feed;
        feed.ok({ClusterRecord{uuid_of(7)}, topic(1), partition(1, 0),
                 ProducerIdBlockRecord{NodeId(1), ProducerId(1000)}});
        CHECK(feed(wrong[i]).code() == Errc::corrupt_data);
    }
}

TEST_CASE("an_index_only_grows") {
    Builder builder;
    REQUIRE(builder.apply(topic(1), MetadataIndex(5)).ok());
    CHECK(builder.apply(topic(2), MetadataIndex(5)).code() == Errc::corrupt_data);
}

TEST_CASE("a_feature_level_above_what_this_program_knows_is_refused") {
    Feed feed;
    feed.ok({FeatureLevelRecord{std::string(metadata_feature), metadata_feature_level},
             FeatureLevelRecord{"somebody.else", 30'000}});
    const auto above = static_cast<int16_t>(metadata_feature_level + 1);
    CHECK(feed(FeatureLevelRecord{std::string(metadata_feature), above}).code() ==
          Errc::unsupported_format);
}

TEST_CASE("a_published_image_never_changes_and_shares_what_did_not_change") {
    Feed feed;
    feed.ok({topic(1), partition(1, 0), topic(2), partition(2, 0)});
    const ImageRef first = feed.builder.publish().after;
    feed.ok({TopicConfigRecord{uuid_of(1), {{"retention.ms", "1"}}}, partition(1, 1)});
    const Builder::Publication second = feed.builder.publish();
    CHECK(second.before == first);
    CHECK(first->topic("t1")->configs.empty());
    CHECK(first->topic("t1")->partitions.size() == 1);
    CHECK(second.after->topic("t1")->partitions.size() == 2);
    CHECK(second.after->topic("t2") == first->topic("t2"));
    REQUIRE(second.delta.changed.size() == 1);
    CHECK(second.delta.changed[0]->configs.at("retention.ms") == "1");
    CHECK(second.delta.created.empty());
    CHECK(second.delta.deleted.empty());
}

TEST_CASE("a_topic_deleted_and_created_again_stands_in_both_lists") {
    Feed feed;
    feed.ok({topic(1), partition(1, 0)});
    (void)feed.builder.publish();
    feed.ok({DeleteTopicRecord{uuid_of(1)}, TopicRecord{uuid_of(5), "t1"}, topic(6),
             DeleteTopicRecord{uuid_of(6)}});
    const Builder::Publication seen = feed.builder.publish();
    REQUIRE(seen.delta.created.size() == 1);
    REQUIRE(seen.delta.deleted.size() == 1);
    CHECK(seen.delta.created[0]->id == uuid_of(5));
    CHECK(seen.delta.deleted[0]->id == uuid_of(1));
    CHECK(seen.delta.deleted[0]->partitions.size() == 1);
    CHECK(seen.after->partition_count == 0);
}

// Draws changes that the state allows.
class Changes {
public:
    explicit Changes(uint64_t seed) : draw_(seed) {}

    std::vector<Record> next(const Image& state) {
        switch (below(5)) {
            case 0: return {ProducerIdBlockRecord{NodeId(1), next_producer_id(state)}};
            case 1:
                if (!state.topics.empty()) return {DeleteTopicRecord{any_topic(state).id}};
                break;
            case 2:
                if (!state.topics.empty()) return changed(any_topic(state));
                break;
            default: break;
        }
        return created();
    }
    uint64_t below(uint64_t bound) { return draw_() % bound; }

private:
    static ProducerId next_producer_id(const Image& state) {
        return ProducerId(state.next_producer_id.value() + 1000);
    }
    const Topic& any_topic(const Image& state) {
        auto at = state.topics.begin();
        std::advance(at, below(state.topics.size()));
        return *at->second;
    }
    std::vector<Record> created() {
        const uint64_t number = ++topics_;
        std::vector<Record> out{topic(number)};
        const auto partitions = static_cast<int32_t>(1 + below(4));
        for (int32_t i = 0; i < partitions; ++i) out.push_back(partition(number, i));
        return out;
    }
    std::vector<Record> changed(const Topic& old) {
        std::vector<Record> out{TopicConfigRecord{old.id, {{"k", std::to_string(draw_())}}}};
        const NodeId node(static_cast<int32_t>(below(3)) - 1);
        out.push_back(NodeConfigRecord{node, {}});
        if (below(3) > 0) out.back() = NodeConfigRecord{node, {{"n", std::to_string(draw_())}}};
        const std::string group = "g" + std::to_string(below(3));
        out.push_back(GroupConfigRecord{group, {}});
        if (below(3) > 0) out.back() = GroupConfigRecord{group, {{"n", std::to_string(draw_())}}};
        Partition moved = old.partitions[0];
        ++moved.partition_epoch;
        moved.leader_epoch = LeaderEpoch(moved.leader_epoch.value() + 1);
        out.push_back(PartitionRecord{old.id, PartitionIndex(0), moved});
        return out;
    }

    std::mt19937_64 draw_;
    uint64_t topics_ = 0;
};

TEST_CASE("replaying_any_prefix_gives_the_state_after_its_last_whole_change") {
    // Random changes are applied whole to one builder, remembering each state; then every prefix of
    // the same records, marks included, is fed to another.
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        Changes changes(seed);
        Feed live;
        std::vector<Record> log;
        std::vector<ImageRef> after{live.builder.publish().after};  // after so many records
        for (int i = 0; i < 12; ++i) {
            const std::vector<Record> change = changes.next(live.builder.state());
            log.emplace_back(BeginChange{static_cast<uint32_t>(change.size())});
            log.insert(log.end(), change.begin(), change.end());
            const bool aborted = changes.below(4) == 0;
            if (aborted) log.emplace_back(AbortChange{});
            else log.emplace_back(EndChange{});
            const auto end = static_cast<int64_t>(log.size());
            while (static_cast<int64_t>(after.size()) < end) after.push_back(after.back());
            const MetadataIndex at(end - 1);
            REQUIRE(live.builder.apply_change(aborted ? std::vector<Record>{} : change, at).ok());
            after.push_back(live.builder.publish().after);
        }
        for (size_t length = 0; length <= log.size(); ++length) {
            Feed prefix;
            prefix.ok({log.begin(), log.begin() + static_cast<std::ptrdiff_t>(length)});
            CHECK(prefix.builder.publish().after->same_as(*after[length]));
        }
    }
}

TEST_CASE("the_facts_of_an_image_give_that_image") {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        Changes changes(seed);
        Builder builder;
        int64_t index = 0;
        REQUIRE(builder.apply(ClusterRecord{uuid_of(7)}, MetadataIndex(index++)).ok());
        REQUIRE(builder.apply(FeatureLevelRecord{"f", 3}, MetadataIndex(index++)).ok());
        REQUIRE(
            builder.apply(NodeRecord{Node{NodeId(1), {{"P", "", 1}}, {}}}, MetadataIndex(index++))
                .ok());
        for (int i = 0; i < 30; ++i) {
            const std::vector<Record> change = changes.next(builder.state());
            REQUIRE(builder.apply_change(change, MetadataIndex(index++)).ok());
        }
        Builder again;
        REQUIRE(again.apply_change(facts_of(builder.state()), builder.state().index).ok());
        CHECK(again.publish().after->same_as(*builder.publish().after));
    }
}

TEST_CASE("settings_of_nodes_are_replaced_whole_and_empty_ones_are_gone") {
    Feed feed;
    feed.ok({NodeConfigRecord{all_nodes, {{"a", "1"}}},
             NodeConfigRecord{NodeId(1), {{"a", "2"}, {"b", "3"}}}});
    const Builder::Publication both = feed.builder.publish();
    CHECK(both.delta.node_configs_changed);
    CHECK(both.after->configs_of(all_nodes) == Configs{{"a", "1"}});
    CHECK(both.after->configs_of(NodeId(1)).at("b") == "3");
    CHECK(both.after->configs_of(NodeId(2)).empty());
    feed.ok({NodeConfigRecord{NodeId(1), {{"b", "4"}}}, NodeConfigRecord{all_nodes, {}}});
    const ImageRef image = feed.builder.publish().after;
    CHECK(image->configs_of(NodeId(1)) == Configs{{"b", "4"}});
    CHECK(!image->node_configs.contains(all_nodes));
    CHECK(!feed.builder.publish().delta.node_configs_changed);
    CHECK(feed(NodeConfigRecord{NodeId(-2), {{"a", "1"}}}).code() == Errc::corrupt_data);
}

TEST_CASE("settings_of_groups_are_replaced_whole_and_empty_ones_are_gone") {
    Feed feed;
    feed.ok({GroupConfigRecord{"g", {{"a", "1"}, {"b", "2"}}}});
    CHECK(feed.builder.publish().after->configs_of_group("g").at("b") == "2");
    feed.ok({GroupConfigRecord{"g", {}}});
    const ImageRef image = feed.builder.publish().after;
    CHECK(image->configs_of_group("g").empty());
    CHECK(image->group_configs.empty());
    CHECK(feed(GroupConfigRecord{"", {{"a", "1"}}}).code() == Errc::corrupt_data);
}

#ifdef CAMBIUM_MUTANTS
TEST_CASE("the_mutant_applies_half_of_a_change") {
    enable_mutant("meta.change_half_applied");
    Feed feed;
    feed.ok({BeginChange{2}, topic(1), AbortChange{}});
    enable_mutant("");
    CHECK(feed.builder.publish().after->topics.size() == 1);
}
#endif

}  // namespace
}  // namespace cambium::meta
