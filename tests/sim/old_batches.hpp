// Sends what was acknowledged long ago once more, as a network that holds a request back would, and
// demands that it is known: a duplicate of one of the last five batches of a producer is answered
// with the offsets and the time that the original was given.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>

#include "bytes/buffer.hpp"
#include "io/clock.hpp"
#include "io/random.hpp"
#include "log/log.hpp"

namespace cambium::history {

class OldBatches {
public:
    struct Options {
        // Of the log: who appended nothing for so long may be forgotten.
        io::Duration expiration{};
        // Nothing that a start rebuilds the state from is ever missing.
        bool known_in_next_life = false;
    };
    explicit OldBatches(Options options) : options_(options) {}

    // The clocks of two lives have nothing to do with each other. The log counts the silence of
    // those it finds from its first look at them.
    void life_begins(io::Monotonic now) {
        if (!options_.known_in_next_life) batches_.clear();
        last_append_ = now;
    }
    // Nothing is forgotten in this life from now on.
    void life_ends(io::Monotonic now) {
        if (now - last_append_ >= options_.expiration) batches_.clear();
    }
    // The producer appended something new. What was before a long silence may be forgotten.
    void appended(io::Monotonic now) {
        if (now - last_append_ >= options_.expiration) batches_.clear();
        last_append_ = now;
    }
    // In the order of the appends; every append before it was acknowledged.
    void acknowledged(Buffer bytes, const log::Appended& where);
    // Only while everything that was appended is acknowledged. What is wrong, if something is.
    [[nodiscard]] std::optional<std::string> send_again(log::Log* log, io::Monotonic now,
                                                        io::Random* random) const;

private:
    struct Old {
        Buffer bytes;
        log::Appended where;
    };
    static constexpr size_t known = 5;

    Options options_;
    io::Monotonic last_append_{};
    std::deque<Old> batches_;
};

}  // namespace cambium::history
