#include "real/pool.hpp"

#include <csignal>
#include <utility>

#include <pthread.h>

namespace cambium::real {
Pool::~Pool() {
    {
        const std::lock_guard held(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void Pool::submit(io::Callback job, io::Callback done) {
    bool all_busy = false;
    {
        const std::lock_guard held(mutex_);
        queue_.push_back({std::move(job), std::move(done)});
        all_busy = idle_ < queue_.size();
    }
    if (all_busy && threads_.size() < threads_max_) {
        start_thread();
    } else {
        changed_.notify_one();
    }
}

// Signals belong to the loop: a thread starts with the mask of its maker.
void Pool::start_thread() {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    threads_.emplace_back([this] { work(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Pool::work() {
    std::unique_lock held(mutex_);
    while (true) {
        while (queue_.empty() && !ending_) {
            ++idle_;
            changed_.wait(held);
            --idle_;
        }
        if (queue_.empty()) return;
        Job next = std::move(queue_.front());
        queue_.pop_front();
        held.unlock();
        next.job();
        next.job = {};
        loop_.post(std::move(next.done));
        held.lock();
    }
}

}  // namespace cambium::real
