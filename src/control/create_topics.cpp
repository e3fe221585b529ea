#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/settings.hpp"
#include "control/placing.hpp"
#include "control/topics.hpp"
#include "meta/record.hpp"

namespace cambium::control {

namespace {

using meta::Configs;
using meta::Image;
using meta::Partition;
using meta::Topic;

// Metrics spell '.' as '_', so that two names that differ only there would be one. A name without
// either collides with nothing.
bool may_collide(std::string_view name) { return name.find_first_of("._") != name.npos; }
std::string collision_key(std::string_view name) {
    std::string key(name);
    std::ranges::replace(key, '.', '_');
    return key;
}

// Ids of the metadata log and of nothing are never given away, and neither is one whose text looks
// like an option of a command line.
Uuid new_topic_id(const Image& image, io::Random& random) {
    while (true) {
        const Uuid id = random.uuid();
        const bool taken = id.zero() || id == meta::metadata_topic_id || image.topic(id);
        if (!taken && !id.text().starts_with('-')) return id;
    }
}

// One request: what is decided topic by topic, and what the topics before took.
class Creation {
public:
    Creation(const Image& image, const Limits& limits, io::Random& random)
        : image_(image), limits_(limits), random_(random), placing_(image, random) {
        for (const auto& [name, topic] : image.topics) {
            if (may_collide(name)) collisions_.emplace(collision_key(name), name);
        }
        partitions_ = image.partition_count;
    }

    Result<meta::TopicRef> decide(const NewTopic& asked) {
        if (Status status = check_name(asked.name); !status.ok()) return status.error();
        Result<Configs> configs = configs_of(asked);
        if (!configs.ok()) return configs.error();
        Result<std::vector<Partition>> partitions = partitions_of(asked);
        if (!partitions.ok()) return partitions.error();
        if (partitions_ + partitions->size() > static_cast<size_t>(limits_.max_partitions)) {
            return Error{Errc::policy_violation, "This server holds at most " +
                                                     std::to_string(limits_.max_partitions) +
                                                     " partitions."};
        }
        partitions_ += partitions->size();
        if (may_collide(asked.name)) collisions_.emplace(collision_key(asked.name), asked.name);
        return std::make_shared<const Topic>(Topic{new_topic_id(image_, random_), asked.name,
                                                   std::move(*configs), std::move(*partitions)});
    }

private:
    Status check_name(const std::string& name) {
        if (name == meta::metadata_topic) {
            return Error{Errc::invalid_request,
                         "Creation of internal topic " + name + " is prohibited."};
        }
        if (Status status = check_topic_name(name); !status.ok()) return status;
        if (image_.topic(name)) {
            return Error{Errc::topic_already_exists, "Topic '" + name + "' already exists."};
        }
        const auto taken = collisions_.find(collision_key(name));
        if (taken == collisions_.end()) return {};
        return Error{Errc::invalid_topic_exception,
                     "Topic '" + name + "' collides with existing topic: " + taken->second};
    }

    Result<Configs> configs_of(const NewTopic& asked) {
        Configs configs;
        std::string nulls;
        for (const auto& [name, value] : asked.configs) {
            if (!value) nulls += (nulls.empty() ? "" : ",") + name;
            else configs.insert_or_assign(name, *value);
        }
        if (!nulls.empty()) {
            return Error{Errc::invalid_config,
                         "Null value not supported for topic configs: " + nulls};
        }
        if (Status status = check_topic_settings(configs); !status.ok()) return status.error();
        const size_t size = meta::encoded_size(meta::TopicConfigRecord{Uuid{}, configs});
        if (size > meta::max_record_bytes) {
            return Error{Errc::invalid_config, "The topic's settings are too large."};
        }
        return configs;
    }

    Result<std::vector<Partition>> partitions_of(const NewTopic& asked) {
        if (!asked.assignments.empty()) return assigned(asked);
        if (asked.replication_factor < -1 || asked.replication_factor == 0) {
            return Error{Errc::invalid_replication_factor,
                         "Replication factor must be larger than 0, or -1 to use the default "
                         "value."};
        }
        if (asked.partitions < -1 || asked.partitions == 0) {
            return Error{Errc::invalid_partitions,
                         "Number of partitions was set to an invalid non-positive value."};
        }
        const int32_t partitions =
            asked.partitions == -1 ? limits_.default_partitions : asked.partitions;
        const int16_t replicas = asked.replication_factor == -1 ? limits_.default_replication_factor
                                                                : asked.replication_factor;
        return placing_.stripe(static_cast<size_t>(partitions), static_cast<size_t>(replicas));
    }

