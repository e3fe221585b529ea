#include "real/loop.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <utility>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/check.hpp"

namespace cambium::real {
namespace {

constexpr size_t events_per_wait = 1024;
constexpr io::Duration stall = std::chrono::milliseconds(10);
constexpr uint64_t wake_tag = 0;  // what epoll hands back for the eventfd; a watch is never 0

thread_local std::array<epoll_event, events_per_wait> ready_events;
thread_local const RealLoop* loop_of_this_thread = nullptr;

uint64_t tag_of(uint32_t at, uint32_t generation) {
    return (static_cast<uint64_t>(generation) << 32) | at;
}

}  // namespace

class RealLoop::SignalWatcher : public Watcher {
public:
    SignalWatcher(RealLoop& loop, Descriptor descriptor, int signal, io::Callback handle)
        : loop_(loop),
          descriptor_(std::move(descriptor)),
          signal_(signal),
          handle_(std::move(handle)) {}
    SignalWatcher(const SignalWatcher&) = delete;
    SignalWatcher& operator=(const SignalWatcher&) = delete;
    ~SignalWatcher() override {
        loop_.unwatch(descriptor_.number(), watch_);
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, signal_);
        pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    }
    Status start() {
        const Result<WatchId> watch = loop_.watch(descriptor_.number(), this);
        if (!watch) return watch.error();
        watch_ = *watch;
        return {};
    }
    void ready(uint32_t) override {
        signalfd_siginfo info{};
        while (::read(descriptor_.number(), &info, sizeof info) == sizeof info) handle_();
    }

private:
    RealLoop& loop_;
    Descriptor descriptor_;
    int signal_;
    io::Callback handle_;
    WatchId watch_ = WatchId::none;
};

// Without epoll and eventfd nothing of this program can run; there is nobody yet who could take an
// error.
RealLoop::RealLoop()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    check(epoll_.valid() && wake_.valid(), errno);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.u64 = wake_tag;
    check(::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, wake_.number(), &event) == 0, errno);
}

RealLoop::~RealLoop() { signals_.clear(); }

void RealLoop::post(io::Callback message) {
    if (loop_of_this_thread == this) {
        posted_.push_back(std::move(message));
        return;
    }
    bool first = false;
    {
        const std::lock_guard held(mutex_);
        first = posted_by_others_.empty();
        posted_by_others_.push_back(std::move(message));
    }
    // One wake-up for all that arrives before the loop looks.
    if (first) (void)::eventfd_write(wake_.number(), 1);
}

void RealLoop::at_round_end(io::Callback message) { round_end_.push_back(std::move(message)); }

void RealLoop::stop() {
    stopped_ = true;
    (void)::eventfd_write(wake_.number(), 1);
}

void RealLoop::run() {
    run_until([this] { return stopped_.load(); });
}

void RealLoop::run_until(const std::function<bool()>& condition) {
    const RealLoop* outer = std::exchange(loop_of_this_thread, this);
    while (!condition()) round();
    loop_of_this_thread = outer;
}

int RealLoop::wait_for_events() {
    const io::Monotonic next = timers_.next();
    int64_t wait = INT64_MAX;
    if (has_work()) wait = 0;
    else if (next != io::Monotonic::never())
        wait = std::max<int64_t>(0, next.nanoseconds - clock_.now().nanoseconds);
    const timespec timeout{wait / 1'000'000'000, wait % 1'000'000'000};
    const int limit = static_cast<int>(events_per_wait);
    const int count = ::epoll_pwait2(epoll_.number(), ready_events.data(), limit,
                                     wait == INT64_MAX ? nullptr : &timeout, nullptr);
    if (count >= 0 || errno != ENOSYS) return count;
    // A kernel before 5.11: whole milliseconds, rounded up.
    const int64_t milliseconds = std::min<int64_t>(wait / 1'000'000 + 1, INT32_MAX);
    const int rounded = wait == INT64_MAX ? -1 : wait == 0 ? 0 : static_cast<int>(milliseconds);
    return ::epoll_wait(epoll_.number(), ready_events.data(), limit, rounded);
}

void RealLoop::round() {
    const int count = wait_for_events();
    check(count >= 0 || errno == EINTR, errno);
    const io::Monotonic start = clock_.now();
    dispatch(count);
    timers_.fire(start);
    run_posted();
    run_round_end();
    const io::Duration length = clock_.now() - start;
    ++statistics_.rounds;
    if (length > stall) ++statistics_.stalls;
    statistics_.longest_round = std::max(statistics_.longest_round, length);
}

// A watcher may remove itself or others: the generation says whether an event still has somebody to
// go to.
void RealLoop::dispatch(int count) {
    for (int i = 0; i < count; ++i) {
        const epoll_event event = ready_events[static_cast<size_t>(i)];
        if (event.data.u64 == wake_tag) {
            take_posts_of_others();
            continue;
        }
        const Watch& watch = watches_[static_cast<uint32_t>(event.data.u64)];
        if (watch.generation == static_cast<uint32_t>(event.data.u64 >> 32))
            watch.watcher->ready(event.events);
    }
}

void RealLoop::take_posts_of_others() {
    eventfd_t ignored = 0;
    (void)::eventfd_read(wake_.number(), &ignored);
    const std::lock_guard held(mutex_);
    std::ranges::move(posted_by_others_, std::back_inserter(posted_));
    posted_by_others_.clear();
}

// What is posted meanwhile runs in the next round, so that posts cannot starve sockets.
void RealLoop::run_posted() { run_all(posted_); }

void RealLoop::run_round_end() {
    while (!round_end_.empty()) run_all(round_end_);
}

// Two vectors take turns, so that a busy loop does not allocate.
void RealLoop::run_all(std::vector<io::Callback>& queue) {
    std::swap(queue, batch_);
    for (io::Callback& message : batch_) message();
    batch_.clear();
}

Result<WatchId> RealLoop::watch(int descriptor, Watcher* watcher) {
    if (free_watches_.empty()) {
        free_watches_.push_back(static_cast<uint32_t>(watches_.size()));
        watches_.emplace_back();
    }
    const uint32_t at = free_watches_.back();
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = tag_of(at, watches_[at].generation);
    if (::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, descriptor, &event) != 0)
        return system_error(errno, "epoll");
    free_watches_.pop_back();
    watches_[at].watcher = watcher;
    return WatchId{event.data.u64};
}

void RealLoop::unwatch(int descriptor, WatchId watch) {
    if (watch == WatchId::none) return;
    const uint32_t at = static_cast<uint32_t>(watch);
    ::epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, descriptor, nullptr);
    const uint32_t generation = watches_[at].generation;
    watches_[at] = Watch{nullptr, generation == UINT32_MAX ? 1 : generation + 1};
    free_watches_.push_back(at);
}

Status RealLoop::on_signal(int signal, io::Callback handle) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    if (const int error = pthread_sigmask(SIG_BLOCK, &set, nullptr); error != 0) {
        return system_error(error, "signal mask");
    }
    Descriptor descriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!descriptor.valid()) return system_error(errno, "signalfd");
    auto watcher =
        std::make_unique<SignalWatcher>(*this, std::move(descriptor), signal, std::move(handle));
    const Status started = watcher->start();
    if (started.ok()) signals_.push_back(std::move(watcher));
    return started;
}

}  // namespace cambium::real
