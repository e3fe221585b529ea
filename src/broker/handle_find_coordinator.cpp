// FindCoordinator: who coordinates a group. Transactions and share groups have nobody yet.
#include <optional>
#include <string>
#include <utility>

#include "broker/endpoints.hpp"
#include "broker/handlers.hpp"
#include "broker/services.hpp"
#include "wire/messages/find_coordinator.hpp"

namespace cambium::broker {

namespace {

constexpr int finds_many_from = 4;
constexpr int first_with_shares = 6;
constexpr int8_t groups = 0;
constexpr int8_t transactions = 1;
constexpr int8_t shares = 2;

bool known_type(int8_t key_type, int version) {
    return key_type == groups || key_type == transactions ||
           (key_type == shares && version >= first_with_shares);
}

using Response = wire::FindCoordinatorResponse;

// The one answer to every key: one node coordinates all groups.
Response::Coordinator answer(const Services& services, const Peer& peer, Errc code) {
    Response::Coordinator out{.key = {},
                              .node_id = -1,
                              .host = {},
                              .port = -1,
                              .error_code = wire_code(code),
                              .error_message = ""};
    if (code != Errc::none) {
        out.error_message = std::string(sentence(code));
        return out;
    }
    const io::Address address =
        endpoint_of(services.controller->image()->nodes.at(services.node), peer);
    out.node_id = services.node.value();
    out.host = address.host;
    out.port = address.port;
    return out;
}

}  // namespace

io::Task<Reply> handle_find_coordinator(Services* services, Request* request) {
    auto decoded = wire::decode<wire::FindCoordinatorRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    Errc code = Errc::coordinator_not_available;
    if (!known_type(decoded->key_type, request->version())) {
        code = Errc::invalid_request;
    } else if (decoded->key_type == groups) {
        const Status ready = co_await services->groups->ready();
        code = ready.code();
    }
    const Response::Coordinator found = answer(*services, *request->peer, code);
    Response response;
    if (request->version() < finds_many_from) {
        response.error_code = found.error_code;
        // Kafka's word for success.
        response.error_message = code == Errc::none ? "NONE" : found.error_message;
        response.node_id = found.node_id;
        response.host = found.host;
        response.port = found.port;
        co_return answer_with(response, *request);
    }
    for (std::string& key : decoded->coordinator_keys) {
        response.coordinators.push_back(found);
        response.coordinators.back().key = std::move(key);
    }
    co_return answer_with(response, *request);
}

}  // namespace cambium::broker
