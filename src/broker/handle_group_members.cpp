// JoinGroup, SyncGroup, Heartbeat, LeaveGroup: members of groups. What is decided is decided in
// coord; here are the versions.
#include <string>
#include <utility>

#include "broker/handlers.hpp"
#include "broker/services.hpp"
#include "broker/stopwatch.hpp"
#include "coord/answers.hpp"
#include "wire/messages/group_membership.hpp"

namespace cambium::broker {

namespace {

constexpr int first_with_nullable_protocol = 7;  // of JoinGroup
constexpr int first_with_protocol_named = 5;     // of SyncGroup
constexpr int first_with_many_members = 3;       // of LeaveGroup

coord::Caller caller_of(const Request& request) {
    return {.client_id = std::string(request.client_id()),
            .host = "/" + request.peer->remote.host,
            .version = request.version()};
}

}  // namespace

io::Task<Reply> handle_join_group(Services* services, Request* request) {
    auto decoded = wire::decode<wire::JoinGroupRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    coord::Caller caller = caller_of(*request);
    request->drop_frame();
    Stopwatch watch(services->world.clock);
    wire::JoinGroupResponse response =
        co_await services->groups->join(std::move(*decoded), std::move(caller), &request->waiting);
    watch.lap(request->in(Stage::wait));
    if (request->version() < first_with_nullable_protocol && !response.protocol_name)
        response.protocol_name.emplace();
    co_return answer_with(response, *request);
}

io::Task<Reply> handle_sync_group(Services* services, Request* request) {
    auto decoded = wire::decode<wire::SyncGroupRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    if (request->version() >= first_with_protocol_named &&
        (!decoded->protocol_type || !decoded->protocol_name)) {
        co_return answer_with(coord::sync_refusal(Errc::inconsistent_group_protocol), *request);
    }
    request->drop_frame();
    Stopwatch watch(services->world.clock);
    const wire::SyncGroupResponse response =
        co_await services->groups->sync(std::move(*decoded), &request->waiting);
    watch.lap(request->in(Stage::wait));
    co_return answer_with(response, *request);
}

io::Task<Reply> handle_heartbeat(Services* services, Request* request) {
    const auto decoded = wire::decode<wire::HeartbeatRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    wire::HeartbeatResponse response;
    response.error_code = wire_code(services->groups->heartbeat(*decoded));
    co_return answer_with(response, *request);
}

io::Task<Reply> handle_leave_group(Services* services, Request* request) {
    auto decoded = wire::decode<wire::LeaveGroupRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    const bool one = request->version() < first_with_many_members;
    if (one)
        decoded->members.push_back({.member_id = std::exchange(decoded->member_id, {}),
                                    .group_instance_id = {},
                                    .reason = {}});
    request->drop_frame();
    Stopwatch watch(services->world.clock);
    wire::LeaveGroupResponse response =
        co_await services->groups->leave(std::move(*decoded), &request->waiting);
    watch.lap(request->in(Stage::wait));
    if (one && !response.members.empty()) {
        response.error_code = response.members.front().error_code;
        response.members.clear();
    }
    co_return answer_with(response, *request);
}

}  // namespace cambium::broker
