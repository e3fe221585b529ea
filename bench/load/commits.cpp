// OffsetCommit under load.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/connection.hpp"
#include "io/gate.hpp"
#include "load.hpp"
#include "wire/messages/find_coordinator.hpp"
#include "wire/messages/group_offsets.hpp"

namespace cambium::load {
namespace {

using client::Connection;

constexpr int16_t commit_version = 8;  // the last but one that names topics; every Kafka has it
constexpr int16_t find_version = 3;
constexpr io::Duration patience = std::chrono::seconds(60);

// What all groups share.
struct Tally {
    io::World world;
    CommitOptions options;
    io::Monotonic from{};
    io::Monotonic until{};
    std::vector<int64_t> times_us{};  // of the commits that count
    std::string failure{};
};

wire::OffsetCommitRequest request_of(const Tally& tally, int64_t number, int64_t offset) {
    wire::OffsetCommitRequest request;
    request.group_id = "load-" + std::to_string(number);
    auto& topic = request.topics.emplace_back();
    topic.name = tally.options.topic;
    for (int32_t i = 0; i < static_cast<int32_t>(tally.options.partitions); ++i)
        topic.partitions.push_back({i, offset, -1, std::nullopt});
    return request;
}

Errc first_error(const wire::OffsetCommitResponse& response) {
    for (const auto& topic : response.topics)
        for (const auto& partition : topic.partitions)
            if (partition.error_code != 0) return from_wire_code(partition.error_code);
    return Errc::none;
}

// Worth another try while a coordinator starts.
bool starting(Errc code) {
    return code == Errc::coordinator_load_in_progress || code == Errc::not_coordinator ||
           code == Errc::coordinator_not_available;
}

io::Task<Status> commit_all_the_time(Tally* tally, Connection* connection, int64_t number) {
    io::Clock& clock = tally->world.clock;
    for (int64_t offset = 0;; ++offset) {
        const io::Monotonic began = clock.now();
        if (began >= tally->until) co_return Status();
        const wire::OffsetCommitRequest request = request_of(*tally, number, offset);
        const auto reply = co_await connection->call<wire::OffsetCommitResponse>(
            request, commit_version, began + patience);
        if (!reply.ok()) co_return reply.error();
        const Errc code = first_error(reply->message);
        if (starting(code)) continue;
        if (code != Errc::none) co_return code;
        const io::Monotonic now = clock.now();
        if (began < tally->from || now > tally->until) continue;
        tally->times_us.push_back(
            std::chrono::duration_cast<std::chrono::microseconds>(now - began).count());
    }
}

io::Task<void> one_group(Tally* tally, int64_t number) {
    auto opened =
        co_await Connection::open(tally->world, tally->options.server, client::ConnectionOptions{});
    if (!opened.ok()) {
        tally->failure = opened.error().text();
        co_return;
    }
    const std::unique_ptr<Connection> connection = std::move(*opened);
    const Status done = co_await commit_all_the_time(tally, connection.get(), number);
    if (!done.ok()) tally->failure = done.error().text();
    co_await connection->close();
}

// The first question makes the topic of offsets.
io::Task<Status> find_coordinator(Tally* tally) {
    auto opened =
        co_await Connection::open(tally->world, tally->options.server, client::ConnectionOptions{});
    if (!opened.ok()) co_return opened.error();
    const std::unique_ptr<Connection> connection = std::move(*opened);
    const io::Monotonic deadline = tally->world.clock.now() + patience;
    wire::FindCoordinatorRequest request;
    request.key = "load-0";
    Errc code = Errc::coordinator_not_available;
    while (starting(code) && tally->world.clock.now() < deadline) {
        const auto reply = co_await connection->call<wire::FindCoordinatorResponse>(
            request, find_version, deadline);
        code = reply.ok() ? from_wire_code(reply->message.error_code) : reply.code();
    }
    co_await connection->close();
    if (code != Errc::none) co_return code;
    co_return Status();
}

int64_t percentile(const std::vector<int64_t>& sorted, double part) {
    if (sorted.empty()) return 0;
    return sorted[static_cast<size_t>(part * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

io::Task<Result<std::string>> commits(io::World world, CommitOptions options) {
    Tally tally{.world = world, .options = options};
    const Status found = co_await find_coordinator(&tally);
    if (!found.ok()) co_return found.error();
    tally.from = world.clock.now() + std::chrono::milliseconds(options.warm_up_ms);
    tally.until = tally.from + std::chrono::milliseconds(options.time_ms);
    io::Gate gate;
    for (int64_t i = 0; i < options.groups; ++i) io::spawn(gate, one_group(&tally, i));
    co_await gate.close();
    if (!tally.failure.empty()) co_return Error{Errc::unknown_server_error, tally.failure};
    std::vector<int64_t>& times = tally.times_us;
    std::ranges::sort(times);
    const auto count = static_cast<int64_t>(times.size());
    co_return "{\"commits\": " + std::to_string(count) +
        ", \"per_second\": " + std::to_string(count * 1000 / options.time_ms) +
        ", \"p50_us\": " + std::to_string(percentile(times, 0.5)) +
        ", \"p99_us\": " + std::to_string(percentile(times, 0.99)) + "}";
}

}  // namespace cambium::load
