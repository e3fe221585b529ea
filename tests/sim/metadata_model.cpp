#include "metadata_model.hpp"

namespace cambium::history {
namespace {

bool is_topic(const SettingsChange& change) {
    return change.request.type == control::ConfigType::topic;
}

// Nothing happened after these.
bool harmless(Errc code) { return code == Errc::no_space || code == Errc::over_budget; }

NodeId node_of(const SettingsChange& change) {
    return change.request.name.empty() ? meta::all_nodes : NodeId(std::stoi(change.request.name));
}

}  // namespace

MetadataModel::Known MetadataModel::known(const std::string& name) const {
    const auto found = topics_.find(name);
    return found == topics_.end() ? Known{} : found->second.known;
}

bool MetadataModel::uncertain(const std::string& name) const {
    const auto found = topics_.find(name);
    return found != topics_.end() &&
           (found->second.creating || found->second.deleting || found->second.altering);
}

void MetadataModel::creating(const std::string& name, size_t partitions) {
    topics_[name].creating = partitions;
}

void MetadataModel::created(const std::string& name, const control::CreatedTopic& answer) {
    Topic& topic = topics_[name];
    const auto partitions = topic.creating;
    if (answer.status.ok()) {
        if (topic.known.exists) violation_("7 metadata", name + " was created although it exists");
        if (!ids_.insert(answer.topic->id).second)
            violation_("7 metadata", "a topic id was given twice");
        if (answer.topic->partitions.size() != partitions)
            violation_("7 metadata", name + " has other partitions");
        topic.known = {true, answer.topic->id, answer.topic->partitions.size(), {}};
    } else if (answer.status.code() == Errc::topic_already_exists) {
        if (!topic.known.exists)
            violation_("7 metadata", name + " exists although nobody created it");
    } else if (answer.status.code() != Errc::no_space &&
               answer.status.code() != Errc::over_budget) {
        return;  // unknown: the next start tells
    }
    topic.creating.reset();
}

void MetadataModel::deleting(const std::string& name) { topics_[name].deleting = true; }

void MetadataModel::deleted(const std::string& name, const Status& status) {
    Topic& topic = topics_[name];
    if (status.ok()) {
        if (!topic.known.exists)
            violation_("7 metadata", name + " was deleted although it does not exist");
        topic.known = {};
    } else if (status.code() == Errc::unknown_topic_or_partition) {
        if (topic.known.exists)
            violation_("7 metadata", name + " is unknown although it was created");
    } else if (status.code() != Errc::no_space && status.code() != Errc::over_budget) {
        return;
    }
    topic.deleting = false;
}

void MetadataModel::allocated(const control::ProducerIdBlock& block) {
    if (block.first.value() < next_producer_id_) {
        violation_("7 producer ids",
                   "the block from " + std::to_string(block.first.value()) + " was given twice");
    }
    next_producer_id_ = block.first.value() + block.count;
}

const meta::Configs& MetadataModel::settings(NodeId node) const {
    static const meta::Configs nothing;
    const auto found = nodes_.find(node);
    return found == nodes_.end() ? nothing : found->second.known;
}

bool MetadataModel::uncertain(NodeId node) const {
    const auto found = nodes_.find(node);
    return found != nodes_.end() && found->second.altering.has_value();
}

void MetadataModel::altering(const SettingsChange& change) {
    if (!change.valid || change.validate_only) return;
    if (is_topic(change)) topics_[change.request.name].altering = change.after;
    else nodes_[node_of(change)].altering = change.after;
}

// Whether the answer is one that changes nothing.
bool MetadataModel::refused_rightly(const SettingsChange& change, const Status& status) {
    const Errc wrong = is_topic(change) ? Errc::invalid_config : Errc::invalid_request;
    if (!change.valid && status.ok())
        violation_("7 metadata", "a value that is none was taken by " + change.request.name);
    if (change.valid && status.code() == wrong)
        violation_("7 metadata", "settings were refused: " + status.error().context);
    return status.code() == wrong;
}

void MetadataModel::altered(const SettingsChange& change, const Status& status,
                            const meta::Image& image) {
    if (refused_rightly(change, status)) return;
    if (!status.ok() && !harmless(status.code())) return;  // unknown: the next start tells
    const bool made = status.ok() && !change.validate_only;
    const std::string& name = change.request.name;
    if (is_topic(change)) {
        Topic& topic = topics_[name];
        topic.altering.reset();
        if (made) topic.known.configs = change.after;
        const meta::TopicRef seen = image.topic(name);
        if (status.ok() && (seen == nullptr || seen->configs != topic.known.configs))
            violation_("7 metadata", "topic " + name + " does not show the settings answered");
        return;
    }
    const NodeId node = node_of(change);
    NodeSettings& settings = nodes_[node];
    settings.altering.reset();
    if (made) settings.known = change.after;
    if (status.ok() && image.configs_of(node) != settings.known)
        violation_("7 metadata", "a broker does not show the settings answered");
}

void MetadataModel::check_node(NodeId node, NodeSettings& settings, const meta::Image& image) {
    const meta::Configs& found = image.configs_of(node);
    if (found != settings.known && (!settings.altering || found != *settings.altering))
        violation_("7 metadata", "the settings of broker " + std::to_string(node.value()) +
                                     " are not those that it was left with");
    settings = {found, std::nullopt};
}

void MetadataModel::check_start(const meta::Image& image) {
    if (cluster_.zero()) cluster_ = image.cluster_id;
    if (cluster_ != image.cluster_id) violation_("7 metadata", "the cluster has another id");
    for (auto& [name, topic] : topics_) check_topic(name, topic, image);
    for (const auto& [node, configs] : image.node_configs) nodes_.try_emplace(node);
    for (auto& [node, settings] : nodes_) check_node(node, settings, image);
    for (const auto& [name, topic] : image.topics) {
        if (!topics_.contains(name))
            violation_("7 metadata", "topic " + name + " was never asked for");
        if (image.topics_by_id.find(topic->id) == image.topics_by_id.end()) {
            violation_("7 metadata", "topic " + name + " cannot be found by its id");
        }
    }
}

void MetadataModel::check_topic(const std::string& name, Topic& topic, const meta::Image& image) {
    const meta::TopicRef found = image.topic(name);
    const bool same = found != nullptr && topic.known.exists && found->id == topic.known.id &&
                      found->partitions.size() == topic.known.partitions &&
                      (found->configs == topic.known.configs ||
                       (topic.altering && found->configs == *topic.altering));
    const bool still_absent = found == nullptr && !topic.known.exists;
    const bool came = found != nullptr && !topic.known.exists && topic.creating &&
                      found->partitions.size() == *topic.creating && found->configs.empty();
    const bool went = found == nullptr && topic.known.exists && topic.deleting;
    if (!same && !still_absent && !came && !went) {
        violation_("7 metadata",
                   "topic " + name + (found ? " is there as nobody left it" : " is gone"));
    }
    if (came && !ids_.insert(found->id).second)
        violation_("7 metadata", "a topic id was given twice");
    topic = Topic{};
    if (found) topic.known = {true, found->id, found->partitions.size(), found->configs};
}

}  // namespace cambium::history
