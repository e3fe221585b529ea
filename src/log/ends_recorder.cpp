#include "log/ends_recorder.hpp"

#include <utility>

namespace cambium::log {

namespace {

// It only makes the record late.
bool passes(Errc code) { return code == Errc::no_space || code == Errc::too_many_files; }

}  // namespace

void EndsRecorder::moved() {
    if (timer_ == io::TimerId::none && !due_ && !gate_.closed()) arm(delay);
}

void EndsRecorder::arm(io::Duration after) {
    timer_ = world_.timers.set(world_.clock.now() + after, [this] {
        timer_ = io::TimerId::none;
        due_ = true;
        start();
    });
}

io::Task<Status> EndsRecorder::record() {
    if (gate_.closed()) co_return Errc::cancelled;
    io::Once<Status> done;
    waiting_.push_back(&done);
    start();
    co_return co_await done;
}

void EndsRecorder::start() {
    if (running_) return;
    running_ = true;
    io::spawn(gate_, run());
}

io::Task<void> EndsRecorder::run() {
    while (due_ || !waiting_.empty()) {
        due_ = false;
        std::list<io::Once<Status>*> served = std::exchange(waiting_, {});
        Status written = failed_ ? Status(*failed_) : Status();
        if (!failed_) {
            written = co_await file_->write(&hooks_.collect());
            if (written) hooks_.recorded();
        }
        if (!written && !passes(written.code()) && !failed_) {
            failed_ = written.error();
            hooks_.failed(written.error());
        }
        if (passes(written.code()) && timer_ == io::TimerId::none && !gate_.closed())
            arm(retry_delay);
        while (!served.empty()) {
            io::Once<Status>* done = served.front();
            served.pop_front();
            done->complete(written);
        }
    }
    running_ = false;
}

io::Task<void> EndsRecorder::close() {
    co_await gate_.close();
    world_.timers.cancel(timer_);
    timer_ = io::TimerId::none;
}

}  // namespace cambium::log
