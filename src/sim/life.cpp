#include "sim/life.hpp"

#include <utility>

#include "base/check.hpp"

namespace cambium::sim {

io::Task<Errc> Life::operation(io::Duration delay, io::Callback interrupted) {
    return wait(delay, std::move(interrupted), false);
}

io::Task<Errc> Life::blocking(io::Duration delay, io::Callback interrupted) {
    return wait(delay, std::move(interrupted), true);
}

io::Task<Errc> Life::wait(io::Duration delay, io::Callback interrupted, bool blocks) {
    io::Once<Errc> done;
    const uint64_t operation = next_++;
    const Errc code = alive_ ? Errc::none : Errc::cancelled;
    const auto run = [this, operation, code] { finish(operation, code); };
    const EventId event =
        blocks ? scheduler().block(&host_, delay, run) : scheduler().after(delay, run, &host_);
    pending_.emplace(operation, Pending{&done, std::move(interrupted), event});
    const Errc result = co_await done;
    co_return result;
}

void Life::finish(uint64_t operation, Errc code) {
    const auto found = pending_.find(operation);
    check(found != pending_.end(), operation);
    io::Once<Errc>* done = found->second.done;
    pending_.erase(found);
    done->complete(code);
}

void Life::end() {
    if (!alive_) return;
    alive_ = false;
    host_.release();
    for (auto& [operation, pending] : pending_) {
        if (pending.interrupted) pending.interrupted();
        pending.interrupted = {};
        scheduler().cancel(pending.event);
        const io::Duration soon = scheduler().draw_delay(config().post_delay_max);
        pending.event = scheduler().after(
            soon, [this, id = operation] { finish(id, Errc::cancelled); }, &host_);
    }
}

}  // namespace cambium::sim
