// io::Work on a few threads, started one by one when there is work for them.
//
// submit() only from the loop's thread. A job is destroyed on its worker before its completion is
// posted. The destructor lets the queue run empty and joins the threads.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "io/loop.hpp"
#include "io/work.hpp"

namespace cambium::real {

class Pool : public io::Work {
public:
    Pool(io::Loop& loop, size_t threads_max) : loop_(loop), threads_max_(threads_max) {}
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool() override;

    void submit(io::Callback job, io::Callback done) override;
    [[nodiscard]] size_t threads() const { return threads_.size(); }

private:
    struct Job {
        io::Callback job;
        io::Callback done;
    };
    void start_thread();
    void work();

    io::Loop& loop_;
    size_t threads_max_;
    std::vector<std::thread> threads_;
    std::mutex mutex_;
    std::condition_variable changed_;
    // Guarded by mutex_.
    std::deque<Job> queue_;
    size_t idle_ = 0;
    bool ending_ = false;
};

}  // namespace cambium::real
