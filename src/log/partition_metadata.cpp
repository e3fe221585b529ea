#include "log/partition_metadata.hpp"

#include "bytes/buffer.hpp"
#include "log/files.hpp"
#include "log/names.hpp"

namespace cambium::log {

namespace {

constexpr std::string_view version_key = "version: ";
constexpr std::string_view topic_key = "topic_id: ";
constexpr int64_t file_bytes_max = 4096;

std::string_view take_line(std::string_view& text) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

}  // namespace

std::string partition_metadata_text(const Uuid& topic_id) {
    return std::string(version_key) + "0\n" + std::string(topic_key) + topic_id.text();
}

Result<Uuid> parse_partition_metadata(std::string_view text) {
    const std::string_view version = take_line(text);
    const std::string_view topic = take_line(text);
    if (!version.starts_with(version_key) || !topic.starts_with(topic_key))
        return Error{Errc::corrupt_data, "partition.metadata has other lines"};
    if (version.substr(version_key.size()) != "0")
        return Error{Errc::unsupported_format, "partition.metadata " + std::string(version)};
    const Uuid id = Uuid::parse(topic.substr(topic_key.size()));
    if (id.zero()) return Error{Errc::corrupt_data, "partition.metadata names no topic id"};
    return id;
}

io::Task<Result<Uuid>> read_partition_metadata(io::Disk* disk, std::string directory) {
    const std::string path = join(directory, partition_metadata_file);
    const Result<Buffer> bytes = co_await read_file(disk, path, file_bytes_max);
    if (!bytes) co_return bytes.error();
    const Result<Uuid> topic = parse_partition_metadata(bytes->text());
    if (!topic) co_return Error{topic.code(), path + ": " + topic.error().context};
    co_return *topic;
}

io::Task<Status> write_partition_metadata(io::Disk* disk, std::string directory, Uuid topic_id) {
    Buffer bytes;
    bytes.append(partition_metadata_text(topic_id));
    Status status =
        co_await replace_file(disk, join(directory, partition_metadata_file), std::move(bytes));
    co_return status;
}

}  // namespace cambium::log
