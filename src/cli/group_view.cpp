#include "cli/group_view.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "cli/session.hpp"
#include "client/admin.hpp"
#include "client/consumer.hpp"
#include "wire/messages/list_offsets.hpp"
#include "wire/messages/log_dirs.hpp"

namespace cambium::cli {
namespace {

// How long the first records that wait may take to come; what did not come is not shown.
constexpr io::Duration peek_timeout = std::chrono::seconds(3);
constexpr int32_t peek_bytes = 64 << 10;

using Sizes = std::map<TopicPartition, int64_t>;

class GroupLook {
public:
    GroupLook(Session& session, std::string name)
        : session_(session), name_(std::move(name)), groups_(session.client()) {}

    io::Task<Result<GroupView>> run() {
        auto group = co_await groups_.describe(name_);
        if (!group.ok()) co_return group.error();
        view_.group = std::move(*group);
        const auto committed = co_await groups_.committed(name_);
        if (!committed.ok()) co_return committed.error();
        const Status chosen = co_await choose(*committed);
        if (!chosen.ok()) co_return chosen.error();
        const Status ends = co_await look_at_ends();
        if (!ends.ok()) co_return ends.error();
        co_await look_at_waiting();
        co_await look_at_sizes();
        view_.now = session_.world().clock.wall();
        co_return std::move(view_);
    }

private:
    // What was committed, what is held, and everything in topics that somebody takes.
    io::Task<Status> choose(std::vector<client::CommittedOffset> committed) {
        client::Admin admin(session_.client());
        const auto topics = co_await admin.list_topics();
        if (!topics.ok()) co_return topics.error();
        std::map<std::string, int32_t> counts;
        for (const client::TopicInfo& topic : *topics)
            counts[topic.name] = static_cast<int32_t>(topic.partitions.size());
        std::map<TopicPartition, PartitionView> chosen;
        for (const client::CommittedOffset& each : committed)
            chosen[each.partition].committed = each.offset;
        for (const client::GroupMemberInfo& member : view_.group.members) {
            for (const TopicPartition& each : member.partitions) chosen[each].member = member.id;
            for (const TopicPartition& each : member.target)
                if (std::ranges::find(member.partitions, each) == member.partitions.end())
                    chosen[each].heir = member.id;
            for (const std::string& topic : member.topics) {
                const auto found = counts.find(topic);
                const int32_t count = found == counts.end() ? 0 : found->second;
                if (count == 0) view_.missing_topics.insert(topic);
                for (int32_t i = 0; i < count; ++i) (void)chosen[{topic, PartitionIndex(i)}];
            }
        }
        for (auto& [partition, each] : chosen) {
            each.partition = partition;
            const auto found = counts.find(partition.topic);
            if (found != counts.end() && partition.partition.value() < found->second)
                there_.insert(partition);
            view_.partitions.push_back(std::move(each));
        }
        co_return Status();
    }

    io::Task<Status> look_at_ends() {
        client::Admin admin(session_.client());
        for (PartitionView& each : view_.partitions) {
            if (!there_.contains(each.partition)) continue;
            std::vector<client::OffsetQuery> queries{{each.partition, wire::list_offsets::earliest},
                                                     {each.partition, wire::list_offsets::latest}};
            const auto answers = co_await admin.list_offsets(std::move(queries));
            // It may just have been deleted.
            if (answers.code() == Errc::unknown_topic_or_partition) continue;
            if (!answers.ok()) co_return answers.error();
            each.first = (*answers)[0].offset;
            each.end = (*answers)[1].offset;
        }
        co_return Status();
    }

    // Reads the first record that waits in each partition, for its time.
    io::Task<void> look_at_waiting() {
        client::Consumer consumer(session_.client(), {.partition_bytes_max = peek_bytes});
        std::map<TopicPartition, PartitionView*> waiting;
        for (PartitionView& each : view_.partitions) {
            if (each.lag() == 0) continue;
            const Offset from = std::max(each.committed.value_or(*each.first), *each.first);
            consumer.assign(each.partition, client::Start::at(from));
            waiting[each.partition] = &each;
        }
        const io::Clock& clock = session_.world().clock;
        const io::Monotonic until = clock.now() + peek_timeout;
        while (!waiting.empty() && clock.now() < until) {
            const Result<bool> polled = co_await consumer.poll(until - clock.now());
            if (!polled.ok() || !*polled) break;
            while (true) {
                const auto next = consumer.next();
                if (!next.ok()) continue;  // that partition is not shown
                if (!next->has_value()) break;
                const TopicPartition partition = *(*next)->partition;
                const auto found = waiting.find(partition);
                if (found != waiting.end()) {
                    found->second->waiting_since = (*next)->timestamp;
                    waiting.erase(found);
                }
                consumer.unassign(partition);
            }
        }
        co_await consumer.close();
    }

    // Bytes are only known of whole logs: the share of the records that wait is a good guess.
    io::Task<void> look_at_sizes() {
        const Sizes sizes = co_await log_sizes();
        for (PartitionView& each : view_.partitions) {
            const auto size = sizes.find(each.partition);
            if (size == sizes.end() || !each.end || *each.end <= *each.first) continue;
            const double share =
                static_cast<double>(each.lag()) / static_cast<double>(*each.end - *each.first);
            each.waiting_bytes = static_cast<int64_t>(share * static_cast<double>(size->second));
        }
    }
    io::Task<Sizes> log_sizes() {
        Sizes sizes;
        wire::DescribeLogDirsRequest request;
        auto& topics = request.topics.emplace();
        for (const PartitionView& each : view_.partitions) {
            if (each.lag() == 0) continue;
            if (topics.empty() || topics.back().topic != each.partition.topic)
                topics.emplace_back().topic = each.partition.topic;
            topics.back().partitions.push_back(each.partition.partition.value());
        }
        if (topics.empty()) co_return sizes;
        std::vector<NodeId> nodes;
        for (const auto& [node, address] : session_.client().cluster().servers())
            nodes.push_back(node);
        for (const NodeId node : nodes) {
            auto reply = co_await session_.client().call<wire::DescribeLogDirsResponse>(
                node, request, session_.client().operation_deadline());
            if (!reply.ok()) continue;  // not shown
            for (const auto& directory : reply->message.results)
                for (const auto& topic : directory.topics)
                    for (const auto& partition : topic.partitions)
                        sizes[{topic.name, PartitionIndex(partition.partition_index)}] =
                            partition.partition_size;
        }
        co_return sizes;
    }

    Session& session_;
    std::string name_;
    client::GroupAdmin groups_;
    GroupView view_;
    std::set<TopicPartition> there_;
};

}  // namespace

io::Task<Result<GroupView>> looked_up_group(Session* session, std::string name) {
    GroupLook look(*session, std::move(name));
    Result<GroupView> view = co_await look.run();
    co_return view;
}

}  // namespace cambium::cli
