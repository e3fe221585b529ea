// CreatePartitions: the controller decides, this translates.
#include <string>
#include <utility>
#include <vector>

#include "broker/handlers.hpp"
#include "broker/services.hpp"
#include "wire/messages/create_partitions.hpp"

namespace cambium::broker {

namespace {

using PartitionsRequest = wire::CreatePartitionsRequest;
using GrowResponse = wire::CreatePartitionsResponse;

control::MorePartitions more_partitions(PartitionsRequest::Topic asked) {
    control::MorePartitions topic{
        .topic = std::move(asked.name), .count = asked.count, .assignments = {}};
    if (!asked.assignments) return topic;
    topic.assignments.emplace();
    for (const auto& [nodes] : *asked.assignments) {
        std::vector<NodeId>& replicas = topic.assignments->emplace_back();
        for (const int32_t node : nodes) replicas.emplace_back(node);
    }
    return topic;
}

GrowResponse::Result result(control::GrownTopic answer) {
    GrowResponse::Result out{.name = std::move(answer.name)};
    if (answer.status.ok()) return out;
    out.error_code = wire_code(answer.status.code());
    if (!answer.status.error().context.empty()) out.error_message = answer.status.error().context;
    return out;
}

}  // namespace

io::Task<Reply> handle_create_partitions(Services* services, Request* request) {
    auto decoded = wire::decode<PartitionsRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    GrowResponse response;
    if (decoded->timeout_ms <= 0) {
        for (PartitionsRequest::Topic& topic : decoded->topics)
            response.results.push_back(result({std::move(topic.name), Errc::request_timed_out}));
        co_return answer_with(response, *request);
    }
    std::vector<control::MorePartitions> topics;
    for (PartitionsRequest::Topic& topic : decoded->topics)
        topics.push_back(more_partitions(std::move(topic)));
    std::vector<control::GrownTopic> answers =
        co_await services->controller->create_partitions(std::move(topics), decoded->validate_only);
    for (control::GrownTopic& answer : answers)
        response.results.push_back(result(std::move(answer)));
    co_return answer_with(response, *request);
}

}  // namespace cambium::broker
