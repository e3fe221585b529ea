// The way to a cluster that producer, consumer and admin share: servers, connections, metadata.
//
// Begins with the bootstrap addresses, learns the servers from Metadata, keeps one connection to
// each, opened when it is first needed. Every operation has a deadline and ends by it. Works over
// any io::Network, so it runs in the simulator too. One loop. Producers and consumers close before
// their client does; the owner awaits close().
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "client/cluster.hpp"
#include "client/peer.hpp"
#include "client/retry.hpp"
#include "io/gate.hpp"
#include "io/task.hpp"
#include "io/world.hpp"
#include "wire/messages/metadata.hpp"

namespace cambium::client {

struct ClientOptions {
    std::vector<io::Address> bootstrap;
    ConnectionOptions connection;
    io::Duration request_timeout{30'000'000'000};  // for one answer
    // For an operation with all its retries: of the admin, looking up a leader, an offset.
    io::Duration operation_timeout{60'000'000'000};
    BackoffOptions backoff;
};

// What a failed attempt means for the next one.
[[nodiscard]] bool worth_retrying(Errc code);
// Whether the leader may be another one than the metadata said.
[[nodiscard]] bool leader_may_have_moved(Errc code);

class Client {
public:
    Client(io::World world, ClientOptions options);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    [[nodiscard]] io::World& world() { return world_; }
    [[nodiscard]] const ClientOptions& options() const { return options_; }
    [[nodiscard]] const Cluster& cluster() const { return cluster_; }
    [[nodiscard]] Sleepers& sleepers() { return sleepers_; }
    [[nodiscard]] Retry retry(io::Monotonic deadline) {
        return Retry(sleepers_, options_.backoff, deadline);
    }
    // The deadline of an operation that begins now.
    [[nodiscard]] io::Monotonic operation_deadline() const {
        return world_.clock.now() + options_.operation_timeout;
    }

    // To one server: not_found when metadata knows no such server. Not retried.
    template <class Response, class Request>
    io::Task<Result<Reply<Response>>> call(NodeId node, Request request, io::Monotonic deadline,
                                           int16_t version_max = wire::latest) {
        Peer* const peer = peer_of(node);
        if (peer == nullptr) co_return no_server(node);
        co_return co_await peer->call<Response>(std::move(request), request_deadline(deadline),
                                                version_max);
    }
    template <class Request>
    io::Task<Status> send(NodeId node, Request request, io::Monotonic deadline,
                          int16_t version_max = wire::latest) {
        Peer* const peer = peer_of(node);
        if (peer == nullptr) co_return no_server(node);
        co_return co_await peer->send(std::move(request), request_deadline(deadline), version_max);
    }
    // To any server that can be reached; each is tried once.
    template <class Response, class Request>
    io::Task<Result<Reply<Response>>> call_any(Request request, io::Monotonic deadline,
                                               int16_t version_max = wire::latest) {
        Error last{Errc::broker_not_available, "no server is configured"};
        for (Peer* peer : candidates()) {
            Result<Reply<Response>> reply =
                co_await peer->call<Response>(request, request_deadline(deadline), version_max);
            if (reply.ok() || !worth_retrying(reply.code())) co_return reply;
            last = reply.error();
        }
        co_return last;
    }

    // To the server `node`, or to any where metadata knows no such server.
    template <class Response, class Request>
    io::Task<Result<Reply<Response>>> call_or_any(NodeId node, Request request,
                                                  io::Monotonic deadline) {
        if (cluster().servers().contains(node))
            co_return co_await call<Response>(node, std::move(request), deadline);
        co_return co_await call_any<Response>(std::move(request), deadline);
    }

    // One attempt to learn the servers, without retries: whether there is a cluster to talk to at
    // all.
    io::Task<Status> reach();
    // Asks for these topics (none: only for the servers), retrying until the deadline. With
    // `create_missing` the server may create them, if it is set so. The answer is in cluster().
    io::Task<Status> refresh(std::vector<std::string> topics, bool create_missing,
                             io::Monotonic deadline);
    // The metadata of one topic without error, from the cache or asked for until the deadline.
    // Errors: the topic's own when it is final, else what the last attempt met.
    io::Task<Result<TopicRef>> topic(std::string name, bool create_missing, io::Monotonic deadline);
    // The leader of a partition, asked for until there is one or the deadline is reached.
    io::Task<Result<NodeId>> leader(TopicPartition partition, io::Monotonic deadline);
    // What is known of the topic turned out to be wrong: the next topic() or leader() asks anew.
    void forget(const std::string& topic) { cluster_.forget(topic); }

    // Ends what runs with `cancelled` and completes when nothing runs any more. Once.
    io::Task<void> close();

private:
    // One attempt.
    io::Task<Status> ask_metadata(wire::MetadataRequest request, io::Monotonic deadline);
    [[nodiscard]] Peer* peer_of(NodeId node);
    [[nodiscard]] std::vector<Peer*> candidates();
    [[nodiscard]] Error no_server(NodeId node) const;
    [[nodiscard]] io::Monotonic request_deadline(io::Monotonic deadline) const;

    io::World world_;
    ClientOptions options_;
    Cluster cluster_;
    Sleepers sleepers_;
    std::vector<std::unique_ptr<Peer>> bootstrap_;
    // By node and address: a server that moved gets a new one, the old stays until the client
    // closes, because calls may be under way. Bounded by the moves of servers during the client's
    // life.
    std::map<std::pair<NodeId, io::Address>, std::unique_ptr<Peer>> peers_;
    bool closing_ = false;
    io::Gate gate_;
};

}  // namespace cambium::client