    Result<std::vector<Partition>> assigned(const NewTopic& asked) {
        if (asked.replication_factor != -1) {
            return Error{Errc::invalid_request,
                         "A manual partition assignment was specified, but replication factor was "
                         "not set to -1."};
        }
        if (asked.partitions != -1) {
            return Error{Errc::invalid_request,
                         "A manual partition assignment was specified, but numPartitions was not "
                         "set to -1."};
        }
        std::map<PartitionIndex, Partition> parts;
        for (const Assignment& assignment : asked.assignments) {
            if (parts.contains(assignment.partition)) {
                return refused("Found multiple manual partition assignments for partition " +
                               std::to_string(assignment.partition.value()));
            }
            const size_t factor = parts.empty() ? 0 : parts.begin()->second.replicas.size();
            Result<Partition> partition = placing_.assign(assignment.replicas, factor);
            if (!partition.ok()) return partition.error();
            parts.emplace(assignment.partition, std::move(*partition));
        }
        std::vector<Partition> out;
        for (auto& [index, partition] : parts) {
            if (index != PartitionIndex(static_cast<int32_t>(out.size()))) {
                return refused("partitions should be a consecutive 0-based integer sequence");
            }
            out.push_back(std::move(partition));
        }
        return out;
    }

    static Error refused(std::string why) {
        return {Errc::invalid_replica_assignment, std::move(why)};
    }

    const Image& image_;
    const Limits& limits_;
    io::Random& random_;
    Placing placing_;
    std::map<std::string, std::string> collisions_;  // spelling that collides -> name
    size_t partitions_ = 0;                          // with those of this request
};

int64_t partitions_asked_for(const std::vector<NewTopic>& request, const Limits& limits) {
    int64_t total = 0;
    for (const NewTopic& topic : request) {
        const int32_t count =
            topic.partitions == -1 ? limits.default_partitions : std::max(topic.partitions, 0);
        total += std::max(static_cast<int64_t>(topic.assignments.size()), int64_t{count});
    }
    return total;
}

Status check_size(const std::vector<NewTopic>& request, const Limits& limits) {
    if (partitions_asked_for(request, limits) > limits.max_partitions_per_request) {
        return Error{Errc::policy_violation, "Excessively large number of partitions per request."};
    }
    if (request.size() > static_cast<size_t>(limits.max_topics_per_request)) {
        return Error{Errc::policy_violation, "Excessively large number of topics per request."};
    }
    return {};
}

void add_facts(const Topic& topic, std::vector<meta::Record>& facts) {
    facts.emplace_back(meta::TopicRecord{topic.id, topic.name});
    if (!topic.configs.empty())
        facts.emplace_back(meta::TopicConfigRecord{topic.id, topic.configs});
    for (size_t at = 0; at < topic.partitions.size(); ++at) {
        facts.emplace_back(meta::PartitionRecord{topic.id, PartitionIndex(static_cast<int32_t>(at)),
                                                 topic.partitions[at]});
    }
}

}  // namespace

Decision<CreatedTopic> decide_create(const Image& image, const std::vector<NewTopic>& request,
                                     const Limits& limits, io::Random& random) {
    std::map<std::string_view, int> times;
    for (const NewTopic& topic : request) ++times[topic.name];
    const Status size = check_size(request, limits);
    Creation creation(image, limits, random);
    Decision<CreatedTopic> out;
    for (const NewTopic& topic : request) {
        int& left = times[topic.name];
        if (left == 0) continue;  // its answer is there already
        CreatedTopic& answer = out.answers.emplace_back();
        answer.name = topic.name;
        if (std::exchange(left, 0) > 1) {
            answer.status = Error{Errc::invalid_request, "Duplicate topic name."};
        } else if (!size.ok()) {
            answer.status = size;
        } else if (Result<meta::TopicRef> topic_made = creation.decide(topic); topic_made.ok()) {
            answer.topic = std::move(*topic_made);
            add_facts(*answer.topic, out.facts);
        } else {
            answer.status = topic_made.error();
        }
    }
    return out;
}

}  // namespace cambium::control
