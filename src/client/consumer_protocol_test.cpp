#include "client/consumer_protocol.hpp"

#include <doctest/doctest.h>

namespace {

using namespace cambium;
using namespace cambium::client;

using SubscriptionBytes = std::vector<uint8_t>;

Subscription full_subscription() {
    return {.topics = {"a"},
            .user_data = {7},
            .owned = {{"a", PartitionIndex(0)}, {"a", PartitionIndex(2)}},
            .generation = 5,
            .rack = "r"};
}

TEST_CASE("a subscription of version 3 is these bytes") {
    const SubscriptionBytes expected{0, 3,                    // version
                                     0, 0, 0,  1, 0, 1, 'a',  // topics
                                     0, 0, 0,  1, 7,          // user data
                                     0, 0, 0,  1, 0, 1, 'a',  // owned: one topic
                                     0, 0, 0,  2, 0, 0, 0,   0,
                                     0, 0, 0,  2, 0, 0, 0,   5,  // generation
                                     0, 1, 'r'};                 // rack
    CHECK(encoded(full_subscription()) == expected);
    const auto back = decoded_subscription(expected);
    REQUIRE(back.ok());
    CHECK(*back == full_subscription());
}

TEST_CASE("older versions carry less and are read") {
    const SubscriptionBytes version_0{0, 0, 0, 0, 0, 1, 0, 1, 'a', 0xff, 0xff, 0xff, 0xff};
    CHECK(encoded({.topics = {"a"}}, 0) == version_0);
    const auto back = decoded_subscription(version_0);
    REQUIRE(back.ok());
    CHECK(*back == Subscription{.topics = {"a"}});
    const auto second = decoded_subscription(encoded(full_subscription(), 2));
    REQUIRE(second.ok());
    CHECK(second->generation == 5);
    CHECK_FALSE(second->rack.has_value());
}

TEST_CASE("what a newer version adds behind the known fields is not looked at") {
    SubscriptionBytes newer = encoded(full_subscription());
    newer[1] = 9;
    newer.push_back(42);
    const auto back = decoded_subscription(newer);
    REQUIRE(back.ok());
    CHECK(*back == full_subscription());
}

TEST_CASE("an assignment is these bytes, and none at all is no partition") {
    const SubscriptionBytes expected{0, 3, 0, 0, 0, 1, 0,    1,    'a',  0,   0,
                                     0, 1, 0, 0, 0, 4, 0xff, 0xff, 0xff, 0xff};
    const std::vector<TopicPartition> partitions{{"a", PartitionIndex(4)}};
    CHECK(encoded_assignment(partitions) == expected);
    CHECK(*decoded_assignment(expected) == partitions);
    CHECK(decoded_assignment({})->empty());
}

TEST_CASE("whatever is cut off or lies about a count is malformed") {
    const SubscriptionBytes whole = encoded(full_subscription());
    for (size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        CHECK(decoded_subscription(ByteView(whole).first(size)).code() == Errc::malformed);
    }
    const SubscriptionBytes assignment = encoded_assignment({{"a", PartitionIndex(4)}});
    for (size_t size = 1; size < assignment.size(); ++size)
        CHECK(decoded_assignment(ByteView(assignment).first(size)).code() == Errc::malformed);
    CHECK(decoded_subscription(SubscriptionBytes{0, 0, 0x7f, 0xff, 0xff, 0xff}).code() ==
          Errc::malformed);
    CHECK(decoded_assignment(SubscriptionBytes{0, 0, 0xff, 0xff, 0xff, 0xff}).code() ==
          Errc::malformed);
}

}  // namespace
