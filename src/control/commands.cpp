#include "control/commands.hpp"

#include <set>
#include <string_view>
#include <utility>

#include "base/fault.hpp"

namespace cambium::control {

namespace {

// What would have happened did not.
template <class Answer> void fail_all(std::vector<Answer>& answers, const Status& status) {
    for (Answer& answer : answers) {
        if (answer.status.ok()) answer.status = status;
    }
}

}  // namespace

std::vector<meta::Record> CreateTopics::decide(const meta::Image& image) {
    Decision<CreatedTopic> decision =
        decide_create(image, request_, *parts_.limits, *parts_.random);
    answers_ = std::move(decision.answers);
    if (validate_only_) return {};
    return std::move(decision.facts);
}

std::vector<CreatedTopic> CreateTopics::answers(const Status& status) {
    if (answers_.empty()) {  // it never came to a decision
        std::set<std::string_view> seen;
        for (const NewTopic& topic : request_) {
            if (seen.insert(topic.name).second) answers_.push_back({topic.name, {}, nullptr});
        }
    }
    if (!status.ok()) {
        fail_all(answers_, status);
        for (CreatedTopic& answer : answers_) answer.topic = nullptr;
    }
    return std::move(answers_);
}

std::vector<meta::Record> DeleteTopics::decide(const meta::Image& image) {
    Decision<DeletedTopic> decision = decide_delete(image, request_, *limits_);
    answers_ = std::move(decision.answers);
    return std::move(decision.facts);
}

std::vector<DeletedTopic> DeleteTopics::answers(const Status& status) {
    if (answers_.empty()) {
        for (const TopicSelector& topic : request_) {
            answers_.push_back({topic.name, topic.id, {}});
        }
    }
    if (!status.ok()) fail_all(answers_, status);
    return std::move(answers_);
}

std::vector<meta::Record> CreatePartitions::decide(const meta::Image& image) {
    Decision<GrownTopic> decision = decide_grow(image, request_, *parts_.limits, *parts_.random);
    answers_ = std::move(decision.answers);
    if (validate_only_) return {};
    return std::move(decision.facts);
}

std::vector<GrownTopic> CreatePartitions::answers(const Status& status) {
    if (answers_.empty()) {  // it never came to a decision
        std::set<std::string_view> seen;
        for (const MorePartitions& topic : request_) {
            if (seen.insert(topic.topic).second) answers_.push_back({topic.topic, {}});
        }
    }
    if (!status.ok()) fail_all(answers_, status);
    return std::move(answers_);
}

std::vector<meta::Record> AlterConfigs::decide(const meta::Image& image) {
    Decision<AlteredConfig> decision = decide_configs(image, request_, self_, *limits_);
    answers_ = std::move(decision.answers);
    if (validate_only_) return {};
    return std::move(decision.facts);
}

std::vector<AlteredConfig> AlterConfigs::answers(const Status& status) {
    if (answers_.empty())  // it never came to a decision
        for (const ConfigRequest& asked : request_)
            answers_.push_back({asked.type, asked.name, {}});
    if (!status.ok()) fail_all(answers_, status);
    return std::move(answers_);
}

std::vector<meta::Record> AllocateProducerIds::decide(const meta::Image& image) {
    const ProducerId first = image.next_producer_id;
    block_ = {first, producer_id_block_size};
    if (mutant("control.producer_id_block_given_twice")) return {};
    const ProducerId next(first.value() + producer_id_block_size);
    return {meta::ProducerIdBlockRecord{node_, next}};
}

std::vector<meta::Record> RegisterNode::decide(const meta::Image& image) {
    const auto known = image.nodes.find(self_->id);
    if (known != image.nodes.end() && known->second == *self_) return {};
    return {meta::NodeRecord{*self_}};
}

}  // namespace cambium::control
