#include "broker/auto_creation.hpp"

#include <utility>

#include "base/fault.hpp"

namespace cambium::broker {

void AutoCreation::want(const std::vector<std::string>& names) {
    std::vector<std::string> fresh;
    for (const std::string& name : names) {
        if (under_way_.size() >= names_max) break;
        if (under_way_.insert(name).second) fresh.push_back(name);
    }
    if (!fresh.empty()) io::spawn(gate_, create(std::move(fresh)));
}

io::Task<void> AutoCreation::create(std::vector<std::string> names) {
    std::vector<control::NewTopic> topics;
    topics.reserve(names.size());
    for (const std::string& name : names)
        topics.push_back({.name = name, .assignments = {}, .configs = {}});
    // Whatever came of it, the client sees when it asks again.
    (void)co_await controller_->create_topics(std::move(topics), false);
    for (const std::string& name : names) under_way_.erase(name);
    sometimes("broker.topic_auto_created");
}

io::Task<void> AutoCreation::close() { return gate_.close(); }

}  // namespace cambium::broker
