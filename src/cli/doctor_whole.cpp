// All data directories together: the topics of the metadata log against them, and the limits of the
// process.
#include <algorithm>
#include <charconv>

#include "bytes/buffer.hpp"
#include "cli/doctor.hpp"
#include "log/names.hpp"

namespace cambium::cli {
namespace {

// Beside logs: connections, listeners, the metadata log, records of the directories.
constexpr int64_t other_files = 1024;
constexpr size_t limits_bytes = size_t{16} << 10;

// The second number of "Max open files   1024   20000   files": as far as a process may raise it.
std::optional<int64_t> open_files_max(std::string_view limits) {
    constexpr std::string_view name = "Max open files";
    const size_t at = limits.find(name);
    if (at == std::string_view::npos) return std::nullopt;
    std::string_view line = limits.substr(at + name.size());
    line = line.substr(0, line.find('\n'));
    std::optional<int64_t> number;
    for (int i = 0; i < 2; ++i) {
        line.remove_prefix(std::min(line.find_first_of("0123456789u"), line.size()));
        int64_t value = 0;
        const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
        number = error == std::errc{} ? std::optional(value) : std::nullopt;
        line.remove_prefix(std::min(line.find(' '), line.size()));
    }
    return number;
}

}  // namespace

void Doctor::compare() {
    if (in_use_ || examined_.empty()) return;
    if (metadata_in_.empty()) {
        problem(examined_.front().path, "no metadata log is there: nobody knows what the logs are",
                "name all data directories of the server in one command");
        return;
    }
    if (image_ == nullptr) return;
    for (const auto& [name, topic] : image_->topics) compare_topic(*topic);
    for (const Examined& examined : examined_) {
        for (const log::LogIdentity& identity : examined.logs) {
            if (identity.partition.topic == meta::metadata_topic) continue;
            const std::string path = log::join(examined.path, identity.partition.text());
            const meta::TopicRef topic = image_->topic(identity.topic_id);
            const auto number = static_cast<size_t>(identity.partition.partition.value());
            if (topic != nullptr && topic->name == identity.partition.topic &&
                number < topic->partitions.size())
                continue;
            problem(path,
                    "belongs to topic id " + identity.topic_id.text() +
                        ", which has no such partition: a start removes it",
                    "copy it elsewhere before the next start if you want to keep its records");
        }
    }
}

// Each partition has one directory.
void Doctor::compare_topic(const meta::Topic& topic) {
    for (size_t i = 0; i < topic.partitions.size(); ++i) {
        const TopicPartition partition{topic.name, PartitionIndex(static_cast<int32_t>(i))};
        std::vector<std::string> in;
        bool recorded = false;
        for (const Examined& examined : examined_) {
            for (const log::LogIdentity& identity : examined.logs)
                if (identity.topic_id == topic.id && identity.partition == partition)
                    in.push_back(examined.path);
            const auto end = examined.recorded.find({topic.id, partition.partition});
            if (end != examined.recorded.end() && end->second.end > end->second.start)
                recorded = true;
        }
        if (in.size() > 1)
            problem(log::join(in[1], partition.text()), "is also in " + in[0],
                    "keep the one with more records and move the other away");
        if (!in.empty()) continue;
        if (!examined(topic.partitions[i].directories))
            note(partition.text(), "lies in a directory that was not named here",
                 "name all data directories of the server in one command");
        else if (recorded)
            problem(partition.text(), "its directory is gone, and it held records",
                    "restore it from a copy; the partition stays offline without it");
        else note(partition.text(), "has no directory", "the next start makes it, empty");
    }
}

// Whether one of these, if they are known, was looked at.
bool Doctor::examined(const std::vector<Uuid>& directories) const {
    const bool known = std::any_of(directories.begin(), directories.end(),
                                   [](const Uuid& id) { return !id.zero(); });
    return !known || std::any_of(examined_.begin(), examined_.end(), [&](const Examined& each) {
        return std::find(directories.begin(), directories.end(), each.id) != directories.end();
    });
}

io::Task<void> Doctor::look_at_limits() {
    int64_t logs = 0;
    for (const Examined& examined : examined_) logs += static_cast<int64_t>(examined.logs.size());
    if (logs == 0) co_return;
    const auto file = co_await world_.disk.open("/proc/self/limits", io::OpenMode::read);
    if (!file) co_return;
    Buffer text;
    text.resize(limits_bytes);
    const Result<size_t> got = co_await (*file)->pread(0, text.mutable_view());
    if (!got) co_return;
    const std::optional<int64_t> limit = open_files_max(text.text().substr(0, *got));
    if (!limit) co_return;
    const int64_t need = logs + other_files;
    const std::string said = counted(logs, "log") + " and connections need about " + grouped(need) +
                             " open files, the limit is " + grouped(*limit);
    if (need > *limit)
        problem("open files", said, "raise the limit: ulimit -Hn, or LimitNOFILE= of systemd");
    else fine("open files", said);
}

}  // namespace cambium::cli
