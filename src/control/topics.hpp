// Decisions about topics: pure functions from the image and a request to the facts to log and the
// answers to give. Checks, codes and texts are those of Kafka 4's ReplicationControlManager; what a
// topic may set says the settings table (base/settings.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "io/random.hpp"
#include "meta/image.hpp"
#include "meta/record.hpp"

namespace cambium::control {

// Between which values groups may set one of their settings, by settings of the broker.
struct GroupRange {
    std::string name;  // "consumer.session.timeout.ms"
    int64_t standard = 0;
    int64_t least = 0;
    int64_t most = 0;
};

struct Limits {
    int32_t default_partitions = 1;               // num.partitions
    int16_t default_replication_factor = 1;       // default.replication.factor
    int32_t max_partitions_per_request = 10'000;  // as in Kafka
    int32_t max_partitions = 200'000;             // over all topics
    int32_t max_topics_per_request = 10'000;      // of one deletion or creation
    std::vector<GroupRange> groups{};
};

struct Assignment {
    PartitionIndex partition;
    std::vector<NodeId> replicas;
};

struct NewTopic {
    std::string name;
    int32_t partitions = -1;          // -1: the default, or as many as there are assignments
    int16_t replication_factor = -1;  // -1: the default, or as the assignments say
    std::vector<Assignment> assignments;
    // A null value is an error, as in Kafka.
    std::vector<std::pair<std::string, std::optional<std::string>>> configs;
};

// One per topic name, in the order of the request (a name that came twice has one, an error).
struct CreatedTopic {
    std::string name;
    // The error's context is the text for the client.
    Status status;
    meta::TopicRef topic;  // when ok: the topic as it is, or as it would be with validate_only
};

// By name or by id, not both. One that comes twice has one answer, an error.
struct TopicSelector {
    std::optional<std::string> name;
    Uuid id;
};

struct DeletedTopic {
    // As far as known: that of the topic, or what was asked for.
    std::optional<std::string> name;
    Uuid id;
    Status status;
};

template <class Answer> struct Decision {
    std::vector<meta::Record> facts;  // empty: nothing changes
    std::vector<Answer> answers;
};

// Ids and the first node of the placement are drawn from `random`. A replica goes to the directory
// of its node that holds the fewest partitions, the first of several.
[[nodiscard]] Decision<CreatedTopic> decide_create(const meta::Image& image,
                                                   const std::vector<NewTopic>& request,
                                                   const Limits& limits, io::Random& random);

[[nodiscard]] Decision<DeletedTopic> decide_delete(const meta::Image& image,
                                                   const std::vector<TopicSelector>& request,
                                                   const Limits& limits);

// Ok, or invalid_topic_exception with Kafka's text: 1 to 249 of [a-zA-Z0-9._-], not "." or "..".
[[nodiscard]] Status check_topic_name(std::string_view name);

}  // namespace cambium::control
