// Goal: every partition has one reader, loads are as even as subscriptions allow, and nobody loses
// what they may keep. Method: small groups by hand, and many drawn from a seed.
#include "coord/consumer_assignors.hpp"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "io/random.hpp"

namespace cambium::coord {
namespace {

Uuid topic_number(uint8_t number) {
    Uuid id;
    id.bytes[15] = number;
    return id;
}

struct Members {
    std::vector<std::set<Uuid>> subscriptions;
    std::vector<Target> before;
    std::map<Uuid, int32_t> topics;

    [[nodiscard]] std::vector<Target> assigned(std::string_view assignor) const {
        AssignorInput input;
        input.topics = topics;
        for (size_t i = 0; i < subscriptions.size(); ++i)
            input.members.push_back({.id = "m" + std::to_string(i),
                                     .instance = {},
                                     .topics = &subscriptions[i],
                                     .before = i < before.size() ? &before[i] : nullptr});
        return assign(assignor, input);
    }
};

size_t load(const Target& target) {
    size_t count = 0;
    for (const auto& [topic, partitions] : target) count += partitions.size();
    return count;
}

// Every partition that somebody reads has one reader, who is subscribed to it.
void check_owners(const Members& members, const std::vector<Target>& assigned) {
    std::map<std::pair<Uuid, int32_t>, size_t> owners;
    for (size_t i = 0; i < assigned.size(); ++i)
        for (const auto& [topic, partitions] : assigned[i]) {
            CHECK(members.subscriptions[i].contains(topic));
            for (const int32_t partition : partitions)
                CHECK(owners.emplace(std::pair(topic, partition), i).second);
        }
    size_t wanted = 0;
    for (const auto& [topic, count] : members.topics)
        if (std::ranges::any_of(members.subscriptions,
                                [&](const auto& one) { return one.contains(topic); }))
            wanted += static_cast<size_t>(count);
    CHECK(owners.size() == wanted);
}

TEST_CASE("range_gives_each_member_a_run_of_every_topic") {
    Members members;
    members.topics = {{topic_number(1), 5}, {topic_number(2), 3}};
    members.subscriptions.assign(2, {topic_number(1), topic_number(2)});
    const auto assigned = members.assigned(range_assignor);
    CHECK(assigned[0] == Target{{topic_number(1), {0, 1, 2}}, {topic_number(2), {0, 1}}});
    CHECK(assigned[1] == Target{{topic_number(1), {3, 4}}, {topic_number(2), {2}}});
}

TEST_CASE("range_keeps_the_place_of_a_static_member_under_another_id") {
    AssignorInput input;
    input.topics = {{topic_number(1), 2}};
    const std::set<Uuid> all{topic_number(1)};
    input.members = {{"a", {}, &all, nullptr}, {"z", "instance", &all, nullptr}};
    CHECK(assign(range_assignor, input)[1] == Target{{topic_number(1), {0}}});
}

TEST_CASE("uniform_moves_no_more_than_it_must_when_a_member_comes") {
    Members members;
    members.topics = {{topic_number(1), 6}};
    members.subscriptions.assign(3, {topic_number(1)});
    members.before = {{{topic_number(1), {0, 1, 2}}}, {{topic_number(1), {3, 4, 5}}}};
    const auto assigned = members.assigned(uniform_assignor);
    check_owners(members, assigned);
    CHECK(load(assigned[2]) == 2);
    for (size_t i = 0; i < 2; ++i)
        for (const int32_t partition : assigned[i].at(topic_number(1)))
            CHECK(members.before[i].at(topic_number(1)).contains(partition));
}

TEST_CASE("uniform_gives_what_only_one_reads_to_that_one_and_the_rest_to_the_others") {
    Members members;
    members.topics = {{topic_number(1), 4}, {topic_number(2), 4}};
    members.subscriptions = {{topic_number(1)}, {topic_number(1), topic_number(2)}};
    const auto assigned = members.assigned(uniform_assignor);
    check_owners(members, assigned);
    CHECK(assigned[0] == Target{{topic_number(1), {0, 1, 2, 3}}});
    CHECK(assigned[1] == Target{{topic_number(2), {0, 1, 2, 3}}});
}

TEST_CASE("uniform_is_even_and_stays_as_it_is_when_nothing_changes") {
    for (uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        io::Random random(seed);
        Members members;
        const auto topics = static_cast<uint8_t>(random.between(1, 5));
        for (uint8_t i = 0; i < topics; ++i)
            members.topics[topic_number(i)] = static_cast<int32_t>(random.between(1, 9));
        const bool alike = random.chance(0.5);
        const int64_t count = random.between(1, 7);
        for (int64_t i = 0; i < count; ++i) {
            auto& subscription = members.subscriptions.emplace_back();
            for (uint8_t topic = 0; topic < topics; ++topic)
                if (alike || random.chance(0.6)) subscription.insert(topic_number(topic));
        }
        members.before = members.assigned(uniform_assignor);
        check_owners(members, members.before);
        CHECK(members.assigned(uniform_assignor) == members.before);
        // Nobody has two more than somebody who could have one of them.
        for (size_t a = 0; a < members.before.size(); ++a)
            for (const auto& [topic, partitions] : members.before[a])
                for (size_t b = 0; b < members.before.size(); ++b)
                    if (members.subscriptions[b].contains(topic))
                        CHECK(load(members.before[a]) <= load(members.before[b]) + 1);
        // A member goes: the others keep what they had.
        const std::vector<Target> with_all = members.before;
        if (!alike || members.subscriptions.size() < 2) continue;
        members.subscriptions.pop_back();
        members.before.pop_back();
        const auto without = members.assigned(uniform_assignor);
        check_owners(members, without);
        for (size_t i = 0; i < without.size(); ++i)
            for (const auto& [topic, partitions] : with_all[i])
                for (const int32_t partition : partitions)
                    CHECK(without[i].at(topic).contains(partition));
    }
}

}  // namespace
}  // namespace cambium::coord
