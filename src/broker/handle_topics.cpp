// CreateTopics and DeleteTopics: the controller decides, these translate. A request that leaves no
// time (timeout 0) is refused before anything happens, as in Kafka.
#include <string>
#include <utility>
#include <vector>

#include "base/settings.hpp"
#include "broker/handlers.hpp"
#include "broker/services.hpp"
#include "wire/messages/topics.hpp"

namespace cambium::broker {

namespace {

using CreateRequest = wire::CreateTopicsRequest;
using CreateResponse = wire::CreateTopicsResponse;
using DeleteRequest = wire::DeleteTopicsRequest;
using DeleteResponse = wire::DeleteTopicsResponse;

std::string message_of(const Error& error) {
    return error.context.empty() ? std::string(sentence(error.code)) : error.context;
}

control::NewTopic new_topic(CreateRequest::Topic asked) {
    control::NewTopic topic{.name = std::move(asked.name),
                            .partitions = asked.num_partitions,
                            .replication_factor = asked.replication_factor,
                            .assignments = {},
                            .configs = {}};
    for (const auto& [index, nodes] : asked.assignments) {
        control::Assignment assignment{.partition = PartitionIndex(index), .replicas = {}};
        for (const int32_t node : nodes) assignment.replicas.emplace_back(node);
        topic.assignments.push_back(std::move(assignment));
    }
    for (CreateRequest::Topic::Config& config : asked.configs)
        topic.configs.emplace_back(std::move(config.name), std::move(config.value));
    return topic;
}

// From version 5 on a success tells every setting of the topic (admin clients of Java fail
// without).
std::vector<CreateResponse::Topic::Config> configs_of(const meta::Topic& topic,
                                                      const Settings& settings) {
    std::vector<CreateResponse::Topic::Config> configs;
    for (const Setting& setting : settings_table()) {
        if (!setting.has(SettingScope::topic) || setting.internal) continue;
        Effective effective = settings.effective(setting, topic.configs);
        // What was asked for is told as it was written, like Kafka does here alone.
        const auto asked = topic.configs.find(setting.name);
        if (asked != topic.configs.end()) effective.value = asked->second;
        configs.push_back({.name = std::string(setting.name),
                           .value = std::move(effective.value),
                           .config_source = static_cast<int8_t>(effective.source)});
    }
    return configs;
}

CreateResponse::Topic created(control::CreatedTopic answer, const Settings& settings, int version) {
    CreateResponse::Topic topic;
    topic.name = std::move(answer.name);
    if (!answer.status.ok()) {
        topic.error_code = wire_code(answer.status.code());
        topic.error_message = message_of(answer.status.error());
        topic.configs.emplace();
        return topic;
    }
    const meta::Topic& made = *answer.topic;
    topic.topic_id = made.id;
    topic.num_partitions = static_cast<int32_t>(made.partitions.size());
    topic.replication_factor = static_cast<int16_t>(made.partitions.front().replicas.size());
    if (version >= 5) topic.configs = configs_of(made, settings);
    return topic;
}

std::vector<control::TopicSelector> selectors(DeleteRequest request) {
    std::vector<control::TopicSelector> topics;
    topics.reserve(request.topic_names.size() + request.topics.size());
    for (std::string& name : request.topic_names) topics.push_back({std::move(name), {}});
    for (DeleteRequest::Topic& topic : request.topics)
        topics.push_back({std::move(topic.name), topic.topic_id});
    return topics;
}

// TOPIC_DELETION_DISABLED is known to clients from version 3 on.
std::vector<DeleteResponse::Topic> deletion_disabled(
    const std::vector<control::TopicSelector>& topics, int version) {
    const Errc code = version < 3 ? Errc::invalid_request : Errc::topic_deletion_disabled;
    std::vector<DeleteResponse::Topic> responses;
    responses.reserve(topics.size());
    for (const control::TopicSelector& topic : topics) {
        responses.push_back({.name = topic.name,
                             .topic_id = topic.id,
                             .error_code = wire_code(code),
                             .error_message = std::string(sentence(code))});
    }
    return responses;
}

}  // namespace

io::Task<Reply> handle_create_topics(Services* services, Request* request) {
    auto decoded = wire::decode<CreateRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    CreateResponse response;
    if (decoded->timeout_ms <= 0) {
        for (CreateRequest::Topic& topic : decoded->topics) {
            response.topics.push_back(
                {.name = std::move(topic.name), .error_code = wire_code(Errc::request_timed_out)});
            response.topics.back().configs.emplace();
        }
        co_return answer_with(response, *request);
    }
    std::vector<control::NewTopic> topics;
    for (CreateRequest::Topic& topic : decoded->topics)
        topics.push_back(new_topic(std::move(topic)));
    std::vector<control::CreatedTopic> answers =
        co_await services->controller->create_topics(std::move(topics), decoded->validate_only);
    for (control::CreatedTopic& answer : answers) {
        response.topics.push_back(
            created(std::move(answer), *services->settings, request->version()));
    }
    co_return answer_with(response, *request);
}

io::Task<Reply> handle_delete_topics(Services* services, Request* request) {
    auto decoded = wire::decode<DeleteRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    std::vector<control::TopicSelector> topics = selectors(std::move(*decoded));
    DeleteResponse response;
    if (!services->limits.delete_topics) {
        response.responses = deletion_disabled(topics, request->version());
        co_return answer_with(response, *request);
    }
    if (decoded->timeout_ms <= 0) {
        for (control::TopicSelector& topic : topics) {
            response.responses.push_back({.name = std::move(topic.name),
                                          .topic_id = topic.id,
                                          .error_code = wire_code(Errc::request_timed_out)});
        }
        co_return answer_with(response, *request);
    }
    std::vector<control::DeletedTopic> answers =
        co_await services->controller->delete_topics(std::move(topics));
    for (control::DeletedTopic& answer : answers) {
        DeleteResponse::Topic topic{.name = std::move(answer.name),
                                    .topic_id = answer.id,
                                    .error_code = wire_code(answer.status.code()),
                                    .error_message = {}};
        if (!answer.status.ok()) topic.error_message = message_of(answer.status.error());
        response.responses.push_back(std::move(topic));
    }
    co_return answer_with(response, *request);
}

}  // namespace cambium::broker
