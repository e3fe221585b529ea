#include <map>
#include <set>
#include <string>
#include <utility>

#include "control/topics.hpp"
#include "meta/record.hpp"

namespace cambium::control {

namespace {

Status refused_deletion(std::string why) { return Error{Errc::invalid_request, std::move(why)}; }

// How often each topic was asked for, in each of the two ways.
struct Asked {
    std::map<std::string_view, int> by_name;
    std::map<Uuid, int> by_id;

    explicit Asked(const std::vector<TopicSelector>& request) {
        for (const TopicSelector& selector : request) {
            if (selector.name && selector.id.zero()) ++by_name[*selector.name];
            if (!selector.name && !selector.id.zero()) ++by_id[selector.id];
        }
    }
    // The answer to this selector was given before.
    [[nodiscard]] bool seen(const meta::Image& image, const TopicSelector& selector) {
        if (selector.name.has_value() != selector.id.zero()) return false;
        if (selector.name) return !names_.insert(*selector.name).second;
        // A topic that is named as well is answered where it is named.
        const meta::TopicRef topic = image.topic(selector.id);
        if (topic != nullptr && by_name.contains(topic->name)) return true;
        return !ids_.insert(selector.id).second;
    }

private:
    std::set<std::string_view> names_;
    std::set<Uuid> ids_;
};

DeletedTopic by_name(const meta::Image& image, const std::string& name, const Asked& asked) {
    DeletedTopic answer{name, {}, {}};
    if (asked.by_name.at(name) > 1) {
        answer.status = refused_deletion("Duplicate topic name.");
        return answer;
    }
    const meta::TopicRef topic = image.topic(name);
    if (!topic) {
        answer.status = Error{Errc::unknown_topic_or_partition,
                              "This server does not host this topic-partition."};
        return answer;
    }
    answer.id = topic->id;
    if (asked.by_id.contains(topic->id)) {
        answer.status =
            refused_deletion("The provided topic name maps to an ID that was already supplied.");
    }
    return answer;
}

DeletedTopic by_id(const meta::Image& image, const Uuid& id, const Asked& asked) {
    DeletedTopic answer{std::nullopt, id, {}};
    if (asked.by_id.at(id) > 1) {
        answer.status = refused_deletion("Duplicate topic id.");
        return answer;
    }
    const meta::TopicRef topic = image.topic(id);
    if (!topic) {
        answer.status = Error{Errc::unknown_topic_id, "This server does not host this topic ID."};
        return answer;
    }
    answer.name = topic->name;
    return answer;
}

DeletedTopic decide(const meta::Image& image, const TopicSelector& selector, const Asked& asked) {
    const bool has_id = !selector.id.zero();
    if (selector.name && has_id) {
        return {selector.name, selector.id,
                refused_deletion("You may not specify both topic name and topic id.")};
    }
    if (selector.name) return by_name(image, *selector.name, asked);
    if (has_id) return by_id(image, selector.id, asked);
    return {std::nullopt, {}, refused_deletion("Neither topic name nor id were specified.")};
}

}  // namespace

Decision<DeletedTopic> decide_delete(const meta::Image& image,
                                     const std::vector<TopicSelector>& request,
                                     const Limits& limits) {
    const bool too_many = request.size() > static_cast<size_t>(limits.max_topics_per_request);
    Asked asked(request);
    Decision<DeletedTopic> out;
    for (const TopicSelector& selector : request) {
        if (asked.seen(image, selector)) continue;
        DeletedTopic answer = decide(image, selector, asked);
        if (too_many) {
            answer.status =
                Error{Errc::policy_violation, "Excessively large number of topics per request."};
        }
        if (answer.status.ok()) out.facts.emplace_back(meta::DeleteTopicRecord{answer.id});
        out.answers.push_back(std::move(answer));
    }
    return out;
}

}  // namespace cambium::control
