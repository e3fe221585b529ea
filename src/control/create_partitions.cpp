#include <map>
#include <string>
#include <utility>

#include "control/partitions.hpp"
#include "control/placing.hpp"
#include "meta/record.hpp"

namespace cambium::control {

namespace {

using meta::Image;
using meta::Partition;
using meta::Topic;

class Growth {
public:
    Growth(const Image& image, const Limits& limits, io::Random& random)
        : image_(image), limits_(limits), placing_(image, random) {}

    // The facts that make the topic grow.
    Result<std::vector<meta::Record>> decide(const MorePartitions& asked) {
        const meta::TopicRef topic = image_.topic(asked.topic);
        if (topic == nullptr) return Errc::unknown_topic_or_partition;
        Result<size_t> additional = count(*topic, asked);
        if (!additional.ok()) return additional.error();
        Result<std::vector<Partition>> made = place(*topic, asked, *additional);
        if (!made.ok()) return made.error();
        added_ += *additional;
        std::vector<meta::Record> facts;
        auto index = static_cast<int32_t>(topic->partitions.size());
        for (Partition& partition : *made) {
            facts.emplace_back(
                meta::PartitionRecord{topic->id, PartitionIndex(index++), std::move(partition)});
        }
        return facts;
    }

private:
    Result<size_t> count(const Topic& topic, const MorePartitions& asked) const {
        const auto now = static_cast<int64_t>(topic.partitions.size());
        const std::string has = std::to_string(now) + " partition(s)";
        if (asked.count == now)
            return Error{Errc::invalid_partitions, "Topic already has " + has + "."};
        if (asked.count < now) {
            return Error{Errc::invalid_partitions, "The topic " + topic.name + " currently has " +
                                                       has + "; " + std::to_string(asked.count) +
                                                       " would not be an increase."};
        }
        const auto additional = static_cast<size_t>(asked.count - now);
        if (asked.assignments && asked.assignments->size() != additional) {
            return Error{Errc::invalid_replica_assignment,
                         "Attempted to add " + std::to_string(additional) +
                             " additional partition(s), but only " +
                             std::to_string(asked.assignments->size()) +
                             " assignment(s) were specified."};
        }
        if (added_ + additional > static_cast<size_t>(limits_.max_partitions_per_request)) {
            return Error{Errc::policy_violation,
                         "Excessively large number of partitions per request."};
        }
        if (image_.partition_count + added_ + additional >
            static_cast<size_t>(limits_.max_partitions)) {
            return Error{Errc::policy_violation, "This server holds at most " +
                                                     std::to_string(limits_.max_partitions) +
                                                     " partitions."};
        }
        return additional;
    }

    Result<std::vector<Partition>> place(const Topic& topic, const MorePartitions& asked,
                                         size_t additional) {
        const size_t replicas = topic.partitions.front().replicas.size();
        if (!asked.assignments) return placing_.stripe(additional, replicas);
        std::vector<Partition> out;
        for (const std::vector<NodeId>& nodes : *asked.assignments) {
            Result<Partition> partition = placing_.assign(nodes, replicas);
            if (!partition.ok()) return partition.error();
            out.push_back(std::move(*partition));
        }
        return out;
    }

    const Image& image_;
    const Limits& limits_;
    Placing placing_;
    size_t added_ = 0;
};

}  // namespace

Decision<GrownTopic> decide_grow(const Image& image, const std::vector<MorePartitions>& request,
                                 const Limits& limits, io::Random& random) {
    std::map<std::string_view, int> times;
    for (const MorePartitions& topic : request) ++times[topic.topic];
    const bool too_many = request.size() > static_cast<size_t>(limits.max_topics_per_request);
    Growth growth(image, limits, random);
    Decision<GrownTopic> out;
    for (const MorePartitions& topic : request) {
        const int left = std::exchange(times[topic.topic], 0);
        if (left == 0) continue;  // its answer is there already
        GrownTopic& answer = out.answers.emplace_back();
        answer.name = topic.topic;
        if (left > 1) {
            answer.status = Error{Errc::invalid_request, "Duplicate topic name."};
        } else if (too_many) {
            answer.status =
                Error{Errc::policy_violation, "Excessively large number of topics per request."};
        } else if (auto facts = growth.decide(topic); facts.ok()) {
            out.facts.insert(out.facts.end(), std::make_move_iterator(facts->begin()),
                             std::make_move_iterator(facts->end()));
        } else {
            answer.status = facts.error();
        }
    }
    return out;
}

}  // namespace cambium::control
