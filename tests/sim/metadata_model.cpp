#include "metadata_model.hpp"

namespace cambium::history {

MetadataModel::Known MetadataModel::known(const std::string& name) const {
    const auto found = topics_.find(name);
    return found == topics_.end() ? Known{} : found->second.known;
}

bool MetadataModel::uncertain(const std::string& name) const {
    const auto found = topics_.find(name);
    return found != topics_.end() && (found->second.creating || found->second.deleting);
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
        topic.known = {true, answer.topic->id, answer.topic->partitions.size()};
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

void MetadataModel::check_start(const meta::Image& image) {
    if (cluster_.zero()) cluster_ = image.cluster_id;
    if (cluster_ != image.cluster_id) violation_("7 metadata", "the cluster has another id");
    for (auto& [name, topic] : topics_) check_topic(name, topic, image);
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
                      found->partitions.size() == topic.known.partitions;
    const bool still_absent = found == nullptr && !topic.known.exists;
    const bool came = found != nullptr && !topic.known.exists && topic.creating &&
                      found->partitions.size() == *topic.creating;
    const bool went = found == nullptr && topic.known.exists && topic.deleting;
    if (!same && !still_absent && !came && !went) {
        violation_("7 metadata",
                   "topic " + name + (found ? " is there as nobody left it" : " is gone"));
    }
    if (came && !ids_.insert(found->id).second)
        violation_("7 metadata", "a topic id was given twice");
    topic = Topic{};
    if (found) topic.known = {true, found->id, found->partitions.size()};
}

}  // namespace cambium::history
