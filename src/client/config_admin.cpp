#include "client/config_admin.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "client/server_error.hpp"
#include "wire/messages/create_partitions.hpp"

namespace cambium::client {
namespace {

constexpr int32_t change_timeout_ms = 30'000;

// -1 for what names no broker.
NodeId broker_of(const ConfigSubject& subject) {
    int32_t id = -1;
    if (subject.kind == ConfigSubject::Kind::broker)
        std::from_chars(subject.name.data(), subject.name.data() + subject.name.size(), id);
    return NodeId(id);
}

}  // namespace

template <class Response, class Request>
io::Task<Result<Reply<Response>>> ConfigAdmin::ask(ConfigSubject subject, Request request) {
    const io::Monotonic deadline = client_.operation_deadline();
    const NodeId broker = broker_of(subject);
    Retry attempts = client_.retry(deadline);
    while (true) {
        auto reply = co_await client_.call_or_any<Response>(broker, request, deadline);
        if (reply.ok() || !worth_retrying(reply.code())) co_return reply;
        const Status again = co_await attempts.pause();
        if (!again.ok()) co_return final_error(again, reply.error());
        const std::vector<std::string> none;
        (void)co_await client_.refresh(none, false, deadline);
    }
}

io::Task<Result<std::vector<DescribedConfig>>> ConfigAdmin::describe(ConfigSubject subject) {
    wire::DescribeConfigsRequest request;
    request.include_synonyms = true;
    request.include_documentation = true;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = static_cast<int8_t>(subject.kind);
    resource.resource_name = subject.name;
    auto reply = co_await ask<wire::DescribeConfigsResponse>(subject, std::move(request));
    if (!reply.ok()) co_return reply.error();
    if (reply->message.results.size() != 1) co_return Errc::malformed;
    auto& answer = reply->message.results.front();
    if (answer.error_code != 0)
        co_return said(answer.error_code, answer.error_message, subject.name);
    std::ranges::sort(answer.configs, {}, &DescribedConfig::name);
    co_return std::move(answer.configs);
}

io::Task<Status> ConfigAdmin::alter(ConfigSubject subject, std::vector<ConfigEdit> edits,
                                    bool validate_only) {
    wire::IncrementalAlterConfigsRequest request;
    request.validate_only = validate_only;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = static_cast<int8_t>(subject.kind);
    resource.resource_name = subject.name;
    resource.configs = std::move(edits);
    auto reply = co_await ask<wire::IncrementalAlterConfigsResponse>(subject, std::move(request));
    if (!reply.ok()) co_return reply.error();
    if (reply->message.responses.size() != 1) co_return Errc::malformed;
    const auto& answer = reply->message.responses.front();
    if (answer.error_code != 0)
        co_return said(answer.error_code, answer.error_message, subject.name);
    co_return Status();
}

io::Task<Result<std::vector<ConfigSubject>>> ConfigAdmin::list() {
    wire::ListConfigResourcesRequest request;
    request.resource_types = {static_cast<int8_t>(ConfigSubject::Kind::topic),
                              static_cast<int8_t>(ConfigSubject::Kind::broker)};
    auto reply = co_await ask<wire::ListConfigResourcesResponse>({}, std::move(request));
    if (!reply.ok()) co_return reply.error();
    if (reply->message.error_code != 0) co_return from_wire_code(reply->message.error_code);
    std::vector<ConfigSubject> out;
    for (auto& resource : reply->message.config_resources)
        out.push_back({ConfigSubject::Kind{resource.resource_type}, resource.resource_name});
    co_return out;
}

io::Task<Status> ConfigAdmin::create_partitions(std::string topic, int32_t count,
                                                bool validate_only) {
    wire::CreatePartitionsRequest request;
    request.timeout_ms = change_timeout_ms;
    request.validate_only = validate_only;
    auto& asked = request.topics.emplace_back();
    asked.name = topic;
    asked.count = count;
    auto reply = co_await ask<wire::CreatePartitionsResponse>({}, std::move(request));
    if (!reply.ok()) co_return reply.error();
    if (reply->message.results.size() != 1) co_return Errc::malformed;
    const auto& answer = reply->message.results.front();
    if (answer.error_code != 0) co_return said(answer.error_code, answer.error_message, topic);
    client_.forget(topic);
    co_return Status();
}

}  // namespace cambium::client
