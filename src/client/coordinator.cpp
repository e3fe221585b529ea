#include "client/coordinator.hpp"

#include <algorithm>
#include <cstdint>

#include "base/check.hpp"
#include "client/server_error.hpp"
#include "wire/messages/find_coordinator.hpp"

namespace cambium::client {
namespace {

constexpr int16_t last_with_one_key = 3;
constexpr int8_t group_key = 0;

}  // namespace

io::Task<Result<FoundCoordinator>> find_coordinator(Client* client, std::string group,
                                                    io::Monotonic deadline) {
    wire::FindCoordinatorRequest request;
    request.key = group;
    request.key_type = group_key;
    auto reply = co_await client->call_any<wire::FindCoordinatorResponse>(
        std::move(request), deadline, last_with_one_key);
    if (!reply.ok()) co_return reply.error();
    const wire::FindCoordinatorResponse& answer = reply->message;
    if (answer.error_code != 0) {
        const Error error = said(answer.error_code, answer.error_message, "group '" + group + "'");
        co_return error;
    }
    if (answer.port <= 0 || answer.port > UINT16_MAX) co_return Errc::coordinator_not_available;
    co_return FoundCoordinator{NodeId(answer.node_id),
                               {answer.host, static_cast<uint16_t>(answer.port)}};
}

bool coordinator_may_have_moved(Errc code) {
    return code == Errc::not_coordinator || code == Errc::coordinator_not_available ||
           code == Errc::coordinator_load_in_progress || leader_may_have_moved(code);
}

CoordinatorLink::~CoordinatorLink() { check(peers_.empty()); }

io::Task<Status> CoordinatorLink::look_up(io::Monotonic deadline) {
    if (peer_ != nullptr) co_return Status();
    const io::Monotonic soon = client_.world().clock.now() + client_.options().request_timeout;
    const Result<FoundCoordinator> found =
        co_await find_coordinator(&client_, group_, std::min(deadline, soon));
    if (!found.ok()) co_return found.error();
    if (gate_.closed()) co_return Errc::cancelled;
    std::unique_ptr<Peer>& peer = peers_[found->address];
    if (!peer)
        peer =
            std::make_unique<Peer>(client_.world(), found->address, client_.options().connection);
    peer_ = peer.get();
    co_return Status();
}

io::Task<void> CoordinatorLink::end(std::unique_ptr<Peer> peer) { co_await peer->close(); }

void CoordinatorLink::abandon() {
    forget();
    for (auto& [address, peer] : std::exchange(peers_, {})) io::spawn(gate_, end(std::move(peer)));
}

io::Task<void> CoordinatorLink::close() {
    abandon();
    co_await gate_.close();
    // A call that was just looking the coordinator up may have made one more.
    for (auto& [address, peer] : peers_) co_await peer->close();
    peers_.clear();
}

}  // namespace cambium::client
