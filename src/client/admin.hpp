// Topics and offsets: what people and tools ask a cluster for.
//
// Every call retries what is worth retrying until its deadline; other errors come back at once,
// with the server's own words when it sent some. One loop; the client outlives it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "client/client.hpp"
#include "client/cluster.hpp"
#include "io/task.hpp"

namespace cambium::client {

struct NewTopic {
    std::string name;
    int32_t partitions = -1;          // -1: the server's default
    int16_t replication_factor = -1;  // -1: the server's default
    std::map<std::string, std::string> configs{};
};

struct CreatedTopic {
    Uuid id;
    int32_t partitions = -1;
    int16_t replication_factor = -1;
};

// What to ask a partition for, as in wire::list_offsets: a time, or a negative number for an end.
struct OffsetQuery {
    TopicPartition partition;
    int64_t timestamp = -1;
};

struct OffsetAnswer {
    TopicPartition partition;
    Offset offset;        // -1: no record at or after the time
    Timestamp timestamp;  // of that record; -1 for the ends
    LeaderEpoch leader_epoch;
};

class Admin {
public:
    explicit Admin(Client& client) : client_(client) {}

    // Errors: topic_already_exists, invalid_topic_exception, invalid_config, ...
    io::Task<Result<CreatedTopic>> create_topic(NewTopic topic);
    // Errors: unknown_topic_or_partition, ...
    io::Task<Status> delete_topic(std::string name);
    // All topics by name, internal ones too.
    io::Task<Result<std::vector<TopicInfo>>> list_topics();
    // Not retried when there is no such topic: unknown_topic_or_partition.
    io::Task<Result<TopicInfo>> describe_topic(std::string name);
    // In the order asked for.
    io::Task<Result<std::vector<OffsetAnswer>>> list_offsets(std::vector<OffsetQuery> queries);
    // The records of the partition below `before` go; -1: all that are visible. Gives the first
    // offset that is still there. Errors: offset_out_of_range, policy_violation, ...
    io::Task<Result<Offset>> delete_records(TopicPartition partition, Offset before);

private:
    io::Task<Result<std::vector<TopicInfo>>> ask_topics(std::optional<std::string> name);
    io::Task<Result<CreatedTopic>> create_once(NewTopic topic, io::Monotonic deadline);
    io::Task<Status> delete_once(std::string name, io::Monotonic deadline);
    io::Task<Result<OffsetAnswer>> list_offset(OffsetQuery query, io::Monotonic deadline);
    io::Task<Result<OffsetAnswer>> list_offset_once(OffsetQuery query, io::Monotonic deadline);
    io::Task<Result<Offset>> delete_records_once(TopicPartition partition, Offset before,
                                                 io::Monotonic deadline);

    Client& client_;
};

}  // namespace cambium::client
