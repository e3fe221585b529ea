#include "client/client.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

namespace cambium::client {
namespace {

wire::MetadataRequest request_for(const std::vector<std::string>& topics, bool create_missing) {
    wire::MetadataRequest request;
    request.topics.emplace();
    for (const std::string& name : topics) request.topics->push_back({Uuid{}, name});
    request.allow_auto_topic_creation = create_missing;
    return request;
}

// A topic whose metadata is whole, if not all its partitions have a leader.
bool usable(const TopicRef& topic) {
    return topic && topic->error == Errc::none && !topic->partitions.empty();
}

Error about(const TopicInfo& topic) {
    return {topic.error == Errc::none ? Errc::leader_not_available : topic.error, topic.name};
}

}  // namespace

bool worth_retrying(Errc code) { return retriable(code) && code != Errc::cancelled; }

bool leader_may_have_moved(Errc code) {
    switch (code) {
        case Errc::unknown_topic_or_partition:
        case Errc::leader_not_available:
        case Errc::not_leader_or_follower:
        case Errc::replica_not_available:
        case Errc::network_exception:
        case Errc::kafka_storage_error:
        case Errc::listener_not_found:
        case Errc::fenced_leader_epoch:
        case Errc::unknown_topic_id:
        case Errc::inconsistent_topic_id:
        case Errc::end_of_stream:
        case Errc::connection_reset:
        case Errc::connection_refused:
        case Errc::request_timed_out: return true;
        default: return false;
    }
}

Client::Client(io::World world, ClientOptions options)
    : world_(world), options_(std::move(options)), sleepers_(world) {
    for (const io::Address& address : options_.bootstrap)
        bootstrap_.push_back(std::make_unique<Peer>(world_, address, options_.connection));
}

Client::~Client() = default;

io::Monotonic Client::request_deadline(io::Monotonic deadline) const {
    return std::min(deadline, world_.clock.now() + options_.request_timeout);
}

Error Client::no_server(NodeId node) const {
    return {Errc::leader_not_available,
            "no server with the id " + std::to_string(node.value()) + " is known"};
}

Peer* Client::peer_of(NodeId node) {
    const auto server = cluster_.servers().find(node);
    if (server == cluster_.servers().end() || closing_) return nullptr;
    std::unique_ptr<Peer>& peer = peers_[{node, server->second}];
    if (!peer) peer = std::make_unique<Peer>(world_, server->second, options_.connection);
    return peer.get();
}

std::vector<Peer*> Client::candidates() {
    if (closing_) return {};
    std::vector<Peer*> all;
    for (const auto& [node, address] : cluster_.servers()) all.push_back(peer_of(node));
    for (const auto& peer : bootstrap_) all.push_back(peer.get());
    std::vector<Peer*> out;
    for (const bool connected : {true, false}) {
        std::ranges::copy_if(all, std::back_inserter(out),
                             [&](const Peer* peer) { return peer->connected() == connected; });
    }
    return out;
}

io::Task<Status> Client::ask_metadata(wire::MetadataRequest request, io::Monotonic deadline) {
    auto reply = co_await call_any<wire::MetadataResponse>(std::move(request), deadline);
    if (!reply.ok()) co_return reply.error();
    if (reply->message.error_code != 0) co_return from_wire_code(reply->message.error_code);
    cluster_.apply(reply->message);
    co_return Status();
}

io::Task<Status> Client::reach() {
    if (closing_) co_return Errc::cancelled;
    const io::Gate::Holder holder = gate_.hold();
    wire::MetadataRequest request = request_for({}, false);
    co_return co_await ask_metadata(std::move(request), operation_deadline());
}

io::Task<Status> Client::refresh(std::vector<std::string> topics, bool create_missing,
                                 io::Monotonic deadline) {
    if (closing_) co_return Errc::cancelled;
    const io::Gate::Holder holder = gate_.hold();
    Retry attempts = retry(deadline);
    while (true) {
        wire::MetadataRequest request = request_for(topics, create_missing);
        const Status status = co_await ask_metadata(std::move(request), deadline);
        if (status.ok() || !worth_retrying(status.code())) co_return status;
        const Status again = co_await attempts.pause();
        if (!again.ok()) co_return again.code() == Errc::cancelled ? again : status;
    }
}

io::Task<Result<TopicRef>> Client::topic(std::string name, bool create_missing,
                                         io::Monotonic deadline) {
    if (closing_) co_return Errc::cancelled;
    const io::Gate::Holder holder = gate_.hold();
    Retry attempts = retry(deadline);
    while (true) {
        const TopicRef known = cluster_.find(name);
        if (usable(known)) co_return known;
        const std::vector<std::string> names{name};
        const Status status = co_await refresh(names, create_missing, deadline);
        if (!status.ok()) co_return status.error();
        const TopicRef found = cluster_.find(name);
        if (usable(found)) co_return found;
        const Error error = found ? about(*found) : Error{Errc::unknown_topic_or_partition, name};
        if (!worth_retrying(error.code)) co_return error;
        const Status again = co_await attempts.pause();
        if (!again.ok()) co_return again.code() == Errc::cancelled ? again.error() : error;
    }
}

io::Task<Result<NodeId>> Client::leader(TopicPartition partition, io::Monotonic deadline) {
    if (closing_) co_return Errc::cancelled;
    const io::Gate::Holder holder = gate_.hold();
    Retry attempts = retry(deadline);
    const auto index = static_cast<size_t>(std::max(partition.partition.value(), 0));
    while (true) {
        const Result<TopicRef> topic = co_await this->topic(partition.topic, false, deadline);
        if (!topic.ok()) co_return topic.error();
        const std::vector<PartitionInfo>& partitions = (*topic)->partitions;
        if (index >= partitions.size() || partition.partition.value() < 0)
            co_return Error{Errc::unknown_topic_or_partition, partition.text()};
        const NodeId leader = partitions[index].leader;
        if (cluster_.servers().contains(leader)) co_return leader;
        forget(partition.topic);
        const Status again = co_await attempts.pause();
        if (!again.ok())
            co_return Error{
                again.code() == Errc::cancelled ? Errc::cancelled : Errc::leader_not_available,
                partition.text()};
    }
}

io::Task<void> Client::close() {
    closing_ = true;  // from here on peer_of() makes no new ones
    sleepers_.close();
    for (const auto& peer : bootstrap_) co_await peer->close();
    for (const auto& [key, peer] : peers_) co_await peer->close();
    co_await gate_.close();
}

}  // namespace cambium::client
