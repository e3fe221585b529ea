#include "replica/leader.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/fault.hpp"

namespace cambium::replica {

namespace {

constexpr Offset everything{-1};

}  // namespace

LeaderCore::LeaderCore(LeaderConfig config, LeaderEpoch epoch, const log::Ends& recovered)
    : config_(config),
      epoch_(epoch),
      ends_(recovered),
      high_watermark_(config.flush_policy == FlushPolicy::os ? recovered.written
                                                             : recovered.durable) {
    check(recovered.written == recovered.appended, recovered.written, recovered.appended);
}

Status LeaderCore::check_epoch(LeaderEpoch epoch) const {
    constexpr int32_t unsaid = -1;
    if (epoch.value() == unsaid || epoch == epoch_) return {};
    return epoch < epoch_ ? Errc::fenced_leader_epoch : Errc::unknown_leader_epoch;
}

Status LeaderCore::may_append(int16_t acks, LeaderEpoch epoch) const {
    if (stopped_ != Errc::none) return stopped_;
    if (Status status = check_epoch(epoch); !status.ok()) return status;
    const int32_t needed = std::min(config_.min_insync_replicas, config_.replicas);
    if (acks == acks_all && config_.replicas_in_sync < needed) return Errc::not_enough_replicas;
    return {};
}

void LeaderCore::appended(Offset end, int64_t bytes) {
    check(end > ends_.appended, end, ends_.appended);
    ends_.appended = end;
    pending_.push_back({end, bytes});
}

LeaderEffects LeaderCore::ends_moved(const log::Ends& ends) {
    if (stopped_ != Errc::none) return {};
    ends_.start = std::max(ends_.start, ends.start);
    ends_.written = ends.written;
    ends_.durable = std::max(ends_.durable, ends.durable);
    return {.high_watermark = advance(), .failed = {}};
}

std::optional<Offset> LeaderCore::advance() {
    const bool os = config_.flush_policy == FlushPolicy::os;
    Offset candidate = os ? ends_.written : ends_.durable;
    if (mutant("replica.hw_above_durable_end")) candidate = ends_.appended;
    // Nothing above what this leader appended itself is counted: an end that was posted before a
    // take-back is older.
    candidate = std::min(candidate, ends_.appended);
    if (candidate <= high_watermark_) return {};
    high_watermark_ = candidate;
    while (!pending_.empty() && pending_.front().end <= high_watermark_) {
        visible_bytes_ += pending_.front().bytes;
        pending_.pop_front();
    }
    return high_watermark_;
}

LeaderEffects LeaderCore::taken_back(Offset end, Errc why) {
    if (stopped_ != Errc::none) return {};
    ends_.appended = std::min(ends_.appended, end);
    ends_.written = std::min(ends_.written, end);
    while (!pending_.empty() && pending_.back().end > end) pending_.pop_back();
    sometimes("replica.taken_back");
    if (why == Errc::directory_fenced) return stop(Errc::kafka_storage_error);
    if (mutant("replica.waiters_not_failed_on_take_back")) return {};
    return {.high_watermark = {}, .failed = LeaderEffects::Failed{end, Errc::kafka_storage_error}};
}

LeaderEffects LeaderCore::lead(LeaderConfig config, LeaderEpoch epoch) {
    check(epoch >= epoch_, epoch, epoch_);
    const bool anew = epoch > epoch_;
    config_ = config;
    epoch_ = epoch;
    LeaderEffects effects{.high_watermark = advance(), .failed = {}};
    // An ack is for the epoch of its append (R12).
    if (anew) effects.failed = {high_watermark_, Errc::not_leader_or_follower};
    return effects;
}

LeaderEffects LeaderCore::stop(Errc why) {
    check(why != Errc::none);
    // A deletion is the last word; a failed disk is not taken back by a second error.
    if (stopped_ == Errc::none || why == Errc::unknown_topic_or_partition) stopped_ = why;
    return {.high_watermark = {}, .failed = LeaderEffects::Failed{everything, why}};
}

Result<ReadWindow> LeaderCore::may_read(LeaderEpoch epoch) const {
    if (stopped_ != Errc::none) return stopped_;
    if (Status status = check_epoch(epoch); !status.ok()) return status.error();
    return ReadWindow{ends_.start, high_watermark_, ends_.appended, visible_bytes_};
}

Status LeaderCore::check_offset(const ReadWindow& window, Offset from) {
    if (from < window.start || from > window.appended) return Errc::offset_out_of_range;
    return {};
}

}  // namespace cambium::replica
