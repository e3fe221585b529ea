// DescribeLogDirs and AlterReplicaLogDirs: which directory holds which partition, and how much room
// it has.
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/handlers.hpp"
#include "broker/services.hpp"
#include "log/directories.hpp"
#include "wire/messages/log_dirs.hpp"

namespace cambium::broker {

namespace {

using DescribeRequest = wire::DescribeLogDirsRequest;
using DescribeResponse = wire::DescribeLogDirsResponse;
using DescribedDirectory = DescribeResponse::Directory;

// The partitions that are asked for; nothing: all of them.
using WantedPartitions = std::optional<std::map<std::string, std::set<int32_t>, std::less<>>>;

WantedPartitions wanted(const DescribeRequest& asked) {
    if (!asked.topics) return std::nullopt;
    WantedPartitions out;
    out.emplace();
    for (const DescribeRequest::Topic& topic : *asked.topics)
        (*out)[topic.topic].insert(topic.partitions.begin(), topic.partitions.end());
    return out;
}

// What lies in the directory, of what is asked for and here.
std::vector<DescribedDirectory::Topic> topics_in(const Services& services, const Uuid& directory,
                                                 const WantedPartitions& wanted) {
    std::vector<DescribedDirectory::Topic> out;
    for (const auto& [name, topic] : services.replicas->topics()) {
        const std::set<int32_t>* only = nullptr;
        if (wanted) {
            const auto found = wanted->find(name);
            if (found == wanted->end()) continue;
            only = &found->second;
        }
        DescribedDirectory::Topic here{.name = name, .partitions = {}};
        for (size_t i = 0; i < topic->partitions.size(); ++i) {
            const replica::Partition* const partition = topic->partitions[i].get();
            const auto index = static_cast<int32_t>(i);
            if (partition == nullptr || topic->directories[i] != directory) continue;
            if (only != nullptr && !only->contains(index)) continue;
            here.partitions.push_back(
                {.partition_index = index, .partition_size = partition->size_bytes()});
        }
        if (!here.partitions.empty()) out.push_back(std::move(here));
    }
    return out;
}

bool online(const log::Directories::Entry& entry) {
    return entry.directory != nullptr && !entry.directory->fenced();
}

io::Task<DescribedDirectory> describe(Services* services, const log::Directories::Entry* entry,
                                      const WantedPartitions* wanted) {
    DescribedDirectory out{.log_dir = entry->path};
    if (!online(*entry)) {
        out.error_code = wire_code(Errc::kafka_storage_error);
        co_return out;
    }
    out.topics = topics_in(*services, entry->directory->id(), *wanted);
    const Result<io::Space> space = co_await services->world.disk.space(entry->path);
    if (space.ok()) {
        out.total_bytes = space->total_bytes;
        out.usable_bytes = space->free_bytes;
    }
    co_return out;
}

using MoveRequest = wire::AlterReplicaLogDirsRequest;
using MoveResponse = wire::AlterReplicaLogDirsResponse;

// Kafka copies a partition into a directory with a longer name; what it could not name so is
// refused.
bool too_long_to_move(const std::string& topic, int32_t index) {
    constexpr size_t longest_file_name = 255;
    constexpr size_t suffix = 1 + 32 + std::string_view("-future").size();
    return topic.size() + 1 + std::to_string(index).size() + suffix > longest_file_name;
}

// A partition is where it is: asking for that is granted, moving it is not built.
Errc move(const Services& services, const std::string& path, const std::string& topic,
          int32_t index) {
    if (too_long_to_move(topic, index)) return Errc::invalid_topic_exception;
    const log::Directories::Entry* to = nullptr;
    for (const log::Directories::Entry& entry : services.directories->entries())
        if (entry.path == path) to = &entry;
    if (to == nullptr) return Errc::log_dir_not_found;
    if (!online(*to)) return Errc::kafka_storage_error;
    const replica::LocalTopic* const local = services.replicas->topic(topic);
    if (local == nullptr || local->partition(PartitionIndex(index)) == nullptr)
        return Errc::unknown_topic_or_partition;
    const bool there = local->directories[static_cast<size_t>(index)] == to->directory->id();
    return there ? Errc::none : Errc::operation_not_attempted;
}

}  // namespace

io::Task<Reply> handle_describe_log_dirs(Services* services, Request* request) {
    const auto decoded = wire::decode<DescribeRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    const WantedPartitions asked = wanted(*decoded);
    DescribeResponse response;
    for (const log::Directories::Entry& entry : services->directories->entries()) {
        DescribedDirectory one = co_await describe(services, &entry, &asked);
        response.results.push_back(std::move(one));
    }
    co_return answer_with(response, *request);
}

io::Task<Reply> handle_alter_replica_log_dirs(Services* services, Request* request) {
    const auto decoded = wire::decode<MoveRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    // A partition that is sent to two directories goes to the last one.
    std::map<std::string, std::map<int32_t, Errc>> results;
    for (const MoveRequest::Directory& directory : decoded->dirs)
        for (const MoveRequest::Directory::Topic& topic : directory.topics)
            for (const int32_t partition : topic.partitions)
                results[topic.name][partition] =
                    move(*services, directory.path, topic.name, partition);
    MoveResponse response;
    for (const auto& [name, partitions] : results) {
        MoveResponse::Topic& answered = response.results.emplace_back();
        answered.topic_name = name;
        for (const auto& [index, code] : partitions)
            answered.partitions.push_back({index, wire_code(code)});
    }
    co_return answer_with(response, *request);
}

}  // namespace cambium::broker
