// `partition.metadata`, Kafka's: the topic id that the directory of a log belongs to, as two lines
// of text.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/types.hpp"
#include "io/disk.hpp"
#include "io/task.hpp"

namespace cambium::log {

[[nodiscard]] std::string partition_metadata_text(const Uuid& topic_id);
// Errors: corrupt_data, unsupported_format.
[[nodiscard]] Result<Uuid> parse_partition_metadata(std::string_view text);

// `directory` is that of the log.
io::Task<Result<Uuid>> read_partition_metadata(io::Disk* disk, std::string directory);
// Durable after the next sync of the directory.
io::Task<Status> write_partition_metadata(io::Disk* disk, std::string directory, Uuid topic_id);

}  // namespace cambium::log
