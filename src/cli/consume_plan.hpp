// What `cambium consume` reads: where it begins and ends, as the command line says it and as the
// log has it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "cli/consume.hpp"
#include "client/consumer.hpp"
#include "io/task.hpp"
#include "wire/messages/list_offsets.hpp"

namespace cambium::cli {

class Session;

struct ConsumeFrom {
    client::Start start;
    int64_t last = 0;  // the last N of each partition, instead
};

// Where to stop: the end of the log, before an offset, or at the first record that is not older.
struct ConsumeUntil {
    bool never = true;
    std::optional<Offset> offset{};
    int64_t asked = wire::list_offsets::latest;
};

// Errors: invalid_argument with a sentence.
[[nodiscard]] Result<ConsumeFrom> parsed_from(std::string_view text, Timestamp now);
[[nodiscard]] Result<ConsumeUntil> parsed_until(std::string_view text, Timestamp now);

// What is read, and how far.
struct ConsumePlan {
    std::map<TopicPartition, client::Start> starts;
    // With --until: where each partition ends that is not read up to there yet.
    std::map<TopicPartition, Offset> ends;
};

// Partitions in which there is nothing to read between the two are left out. Errors:
// unknown_topic_or_partition, ...
io::Task<Result<ConsumePlan>> planned(Session* session, ConsumeArgs args, ConsumeFrom from,
                                      ConsumeUntil until);
// For a group, which knows by itself where it begins: where each partition of the topic ends.
io::Task<Result<std::map<TopicPartition, Offset>>> planned_ends(Session* session, ConsumeArgs args,
                                                                ConsumeUntil until);

// As a member of --group; `from` is where to begin where the group has committed nothing.
io::Task<Status> consume_in_group(Session* session, ConsumeArgs args, ConsumeFrom from,
                                  std::map<TopicPartition, Offset> ends, RecordFormat format);

}  // namespace cambium::cli
