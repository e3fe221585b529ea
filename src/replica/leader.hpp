// What the leader of a partition decides: the high watermark, who may append and read, and what is
// visible.
//
// A sans-IO class: calls with an input give effects, and the Partition (replica/partition.hpp)
// carries them out. The rules are numbered as in KIP-101, 207, 320 and 966; with one replica most
// of them are quiet.
//
// The high watermark is the offset below which a record will not be lost. With flush.policy=ack it
// follows the durable end, with flush.policy=os the written end, and it never goes back. Acks with
// acks=1 wait for it like those with acks=-1: one replica's log is all there is.
#pragma once

#include <cstdint>
#include <optional>

#include "base/lazy_deque.hpp"
#include "base/result.hpp"
#include "base/types.hpp"
#include "log/log.hpp"

namespace cambium::replica {

using log::FlushPolicy;

struct LeaderConfig {
    FlushPolicy flush_policy = FlushPolicy::ack;
    int32_t min_insync_replicas = 1;
    int32_t replicas = 1;
    int32_t replicas_in_sync = 1;
};

// acks as a producer asks for them.
inline constexpr int16_t acks_all = -1;
inline constexpr int16_t acks_none = 0;
inline constexpr int16_t acks_leader = 1;

struct LeaderEffects {
    // The high watermark is now here: whoever waited for it may go on.
    std::optional<Offset> high_watermark;
    // All who wait for an offset above `above` will not get it.
    struct Failed {
        Offset above;
        Errc why;
    };
    std::optional<Failed> failed;
};

// What a reader may see at the moment.
struct ReadWindow {
    Offset start;
    Offset high_watermark;
    Offset appended;
    int64_t visible_bytes = 0;
};

class LeaderCore {
public:
    // `recovered`: the ends after recovery, which are equal, but for the durable one with
    // flush.policy=os. What a restart finds in the log is the high watermark.
    LeaderCore(LeaderConfig config, LeaderEpoch epoch, const log::Ends& recovered);

    // Whether a batch may be appended now. `epoch` is that which the sender thinks is current, -1
    // when it does not say. Errors: the one given to stop(), not_enough_replicas (only acks=-1),
    // fenced_leader_epoch, unknown_leader_epoch.
    [[nodiscard]] Status may_append(int16_t acks, LeaderEpoch epoch) const;
    // A batch of `bytes` was appended up to `end`.
    void appended(Offset end, int64_t bytes);

    [[nodiscard]] LeaderEffects ends_moved(const log::Ends& ends);
    // Everything from `end` on is gone, as LogListener::taken_back says.
    [[nodiscard]] LeaderEffects taken_back(Offset end, Errc why);
    // A new epoch of leadership, or the same one with other settings.
    [[nodiscard]] LeaderEffects lead(LeaderConfig config, LeaderEpoch epoch);
    // No longer serves: every call and everybody who waits gets `why`.
    [[nodiscard]] LeaderEffects stop(Errc why);

    // Errors: as may_append, without the replicas.
    [[nodiscard]] Result<ReadWindow> may_read(LeaderEpoch epoch) const;
    // Of one record: offset_out_of_range below the start and above the appended end.
    [[nodiscard]] static Status check_offset(const ReadWindow& window, Offset from);

    [[nodiscard]] Offset high_watermark() const { return high_watermark_; }
    [[nodiscard]] LeaderEpoch epoch() const { return epoch_; }
    [[nodiscard]] const log::Ends& ends() const { return ends_; }
    // The bytes of batches that became visible (passed the high watermark) since the start: it only
    // grows, so that a difference says what a reader who was at the high watermark would get now.
    [[nodiscard]] int64_t visible_bytes() const { return visible_bytes_; }
    // none while it serves.
    [[nodiscard]] Errc stopped() const { return stopped_; }

private:
    [[nodiscard]] Status check_epoch(LeaderEpoch epoch) const;
    [[nodiscard]] std::optional<Offset> advance();

    // A batch that is not visible yet.
    struct Pending {
        Offset end;
        int64_t bytes;
    };

    LeaderConfig config_;
    LeaderEpoch epoch_;
    log::Ends ends_;
    Offset high_watermark_;
    LazyDeque<Pending> pending_;
    int64_t visible_bytes_ = 0;
    Errc stopped_ = Errc::none;
};

}  // namespace cambium::replica
