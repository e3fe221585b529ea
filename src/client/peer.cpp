#include "client/peer.hpp"

#include <cstdint>
#include <utility>

#include "base/check.hpp"
#include "base/version.hpp"
#include "wire/messages/api_versions.hpp"

namespace cambium::client {
namespace {

constexpr const char* software_name = "cambium";

wire::ApiVersionsRequest versions_request() {
    wire::ApiVersionsRequest request;
    request.client_software_name = software_name;
    request.client_software_version = std::string(program_version);
    return request;
}

}  // namespace

Peer::Peer(io::World world, io::Address address, ConnectionOptions options)
    : world_(world), address_(std::move(address)), options_(std::move(options)) {}

Peer::~Peer() { check(!connection_); }

Error Peer::with_address(const Error& error) const {
    std::string context = address_.text();
    // What the network says may name the address already.
    if (error.context.starts_with(context)) return error;
    if (!error.context.empty()) context.append(", ").append(error.context);
    return {error.code, std::move(context)};
}

Result<int16_t> Peer::version(wire::ApiKey api, int16_t at_most) const {
    const auto found = versions_.highest(api, at_most);
    if (found.has_value()) return *found;
    return Error{Errc::unsupported_version,
                 std::string(wire::name(api)) + " at " + address_.text()};
}

io::Task<Status> Peer::ready(io::Monotonic deadline) {
    if (gate_.closed()) co_return Errc::cancelled;
    if (!opening_ && connected()) co_return Status();
    const io::Gate::Holder holder = gate_.hold();
    io::Once<Status> opened;
    waiting_.push_back(&opened);
    if (!std::exchange(opening_, true)) io::spawn(gate_, open_for_all(deadline));
    co_return co_await opened;
}

// Everybody goes on in the order in which they came, also those who come while others go on: what
// was asked first is sent first, which the order of a producer's batches hangs on.
io::Task<void> Peer::open_for_all(io::Monotonic deadline) {
    const Status status = co_await open(deadline);
    while (status.ok() && !waiting_.empty()) {
        io::Once<Status>* const next = waiting_.front();
        waiting_.pop_front();
        next->complete(status);
    }
    opening_ = false;
    const auto waiting = std::exchange(waiting_, {});
    refusing_ = true;
    for (io::Once<Status>* each : waiting) each->complete(status);
    refusing_ = false;
}

io::Task<Status> Peer::open(io::Monotonic deadline) {
    negotiated_ = false;
    co_await drop_connection();
    Result<std::unique_ptr<Connection>> opened =
        co_await Connection::open(world_, address_, options_);
    if (!opened.ok()) co_return with_address(opened.error());
    connection_ = std::move(opened.value());
    if (gate_.closed()) co_return Errc::cancelled;
    const Status status = co_await negotiate(deadline);
    if (!status.ok()) {
        co_await drop_connection();
        co_return with_address(status.error());
    }
    ++opened_;
    negotiated_ = true;
    co_return Status();
}

// A server that does not know our version of ApiVersions answers in version 0 and says what it
// knows (KIP-511), so one more question is enough.
io::Task<Status> Peer::negotiate(io::Monotonic deadline) {
    int16_t version = static_cast<int16_t>(wire::info(wire::ApiKey::api_versions).versions.last);
    const wire::ApiVersionsRequest request = versions_request();
    auto reply = co_await connection_->call<wire::ApiVersionsResponse>(request, version, deadline);
    const bool unknown = reply.ok()
                             ? reply->message.error_code == wire_code(Errc::unsupported_version)
                             : reply.code() == Errc::malformed;
    if (unknown && connection_->usable()) {
        version = 0;
        reply = co_await connection_->call<wire::ApiVersionsResponse>(request, version, deadline);
    }
    if (!reply.ok()) co_return reply.error();
    if (reply->message.error_code != 0) co_return from_wire_code(reply->message.error_code);
    versions_.apply(reply->message);
    co_return Status();
}

io::Task<void> Peer::drop_connection() {
    if (!connection_) co_return;
    const std::unique_ptr<Connection> old = std::move(connection_);
    co_await old->close();
}

io::Task<void> Peer::close() {
    if (connection_) connection_->abort();
    co_await gate_.close();
    co_await drop_connection();
}

}  // namespace cambium::client
