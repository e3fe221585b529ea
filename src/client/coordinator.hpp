// The coordinator of a group: who it is, and a connection to it that only a member uses.
//
// One loop; the client outlives all of it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "base/types.hpp"
#include "client/client.hpp"
#include "client/peer.hpp"
#include "io/gate.hpp"
#include "io/task.hpp"

namespace cambium::client {

struct FoundCoordinator {
    NodeId node;
    io::Address address;
};

// One attempt, at any server. Errors: coordinator_not_available, coordinator_load_in_progress
// (worth retrying), invalid_group_id, group_authorization_failed, ...
io::Task<Result<FoundCoordinator>> find_coordinator(Client* client, std::string group,
                                                    io::Monotonic deadline);

// Whether another server, or the same one a moment later, may be the coordinator.
[[nodiscard]] bool coordinator_may_have_moved(Errc code);

// A member's way to its coordinator. It has a connection of its own: a server answers the requests
// of one connection in their order, and a JoinGroup may wait for minutes. The owner awaits close().
class CoordinatorLink {
public:
    CoordinatorLink(Client& client, std::string group)
        : client_(client), group_(std::move(group)) {}
    ~CoordinatorLink();
    CoordinatorLink(const CoordinatorLink&) = delete;
    CoordinatorLink& operator=(const CoordinatorLink&) = delete;

    // One attempt, after looking the coordinator up if it is not known. A broken connection makes
    // it unknown again.
    template <class Response, class Request>
    io::Task<Result<Reply<Response>>> call(Request request, io::Monotonic deadline,
                                           int16_t version_max = wire::latest) {
        if (gate_.closed()) co_return Errc::cancelled;
        const io::Gate::Holder holder = gate_.hold();
        const Status found = co_await look_up(deadline);
        if (!found.ok()) co_return found.error();
        Peer* const peer = peer_;
        Result<Reply<Response>> reply =
            co_await peer->call<Response>(std::move(request), deadline, version_max);
        if (!reply.ok() && peer == peer_) forget();
        co_return reply;
    }
    // An answer said that it is somebody else.
    void forget() { peer_ = nullptr; }
    // Ends the calls under way, with an error; later ones go out on a new connection.
    void abandon();

    io::Task<void> close();

private:
    io::Task<Status> look_up(io::Monotonic deadline);
    static io::Task<void> end(std::unique_ptr<Peer> peer);

    Client& client_;
    std::string group_;
    // Coordinators of the past stay until the link closes: calls may be under way.
    std::map<io::Address, std::unique_ptr<Peer>> peers_;
    Peer* peer_ = nullptr;
    io::Gate gate_;
};

}  // namespace cambium::client
