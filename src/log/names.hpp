// Names of files and directories: Kafka's, so that its tools and ours read each other's logs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/types.hpp"

namespace cambium::log {

// Inside the directory of one log.
enum class FileKind : uint8_t { log, index, time_index, snapshot, other };

struct FileName {
    FileKind kind = FileKind::other;
    Offset base;  // of the segment; of a snapshot the offset it stands for
};

// "00000000000000000042.log"
[[nodiscard]] std::string segment_file(Offset base, FileKind kind);
// `other` for everything that is not exactly one of ours.
[[nodiscard]] FileName parse_file(std::string_view name);

inline constexpr std::string_view partition_metadata_file = "partition.metadata";
inline constexpr std::string_view epoch_checkpoint_file = "leader-epoch-checkpoint";
// What a file is called while it is written; one that is found at start was not finished.
inline constexpr std::string_view unfinished_suffix = ".tmp";
// Added to the name of a file that is deleted and kept for its readers (Kafka's); one that is found
// at start goes.
inline constexpr std::string_view deleted_suffix = ".deleted";

// Of the data directory.
inline constexpr std::string_view format_file = "format.version";
inline constexpr std::string_view identity_file = "directory.id";
inline constexpr std::string_view lock_file = ".lock";
inline constexpr std::string_view durable_ends_files[] = {"durable-ends.0", "durable-ends.1"};
inline constexpr std::string_view clean_stop_file = "clean-stop";
inline constexpr std::string_view torn_directory = "torn";
inline constexpr std::string_view owner_file = "meta.properties";
inline constexpr std::string_view reserve_file = "reserve";

// "flights-0" names a log; nothing when `name` does not have that form.
[[nodiscard]] std::optional<TopicPartition> parse_log_directory(std::string_view name);
// A directory that is being made or removed. Neither is a log: the names end in no number.
[[nodiscard]] std::string making_directory(const Uuid& topic_id, PartitionIndex partition);
[[nodiscard]] std::string removing_directory(const Uuid& topic_id, PartitionIndex partition);
[[nodiscard]] bool is_leftover_directory(std::string_view name);

[[nodiscard]] std::string join(std::string_view directory, std::string_view name);

}  // namespace cambium::log
