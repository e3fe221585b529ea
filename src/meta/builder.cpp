#include "meta/builder.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.hpp"
#include "base/fault.hpp"

namespace cambium::meta {

namespace {

Error corrupt(std::string why) { return {Errc::corrupt_data, "metadata: " + std::move(why)}; }

bool sound(const Partition& partition) {
    const auto is_replica = [&partition](NodeId node) {
        return std::ranges::find(partition.replicas, node) != partition.replicas.end();
    };
    return !partition.replicas.empty() &&
           partition.directories.size() == partition.replicas.size() &&
           std::ranges::all_of(partition.isr, is_replica) &&
           (partition.leader == NodeId() || is_replica(partition.leader));
}

}  // namespace

Status Builder::apply(Record record, MetadataIndex index) {
    if (!failed_.ok()) return failed_;
    if (index <= last_) failed_ = corrupt("index " + std::to_string(index.value()) + " came twice");
    else failed_ = step(std::move(record), index);
    last_ = index;
    return failed_;
}

Status Builder::apply_change(const std::vector<Record>& change, MetadataIndex index) {
    check(!open_);
    if (!failed_.ok()) return failed_;
    if (index <= last_) return failed_ = corrupt("a change came twice");
    for (const Record& fact : change) {
        failed_ = apply_fact(fact);
        if (!failed_.ok()) return failed_;
    }
    state_.index = last_ = index;
    return {};
}

Status Builder::step(Record record, MetadataIndex index) {
    if (const auto* first = std::get_if<BeginChange>(&record)) return begin(*first);
    if (std::holds_alternative<EndChange>(record)) return end(index);
    if (std::holds_alternative<AbortChange>(record)) {
        drop_open_change();
        state_.index = index;
        return {};
    }
    if (!open_ || mutant("meta.change_half_applied")) {
        Status applied = apply_fact(record);
        if (applied.ok() && !open_) state_.index = index;
        if (!applied.ok() || !open_) return applied;
    }
    if (waiting_.size() == expected_) return corrupt("a change has more records than it said");
    waiting_.push_back(std::move(record));
    return {};
}

void Builder::drop_open_change() {
    open_ = false;
    waiting_.clear();
}

Status Builder::begin(const BeginChange& begin) {
    if (open_) return corrupt("a change begins inside another");
    if (begin.records == 0 || begin.records > max_change_records) {
        return corrupt("a change of " + std::to_string(begin.records) + " records");
    }
    open_ = true;
    expected_ = begin.records;
    return {};
}

Status Builder::end(MetadataIndex index) {
    if (!open_) return corrupt("a change ends that never began");
    if (waiting_.size() != expected_) return corrupt("a change ends before all of its records");
    open_ = false;
    const std::vector<Record> change = std::exchange(waiting_, {});
    if (!mutant("meta.change_half_applied")) {
        for (const Record& fact : change) {
            if (Status applied = apply_fact(fact); !applied.ok()) return applied;
        }
    }
    state_.index = index;
    return {};
}

Status Builder::apply_fact(const Record& record) {
    const auto apply_one = [this](const auto& fact) -> Status {
        if constexpr (requires { this->on(fact); }) return on(fact);
        else return corrupt("a mark of a change stands among its facts");
    };
    return std::visit(apply_one, record);
}

Status Builder::on(const ClusterRecord& record) {
    const bool first = state_.cluster_id.zero();
    if (record.cluster_id.zero() || (!first && state_.cluster_id != record.cluster_id)) {
        return corrupt("the cluster's id changes to " + record.cluster_id.text());
    }
    state_.cluster_id = record.cluster_id;
    return {};
}

Status Builder::on(const NodeRecord& record) {
    if (record.node.id < NodeId(0)) return corrupt("a node without an id");
    state_.nodes[record.node.id] = record.node;
    nodes_changed_ = true;
    return {};
}

Status Builder::on(const TopicRecord& record) {
    if (record.name.empty() || record.id.zero()) return corrupt("a topic without a name or an id");
    if (state_.topics.contains(record.name) || state_.topics_by_id.contains(record.id)) {
        return corrupt("topic " + record.name + " is created twice");
    }
    auto topic = std::make_shared<Topic>();
    topic->id = record.id;
    topic->name = record.name;
    state_.topics[record.name] = topic;
    state_.topics_by_id[record.id] = topic;
    touched_[record.id] = std::move(topic);
    return {};
}

Status Builder::on(const PartitionRecord& record) {
    const TopicRef found = state_.topic(record.topic_id);
    if (!found) return corrupt("a partition of no topic, " + record.topic_id.text());
    const auto at = static_cast<size_t>(record.index.value());
    if (record.index < PartitionIndex(0) || at > found->partitions.size() ||
        !sound(record.partition)) {
        return corrupt("partition " + std::to_string(record.index.value()) + " of " + found->name);
    }
    std::vector<Partition>& partitions = changeable(found).partitions;
    if (at == partitions.size()) {
        partitions.push_back(record.partition);
        ++state_.partition_count;
        return {};
    }
    if (record.partition.leader_epoch < partitions[at].leader_epoch ||
        record.partition.partition_epoch <= partitions[at].partition_epoch) {
        return corrupt("an epoch of " + found->name + " goes back");
    }
    partitions[at] = record.partition;
    return {};
}

Status Builder::on(const TopicConfigRecord& record) {
    const TopicRef found = state_.topic(record.topic_id);
    if (!found) return corrupt("settings of no topic, " + record.topic_id.text());
    Configs& configs = changeable(found).configs;
    Configs before = std::exchange(configs, record.configs);
    if (mutant("meta.settings_merged")) configs.merge(before);
    return {};
}

Status Builder::on(const DeleteTopicRecord& record) {
    const TopicRef found = state_.topic(record.topic_id);
    if (!found) return corrupt("no topic " + record.topic_id.text() + " to delete");
    state_.partition_count -= found->partitions.size();
    state_.topics.erase(found->name);
    state_.topics_by_id.erase(found->id);
    touched_[found->id] = nullptr;
    return {};
}

Status Builder::on(const ProducerIdBlockRecord& record) {
    if (record.next <= state_.next_producer_id) return corrupt("producer ids go back");
    state_.next_producer_id = record.next;
    return {};
}

Status Builder::on(const FeatureLevelRecord& record) {
    if (record.name.empty()) return corrupt("a feature without a name");
    if (record.name == metadata_feature && record.level > metadata_feature_level) {
        return Error{Errc::unsupported_format,
                     record.name + " is at level " + std::to_string(record.level)};
    }
    if (record.level == 0) state_.features.erase(record.name);
    else state_.features[record.name] = record.level;
    return {};
}

Status Builder::on(const NodeConfigRecord& record) {
    if (record.node < all_nodes) return corrupt("settings of no node");
    if (record.configs.empty()) state_.node_configs.erase(record.node);
    else state_.node_configs[record.node] = record.configs;
    node_configs_changed_ = true;
    return {};
}

Status Builder::on(const GroupConfigRecord& record) {
    if (record.group.empty()) return corrupt("settings of no group");
    if (record.configs.empty()) state_.group_configs.erase(record.group);
    else state_.group_configs[record.group] = record.configs;
    return {};
}

Topic& Builder::changeable(const TopicRef& topic) {
    std::shared_ptr<Topic>& own = touched_[topic->id];
    if (!own) {
        own = std::make_shared<Topic>(*topic);
        state_.topics[own->name] = own;
        state_.topics_by_id[own->id] = own;
    }
    return *own;
}

Builder::Publication Builder::publish() {
    check(failed_.ok());
    Publication out;
    out.before = published_;
    for (const auto& [id, now] : std::exchange(touched_, {})) {
        const TopicRef then = published_->topic(id);
        if (!then && now) out.delta.created.push_back(now);
        else if (then && now) out.delta.changed.push_back(now);
        else if (then) out.delta.deleted.push_back(then);
    }
    out.delta.nodes_changed = std::exchange(nodes_changed_, false);
    out.delta.node_configs_changed = std::exchange(node_configs_changed_, false);
    if (state_.index != published_->index) published_ = std::make_shared<const Image>(state_);
    out.after = published_;
    return out;
}

std::vector<Record> facts_of(const Image& image) {
    std::vector<Record> facts;
    if (!image.cluster_id.zero()) facts.emplace_back(ClusterRecord{image.cluster_id});
    for (const auto& [name, level] : image.features) {
        facts.emplace_back(FeatureLevelRecord{name, level});
    }
    for (const auto& [id, node] : image.nodes) facts.emplace_back(NodeRecord{node});
    for (const auto& [node, configs] : image.node_configs) {
        if (mutant("meta.snapshot_without_node_settings")) break;
        facts.emplace_back(NodeConfigRecord{node, configs});
    }
    for (const auto& [group, configs] : image.group_configs)
        facts.emplace_back(GroupConfigRecord{group, configs});
    if (image.next_producer_id > ProducerId(0)) {
        facts.emplace_back(ProducerIdBlockRecord{NodeId(), image.next_producer_id});
    }
    for (const auto& [name, topic] : image.topics) {
        facts.emplace_back(TopicRecord{topic->id, name});
        if (!topic->configs.empty()) {
            facts.emplace_back(TopicConfigRecord{topic->id, topic->configs});
        }
        for (size_t at = 0; at < topic->partitions.size(); ++at) {
            facts.emplace_back(PartitionRecord{topic->id, PartitionIndex(static_cast<int32_t>(at)),
                                               topic->partitions[at]});
        }
    }
    return facts;
}

}  // namespace cambium::meta
