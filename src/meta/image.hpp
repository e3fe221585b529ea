// What the cluster is, as one immutable picture: nodes, topics, partitions, identities.
//
// An Image is made only by replaying metadata records (meta/builder.hpp) and is published as an
// ImageRef: whoever holds one sees that moment for as long as it likes, from any thread. Topics are
// shared between one image and the next, so that publishing a change copies what it changed and the
// lists of names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.hpp"

namespace cambium::meta {

// Where clients reach a node. An empty host means: the address at which the client's connection
// arrived.
struct Endpoint {
    std::string listener;  // "PLAINTEXT"
    std::string host;
    uint16_t port = 0;
    bool operator==(const Endpoint&) const = default;
};

struct Node {
    NodeId id;
    std::vector<Endpoint> endpoints;
    std::vector<Uuid> directories;  // of its data directories: those that take records
    std::vector<Uuid> offline{};    // ... and those that were seen once and do not
    bool operator==(const Node&) const = default;
};

struct Partition {
    std::vector<NodeId> replicas;
    std::vector<NodeId> isr;
    // Beside each replica, the data directory that holds it.
    std::vector<Uuid> directories;
    NodeId leader;  // -1: none
    LeaderEpoch leader_epoch{0};
    int32_t partition_epoch = 0;  // grows with every change of this partition
    bool operator==(const Partition&) const = default;
};

using Configs = std::map<std::string, std::string, std::less<>>;

struct Topic {
    Uuid id;
    std::string name;
    Configs configs;                    // what was set on the topic; defaults are not in here
    std::vector<Partition> partitions;  // by partition index, without gaps
    bool operator==(const Topic&) const = default;
};

// Shared, because every image since the topic's last change holds it.
using TopicRef = std::shared_ptr<const Topic>;

// Stands for every node where one is named.
inline constexpr NodeId all_nodes{-1};

struct Image {
    // Of the last record that this image shows; -1 before the first.
    MetadataIndex index;
    Uuid cluster_id;
    std::map<NodeId, Node> nodes;
    std::map<std::string, TopicRef, std::less<>> topics;
    std::map<Uuid, TopicRef> topics_by_id;  // the same topics
    size_t partition_count = 0;             // over all topics
    ProducerId next_producer_id{0};         // below it every id may have been given away
    std::map<std::string, int16_t, std::less<>> features;
    // What was set on nodes while they ran, by node; under all_nodes: on all of them. None is
    // empty.
    std::map<NodeId, Configs> node_configs;
    // What was set on groups of consumers, by name. None is empty.
    std::map<std::string, Configs, std::less<>> group_configs;

    // Null when there is no such topic.
    [[nodiscard]] TopicRef topic(std::string_view name) const;
    [[nodiscard]] TopicRef topic(const Uuid& id) const;
    // Empty when nothing was set; valid as long as this image.
    [[nodiscard]] const Configs& configs_of(NodeId node) const;
    [[nodiscard]] const Configs& configs_of_group(std::string_view group) const;
    // Null when there is no such partition; valid as long as this image.
    [[nodiscard]] const Partition* partition(std::string_view name, PartitionIndex number) const;
    // Topics are compared by what they say, not by where they lie.
    [[nodiscard]] bool same_as(const Image& other) const;
};

// Shared between its readers and the next image.
using ImageRef = std::shared_ptr<const Image>;

// What lies between two images. A topic that was deleted and created again stands in both lists,
// with different ids.
struct Delta {
    std::vector<TopicRef> created;
    std::vector<TopicRef> deleted;  // as they were
    std::vector<TopicRef> changed;  // as they are now: settings or partitions
    bool nodes_changed = false;
    bool node_configs_changed = false;
};

// The topic of the metadata log itself: not in any image, not for clients.
inline constexpr std::string_view metadata_topic = "__cluster_metadata";
// "AAAAAAAAAAAAAAAAAAAAAQ", as in Kafka.
inline constexpr Uuid metadata_topic_id{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

}  // namespace cambium::meta
