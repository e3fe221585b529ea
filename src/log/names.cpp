#include "log/names.hpp"

#include <fmt/format.h>

#include "base/number.hpp"

namespace cambium::log {

namespace {

constexpr size_t base_digits = 20;
constexpr std::string_view making_suffix = "-making";
constexpr std::string_view removing_suffix = "-delete";

constexpr std::string_view suffix(FileKind kind) {
    switch (kind) {
        case FileKind::log: return ".log";
        case FileKind::index: return ".index";
        case FileKind::time_index: return ".timeindex";
        case FileKind::snapshot: return ".snapshot";
        case FileKind::other: break;
    }
    return "";
}

template <class Int> std::optional<Int> number(std::string_view digits) {
    return digits.starts_with('-') ? std::nullopt : whole_number<Int>(digits);
}

}  // namespace

std::string segment_file(Offset base, FileKind kind) {
    return fmt::format("{:020}{}", base.value(), suffix(kind));
}

FileName parse_file(std::string_view name) {
    if (name.size() <= base_digits) return {};
    const std::optional<int64_t> base = number<int64_t>(name.substr(0, base_digits));
    if (!base) return {};
    for (FileKind kind : {FileKind::log, FileKind::index, FileKind::time_index, FileKind::snapshot})
        if (name.substr(base_digits) == suffix(kind)) return {kind, Offset(*base)};
    return {};
}

std::optional<TopicPartition> parse_log_directory(std::string_view name) {
    const size_t dash = name.rfind('-');
    if (dash == std::string_view::npos || dash == 0) return std::nullopt;
    const std::optional<int32_t> partition = number<int32_t>(name.substr(dash + 1));
    if (!partition) return std::nullopt;
    TopicPartition parsed{std::string(name.substr(0, dash)), PartitionIndex(*partition)};
    // One spelling per log: "t-00" is nothing of ours.
    if (parsed.text() != name) return std::nullopt;
    return parsed;
}

std::string making_directory(const Uuid& topic_id, PartitionIndex partition) {
    return fmt::format("{}-{}{}", topic_id.text(), partition.value(), making_suffix);
}

std::string removing_directory(const Uuid& topic_id, PartitionIndex partition) {
    return fmt::format("{}-{}{}", topic_id.text(), partition.value(), removing_suffix);
}

bool is_leftover_directory(std::string_view name) {
    return name.ends_with(making_suffix) || name.ends_with(removing_suffix);
}

std::string join(std::string_view directory, std::string_view name) {
    return fmt::format("{}/{}", directory, name);
}

}  // namespace cambium::log
