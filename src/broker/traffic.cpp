#include "broker/traffic.hpp"

#include <chrono>
#include <utility>

#include "base/check.hpp"

namespace cambium::broker {

int64_t TrafficLimits::request_budget(const Settings& settings) {
    const int64_t queued = settings.integer("queued.max.request.bytes");
    return queued > 0 ? queued : settings.integer("request.budget.bytes");
}

TrafficLimits TrafficLimits::from(const Settings& settings) {
    using std::chrono::milliseconds;
    const auto count = [&settings](std::string_view name) {
        return static_cast<size_t>(settings.integer(name));
    };
    TrafficLimits limits;
    limits.frame_bytes_max = count("socket.request.max.bytes");
    limits.requests_in_flight_max = count("queued.max.requests");
    limits.unsent_bytes_max = settings.integer("connection.unsent.max.bytes");
    limits.idle_max = milliseconds(settings.integer("connections.max.idle.ms"));
    limits.slow_request = milliseconds(settings.integer("slow.request.ms"));
    limits.connections_max = count("max.connections");
    limits.connections_per_address_max = count("max.connections.per.ip");
    limits.connection_rate_max = count("max.connection.creation.rate");
    // Settings hold nothing that cannot be read.
    Result<AddressCaps> caps =
        parse_address_caps(settings.text("max.connections.per.ip.overrides"));
    if (caps.ok()) limits.connections_by_address = std::move(*caps);
    return limits;
}

Traffic::Traffic(Services* the_services, log::Common* the_common, Journal the_journal)
    : services(the_services),
      common(the_common),
      instruments(the_services->instruments),
      journal(std::move(the_journal)),
      limits(TrafficLimits::from(*the_services->settings)),
      lanes{Budget("small requests", TrafficLimits::request_budget(*the_services->settings) / 4),
            Budget("requests", TrafficLimits::request_budget(*the_services->settings) / 2),
            Budget("large requests", TrafficLimits::request_budget(*the_services->settings) / 4)},
      turns(the_services->world.loop),
      answers("answers", the_services->settings->integer("answer.budget.bytes")),
      cold_reads("cold reads", TrafficLimits::cold_reads_bytes_max),
      batch_work(the_services->world.work, TrafficLimits::request_budget(*the_services->settings)) {
    watch_disk();
}

// Posted, because a log tells it in the middle of what it does.
void Traffic::watch_disk() {
    const int64_t budget = TrafficLimits::request_budget(*services->settings);
    common->staged.watch(budget / TrafficLimits::staged_share, [this] {
        services->world.loop.post([self = std::weak_ptr<Traffic*>(self_)] {
            if (const auto traffic = self.lock()) (*traffic)->go_on();
        });
    });
}

Traffic::~Traffic() {
    common->staged.watch(log::StagedBytes::many_default, {});
    check(paused_.empty(), paused_.size());
}

// Who goes on may bring so much that the rest waits again.
void Traffic::go_on() {
    while (!paused_.empty() && !disk_is_behind()) {
        io::Signal* const next = paused_.front();
        paused_.pop_front();
        next->notify();
    }
}

void Traffic::complain(const std::string& line) {
    if (!journal) return;
    const io::Monotonic now = services->world.clock.now();
    if (now - complaints_since_ >= std::chrono::seconds(1)) {
        complaints_since_ = now;
        complaints_ = 0;
    }
    if (++complaints_ > TrafficLimits::complaints_per_second) {
        ++complaints_left_out_;
        return;
    }
    const int64_t left_out = std::exchange(complaints_left_out_, 0);
    journal(left_out == 0 ? line : line + " (and " + std::to_string(left_out) + " lines before)");
}

MutableBytes Traffic::scratch() {
    scratch_.resize(TrafficLimits::scratch_bytes);
    return scratch_.mutable_view();
}

}  // namespace cambium::broker
