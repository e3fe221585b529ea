// ConsumerGroupHeartbeat and ConsumerGroupDescribe (KIP-848): members of groups whose server
// assigns partitions, and what tools ask about such groups. What is decided is decided in coord.
#include <string>
#include <string_view>
#include <utility>

#include "broker/handlers.hpp"
#include "broker/mentions.hpp"
#include "broker/operations.hpp"
#include "broker/services.hpp"
#include "broker/stopwatch.hpp"
#include "wire/messages/consumer_group.hpp"

namespace cambium::broker {

io::Task<Reply> handle_consumer_group_heartbeat(Services* services, Request* request) {
    auto decoded =
        wire::decode<wire::ConsumerGroupHeartbeatRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    if (!services->limits.consumer_protocol) {
        wire::ConsumerGroupHeartbeatResponse refused;
        refused.error_code = wire_code(Errc::unsupported_version);
        co_return answer_with(refused, *request);
    }
    coord::Caller caller{.client_id = std::string(request->client_id()),
                         .host = "/" + request->peer->remote.host,
                         .version = request->version()};
    request->drop_frame();
    Stopwatch watch(services->world.clock);
    const wire::ConsumerGroupHeartbeatResponse response =
        co_await services->groups->consumer_heartbeat(std::move(*decoded), std::move(caller),
                                                      &request->waiting);
    watch.lap(request->in(Stage::wait));
    co_return answer_with(response, *request);
}

io::Task<Reply> handle_consumer_group_describe(Services* services, Request* request) {
    const auto decoded =
        wire::decode<wire::ConsumerGroupDescribeRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    wire::ConsumerGroupDescribeResponse response;
    Mentions<std::string_view> mentions;
    for (const std::string& group : decoded->group_ids) {
        if (!mentions.answered(group)) continue;
        if (!services->limits.consumer_protocol) {
            auto& refused = response.groups.emplace_back();
            refused.group_id = group;
            refused.error_code = wire_code(Errc::unsupported_version);
            continue;
        }
        response.groups.push_back(services->groups->describe_consumer(group));
        if (decoded->include_authorized_operations && response.groups.back().error_code == 0)
            response.groups.back().authorized_operations = group_operations;
    }
    co_return answer_with(response, *request);
}

}  // namespace cambium::broker
