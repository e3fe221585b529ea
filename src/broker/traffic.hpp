// What all connections share: limits, budgets, buffers, and the way to the handlers.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/address_caps.hpp"
#include "base/settings.hpp"
#include "broker/batch_work.hpp"
#include "broker/budget.hpp"
#include "broker/frame.hpp"
#include "broker/services.hpp"
#include "broker/turns.hpp"
#include "bytes/buffer.hpp"
#include "io/clock.hpp"
#include "io/event.hpp"
#include "log/common.hpp"

namespace cambium::broker {

// Lines for people: what a server tells while it runs.
using Journal = std::function<void(std::string_view line)>;

struct TrafficLimits {
    // Frames have a budget by their size: up to the first, between them, above the second. So
    // clients that announce large frames and send them slowly do not keep those waiting who ask
    // for little.
    static constexpr int64_t small_frame_bytes = FrameCutter::beginning_bytes;
    static constexpr int64_t large_frame_bytes = int64_t{1} << 20;
    // Bytes are received into a buffer that all connections share. What a connection cannot cut yet
    // it carries along uncharged, so this is short.
    static constexpr size_t scratch_bytes = size_t{16} << 10;
    // While somebody waits for memory, frames are looked at so often; one that has not moved
    // between looks_max of them ends its connection.
    static constexpr std::chrono::milliseconds look_interval{150};
    static constexpr int looks_max = 3;
    // What of a range is in no memory is fetched in pieces of at most this.
    static constexpr size_t fetch_bytes_max = size_t{256} << 10;
    static constexpr size_t fetch_bytes_min = size_t{16} << 10;
    static constexpr int64_t cold_reads_bytes_max = 64 * static_cast<int64_t>(fetch_bytes_max);
    // One write to a socket.
    static constexpr size_t write_pieces_max = 64;
    static constexpr size_t write_bytes_max = size_t{1} << 20;
    // After so many requests, or bytes of answers, in a row a connection lets others go first.
    static constexpr size_t frames_in_turn_max = 64;
    static constexpr size_t sent_in_turn_max = size_t{8} << 20;

    static constexpr int64_t complaints_per_second = 10;
    // Logs have many bytes to write when these are more than this part of the budget for requests.
    static constexpr int64_t staged_share = 2;

    size_t frame_bytes_max = 0;
    size_t requests_in_flight_max = 0;
    int64_t unsent_bytes_max = 0;
    io::Duration idle_max{0};
    io::Duration slow_request{0};
    size_t connections_max = 0;
    size_t connections_per_address_max = 0;
    size_t connection_rate_max = 0;
    AddressCaps connections_by_address;

    [[nodiscard]] static TrafficLimits from(const Settings& settings);
    [[nodiscard]] static int64_t request_budget(const Settings& settings);
};

struct Traffic {
    Traffic(Services* services, log::Common* common, Journal journal);
    ~Traffic();
    Traffic(const Traffic&) = delete;
    Traffic& operator=(const Traffic&) = delete;

    Services* services;
    log::Common* common;       // the caches of the logs
    Instruments* instruments;  // those of the services
    Journal journal;
    TrafficLimits limits;

    // Frames that were not answered yet, by their size.
    static constexpr size_t lanes_count = 3;
    std::array<Budget, lanes_count> lanes;
    [[nodiscard]] static size_t lane_of(int64_t bytes) {
        if (bytes <= TrafficLimits::small_frame_bytes) return 0;
        return bytes <= TrafficLimits::large_frame_bytes ? 1 : 2;
    }
    // Whether who produces is not read for now: the logs have many bytes to write, because disks
    // take less than clients send.
    [[nodiscard]] bool disk_is_behind() const { return common->staged.many(); }
    // Notified when it no longer is. It is taken out then, or by whoever owns it.
    void wait_for_disk(io::Signal* paused) { paused_.push_back(paused); }
    void forget(io::Signal* paused) { std::erase(paused_, paused); }
    // Who is read next, when all send more than there is time for.
    Turns turns;
    // Encoded answers that were not sent yet. It may be overdrawn; then nobody who leaves answers
    // unread is read.
    Budget answers;
    Budget cold_reads;  // pieces of files on their way to sockets
    BatchWork batch_work;

    // Used within one call, never across a wait.
    [[nodiscard]] MutableBytes scratch();

    // A line to the journal, of those that anybody outside can cause: above complaints_per_second
    // they are only counted, and their number is told with the next one.
    void complain(const std::string& line);

private:
    void watch_disk();
    void go_on();

    std::deque<io::Signal*> paused_;  // who came first
    // What was posted to the loop may come after this.
    std::shared_ptr<Traffic*> self_ = std::make_shared<Traffic*>(this);
    io::Monotonic complaints_since_;
    int64_t complaints_ = 0;
    int64_t complaints_left_out_ = 0;
    Buffer scratch_;
};

}  // namespace cambium::broker
