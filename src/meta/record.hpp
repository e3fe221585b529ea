// The records of the metadata log: what was decided, one fact each (byte tables in
// docs/formats/metadata-records.md).
//
// A change is what becomes visible at once: a single record, or several between a BeginChange and
// its EndChange. The metadata log (quorum/metadata_log.hpp) adds these two itself; whoever decides
// a change only lists its facts. Records are values; any thread may use them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "meta/image.hpp"

namespace cambium::meta {

// Opens a change of `records` facts.
struct BeginChange {
    uint32_t records = 0;
    bool operator==(const BeginChange&) const = default;
};
// The change is complete.
struct EndChange {
    bool operator==(const EndChange&) const = default;
};
// The change was never completed, and never happened.
struct AbortChange {
    bool operator==(const AbortChange&) const = default;
};
// The identity of the cluster; once, on the first start.
struct ClusterRecord {
    Uuid cluster_id;
    bool operator==(const ClusterRecord&) const = default;
};
// A node as it is from now on.
struct NodeRecord {
    Node node;
    bool operator==(const NodeRecord&) const = default;
};
// A new topic, without partitions yet.
struct TopicRecord {
    Uuid id;
    std::string name;
    bool operator==(const TopicRecord&) const = default;
};
// A partition as it is from now on: the next one of its topic, or one that is there.
struct PartitionRecord {
    Uuid topic_id;
    PartitionIndex index;
    Partition partition;
    bool operator==(const PartitionRecord&) const = default;
};
// All settings of a topic, replacing those before.
struct TopicConfigRecord {
    Uuid topic_id;
    Configs configs;
    bool operator==(const TopicConfigRecord&) const = default;
};
// The topic is gone, with its partitions and settings.
struct DeleteTopicRecord {
    Uuid topic_id;
    bool operator==(const DeleteTopicRecord&) const = default;
};
// `node` was given every producer id from the previous record's `next` up to this one's.
struct ProducerIdBlockRecord {
    NodeId node;
    ProducerId next;
    bool operator==(const ProducerIdBlockRecord&) const = default;
};
struct FeatureLevelRecord {
    std::string name;
    int16_t level = 0;
    bool operator==(const FeatureLevelRecord&) const = default;
};
// All settings of a node that were made while it ran, replacing those before; of `all_nodes`: those
// of every node that does not set them itself.
struct NodeConfigRecord {
    NodeId node;
    Configs configs;
    bool operator==(const NodeConfigRecord&) const = default;
};

// All settings of a group of consumers, replacing those before.
struct GroupConfigRecord {
    std::string group;
    Configs configs;
    bool operator==(const GroupConfigRecord&) const = default;
};

using Record =
    std::variant<BeginChange, EndChange, AbortChange, ClusterRecord, NodeRecord, TopicRecord,
                 PartitionRecord, TopicConfigRecord, DeleteTopicRecord, ProducerIdBlockRecord,
                 FeatureLevelRecord, NodeConfigRecord, GroupConfigRecord>;

// The versions of the types: the highest that is known, and the lowest that says everything is
// written, so that a program that knows less is refused only when it would miss something.
inline constexpr uint8_t record_version = 1;
inline constexpr uint8_t node_record_version = 2;  // 2: offline directories
// The longest record: settings are the largest, and far below it.
inline constexpr size_t max_record_bytes = size_t{256} << 10;

// Appends the value of a log record.
void encode(const Record& record, Buffer& out);
[[nodiscard]] size_t encoded_size(const Record& record);

// Errors: unsupported_format for a newer version or an unknown type, corrupt_data for bytes that do
// not follow the format.
[[nodiscard]] Result<Record> decode(ByteView value);

}  // namespace cambium::meta
