// A strand: a mailbox whose messages run one after the other, in the order they were posted.
//
// A post to an idle strand runs at once, inline, inside post(); a post to a running one leaves the
// message and goes on. What a strand guards needs no lock. Messages do not wait inside (they are
// not Tasks); what has to wait starts a Task and posts its result back. The number of messages is
// bounded by the requests in flight, which have their own caps. The owner keeps the strand alive
// until its mailbox is empty: it closes intake and awaits its Gate.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>

#include "base/check.hpp"
#include "io/callback.hpp"
#include "io/gate.hpp"
#include "io/loop.hpp"

namespace cambium::io {

class Strand {
public:
    explicit Strand(Loop& loop) : loop_(loop) {}
    Strand(const Strand&) = delete;
    Strand& operator=(const Strand&) = delete;
    ~Strand() { check(mailbox_.empty(), mailbox_.size()); }

    void post(Callback message) {
        if (!running_ && mailbox_.empty() && loop_.may_run_inline()) {
            running_ = true;
            message();
            run();
            return;
        }
        mailbox_.push_back(std::move(message));
        if (running_ || scheduled_) return;
        scheduled_ = true;
        loop_.post([this, holder = gate_.hold()] { scheduled_ = false, running_ = true, run(); });
    }
    // Completes when the mailbox is empty for good; nothing may be posted after close() was called.
    Task<void> close() { return gate_.close(); }

private:
    void run() {
        while (!mailbox_.empty()) {
            Callback next = std::move(mailbox_.front());
            mailbox_.pop_front();
            next();
        }
        running_ = false;
    }

    Loop& loop_;
    std::deque<Callback> mailbox_;
    bool running_ = false;
    bool scheduled_ = false;
    Gate gate_;
};

}  // namespace cambium::io
