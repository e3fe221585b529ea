#include "client/assignors.hpp"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "io/random.hpp"

namespace {

using namespace cambium;
using namespace cambium::client;

AssignedMember taker(const std::string& id, std::vector<std::string> topics) {
    return {.id = id, .subscription = {.topics = std::move(topics)}};
}

std::vector<TopicPartition> parts(const std::string& topic, const std::vector<int32_t>& indexes) {
    std::vector<TopicPartition> out;
    out.reserve(indexes.size());
    for (const int32_t index : indexes) out.push_back({topic, PartitionIndex(index)});
    return out;
}

std::vector<TopicPartition> both(std::vector<TopicPartition> a,
                                 const std::vector<TopicPartition>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

TEST_CASE("range deals out each topic by itself, the first members get what is left over") {
    const auto given = assign(Assignor::range, {taker("b", {"t", "u"}), taker("a", {"t", "u"})},
                              {{"t", 3}, {"u", 3}});
    CHECK(given.at("a") == both(parts("t", {0, 1}), parts("u", {0, 1})));
    CHECK(given.at("b") == both(parts("t", {2}), parts("u", {2})));
}

TEST_CASE("round robin deals out all partitions like cards, past those who do not take a topic") {
    const auto given = assign(Assignor::round_robin,
                              {taker("a", {"t", "u"}), taker("b", {"t"}), taker("c", {"u"})},
                              {{"t", 3}, {"u", 2}});
    CHECK(given.at("a") == both(parts("t", {0, 2}), parts("u", {1})));
    CHECK(given.at("b") == parts("t", {1}));
    CHECK(given.at("c") == parts("u", {0}));
}

TEST_CASE("static members keep their place by their name") {
    AssignedMember late = taker("a-new-id", {"t"});
    late.instance = "one";
    const auto given = assign(Assignor::range, {taker("0-dynamic", {"t"}), late}, {{"t", 3}});
    CHECK(given.at("a-new-id") == parts("t", {0, 1}));
}

TEST_CASE("nobody gets what nobody takes, and every member has an entry") {
    for (const Assignor each :
         {Assignor::range, Assignor::round_robin, Assignor::cooperative_sticky}) {
        const auto given =
            assign(each, {taker("a", {"t"}), taker("b", {"gone"})}, {{"t", 1}, {"x", 9}});
        CHECK(given.at("a") == parts("t", {0}));
        CHECK(given.at("b").empty());
        CHECK(assignor_named(name(each)) == each);
    }
    CHECK_FALSE(assignor_named("uniform").has_value());
}

// Members that come and go, each round with what the last one gave. A round in which somebody gave
// something up is followed by another, as members join again.
struct StickyHistory {
    explicit StickyHistory(uint64_t seed) : random(seed) {}

    Assignments round() {
        std::vector<AssignedMember> told;
        for (auto& [id, topics] : members) {
            AssignedMember member = taker(id, topics);
            member.subscription.owned = has[id];
            member.subscription.generation = generation;
            told.push_back(member);
        }
        ++generation;
        return assign(Assignor::cooperative_sticky, told, counts);
    }
    // Whether nobody had to give up anything.
    bool settle_once() {
        const Assignments given = round();
        std::map<TopicPartition, std::string> owner_before;
        for (const auto& [id, partitions] : has)
            if (members.contains(id))
                for (const TopicPartition& each : partitions) owner_before[each] = id;
        std::set<TopicPartition> seen;
        bool quiet = true;
        for (const auto& [id, partitions] : given) {
            for (const TopicPartition& each : partitions) {
                CHECK(seen.insert(each).second);
                const auto before = owner_before.find(each);
                CHECK((before == owner_before.end() || before->second == id));
            }
            for (const TopicPartition& each : has[id])
                quiet = quiet && std::ranges::find(partitions, each) != partitions.end();
        }
        has = given;
        return quiet;
    }

    io::Random random;
    std::map<std::string, std::vector<std::string>> members;
    Assignments has;
    PartitionCounts counts{{"t", 7}, {"u", 4}};
    int32_t generation = 0;
};

TEST_CASE("cooperative-sticky never moves what is still owned, and settles evenly") {
    for (uint64_t seed = 1; seed <= 50; ++seed) {
        CAPTURE(seed);
        StickyHistory history(seed);
        for (int step = 0; step < 12; ++step) {
            const std::string id = "m" + std::to_string(history.random.below(5));
            if (history.members.contains(id) && history.members.size() > 1)
                history.members.erase(id);
            else history.members[id] = {"t", "u"};
            int rounds = 0;
            while (!history.settle_once()) REQUIRE(++rounds < 4);
            (void)history.settle_once();
            size_t least = SIZE_MAX;
            size_t most = 0;
            size_t total = 0;
            for (const auto& [member, partitions] : history.has) {
                least = std::min(least, partitions.size());
                most = std::max(most, partitions.size());
                total += partitions.size();
            }
            CHECK(total == 11);
            CHECK(most - least <= 1);
        }
    }
}

TEST_CASE("a claim of an older generation takes nothing from who has it now") {
    AssignedMember now = taker("now", {"t"});
    now.subscription.owned = parts("t", {0});
    now.subscription.generation = 8;
    AssignedMember old = taker("old", {"t"});
    old.subscription.owned = parts("t", {0, 1});
    old.subscription.generation = 3;
    const auto given = assign(Assignor::cooperative_sticky, {old, now}, {{"t", 2}});
    CHECK(given.at("now") == parts("t", {0}));
    CHECK(given.at("old") == parts("t", {1}));
}

TEST_CASE("what two members of one generation claim goes to nobody for a round") {
    AssignedMember one = taker("one", {"t"});
    one.subscription.owned = parts("t", {0});
    AssignedMember two = taker("two", {"t"});
    two.subscription.owned = parts("t", {0});
    const auto given = assign(Assignor::cooperative_sticky, {one, two}, {{"t", 2}});
    CHECK(given.at("one").size() + given.at("two").size() == 1);
    CHECK(both(given.at("one"), given.at("two")) == parts("t", {1}));
}

}  // namespace
