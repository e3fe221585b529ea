// Who waits for the batches of one Produce: a batch per partition, each resolved once.
//
// Lives in the frame of the handler, which awaits `staged` (every append has run and no longer
// looks at the batches) and then `ended`. Partitions resolve tags from their strands; the rest are
// resolved by the high watermark, by a failure, or not at all when the deadline comes first.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "io/event.hpp"
#include "log/log.hpp"
#include "replica/waiting.hpp"

namespace cambium::replica {

// What became of one batch.
struct Ack {
    // request_timed_out until something else is known.
    Errc error = Errc::request_timed_out;
    Offset first;
    Timestamp append_time;
    Offset log_start;
};

class Acks final : public Waiter {
public:
    explicit Acks(size_t batches)
        : acks_(batches), resolved_(batches, false), staging_(batches), open_(batches) {}

    // Every append has run. Completes before `ended` does, unless the deadline comes between.
    io::Once<bool> staged;

    // Called once per tag, from the strand of its partition: the append has run, with an error or a
    // place. What `settled` says is final; otherwise the partition watches under the tag before it
    // calls this.
    void ran(WaitingRoom& room, size_t tag, const Ack& ack, bool settled);

    [[nodiscard]] const Ack& ack(size_t tag) const { return acks_[tag]; }

private:
    bool told(size_t tag, int64_t level, Errc outcome) override;
    void resolve(size_t tag, Errc outcome);

    std::vector<Ack> acks_;
    std::vector<bool> resolved_;
    size_t staging_;  // appends that have not run
    size_t open_;     // tags that are not resolved
};

}  // namespace cambium::replica
