#include "replica/partition.hpp"

#include <utility>

#include "base/fault.hpp"
#include "io/event.hpp"

namespace cambium::replica {

namespace {

log::Ends ends_of(const log::Log* log) { return log == nullptr ? log::Ends{} : log->ends(); }

// An offset without a record: nothing was found, or there is no tiered storage (-5, -6).
constexpr log::TimestampOffset nothing{};

}  // namespace

Partition::Partition(Identity identity, LeaderConfig config, LeaderEpoch epoch, log::Log* log,
                     Surroundings surroundings)
    : identity_(std::move(identity)),
      log_(log),
      trace_(surroundings.trace),
      room_(surroundings.room),
      rolled_(surroundings.rolled),
      core_(config, epoch, ends_of(log)),
      strand_(surroundings.loop) {
    if (log_ == nullptr) carry_out(core_.stop(Errc::kafka_storage_error));
    else log_->set_listener(this);
}

Partition::~Partition() { check(gate_.closed()); }

void Partition::append(ByteView batch, AppendOptions options, Acks& acks, size_t tag) {
    strand_.post([this, batch, options, &acks, tag] { append_here(batch, options, acks, tag); });
}

void Partition::append_here(ByteView batch, AppendOptions options, Acks& acks, size_t tag) {
    Ack ack{.error = Errc::none, .first = {}, .append_time = {}, .log_start = core_.ends().start};
    const Result<log::Appended> appended = append_to_log(batch, options);
    if (!appended.ok()) {
        ack.error = appended.code();
        return acks.ran(room_, tag, ack, true);
    }
    ack.first = appended->first;
    ack.append_time = appended->append_time;
    const Offset end = appended->last + 1;
    if (appended->duplicate) sometimes("replica.duplicate_answered");
    else core_.appended(end, static_cast<int64_t>(batch.size()));
    const bool settled = options.acks == acks_none || end <= core_.high_watermark() ||
                         mutant("broker.ack_before_high_watermark") ||
                         (appended->duplicate && mutant("broker.duplicate_acked_early"));
    // Who is no longer inside has timed out while this was in the mailbox: nobody waits.
    if (!settled && acks.inside()) {
        const Status watching =
            room_.watch(acks, series(WaitFor::high_watermark), end.value(), tag);
        if (!watching.ok()) {
            ack.error = watching.code();
            return acks.ran(room_, tag, ack, true);
        }
    }
    acks.ran(room_, tag, ack, settled);
}

Result<log::Appended> Partition::append_to_log(ByteView batch, AppendOptions options) {
    Status status = core_.may_append(options.acks, options.epoch);
    if (status.ok() && take_backs_under_way_ > 0) status = Errc::kafka_storage_error;
    if (status.ok() && fault_point("replica.append_refused")) status = Errc::kafka_storage_error;
    if (status.ok()) return log_->append(batch, core_.epoch());
    if (log_ != nullptr) log_->refused(batch);
    return status.error();
}

io::Task<Result<PartitionData>> Partition::read(PartitionRead request) {
    const io::Gate::Holder inside = gate_.hold();
    io::Once<Result<ReadWindow>> asked;
    strand_.post([this, &asked, &request] { asked.complete(core_.may_read(request.epoch)); });
    const Result<ReadWindow> window = co_await asked;
    if (!window.ok()) co_return window.error();
    PartitionData data{
        .window = *window, .series = series(WaitFor::visible_bytes), .range = {}, .diverging = {}};
    if (request.last_fetched_epoch.value() >= 0) {
        const auto end = log_->end_of_epoch(request.last_fetched_epoch);
        if (!end) co_return Errc::offset_out_of_range;
        if (end->epoch < request.last_fetched_epoch || end->end < request.from) {
            data.diverging = end;
            co_return data;
        }
    }
    if (Status status = LeaderCore::check_offset(data.window, request.from); !status.ok())
        co_return status.error();
    Offset up_to = data.window.high_watermark;
    if (mutant("broker.fetch_above_high_watermark")) up_to = log_->ends().written;
    if (request.from >= up_to) co_return data;
    const log::ReadOptions options{.from = request.from,
                                   .up_to = up_to,
                                   .max_bytes = request.bytes_max,
                                   .at_least_one = request.at_least_one};
    Result<log::ReadResult> read = co_await log_->read(options);
    if (!read.ok()) co_return read.error();
    data.range = std::move(read->range);
    co_return data;
}

ReadWindow Partition::window() const {
    const Result<ReadWindow> window = core_.may_read(LeaderEpoch{});
    return window.ok() ? *window : ReadWindow{};
}

io::Task<Result<log::TimestampOffset>> Partition::find_offset(int64_t timestamp,
                                                              LeaderEpoch epoch) {
    const io::Gate::Holder inside = gate_.hold();
    io::Once<Result<ReadWindow>> asked;
    strand_.post([this, &asked, epoch] { asked.complete(core_.may_read(epoch)); });
    const Result<ReadWindow> window = co_await asked;
    if (!window.ok()) co_return window.error();
    switch (timestamp) {
        case latest_offset:
            co_return log::TimestampOffset{Timestamp{}, window->high_watermark, core_.epoch()};
        case earliest_offset:
        case earliest_local_offset: {
            // The log knows epochs by their records, and may have none yet.
            const LeaderEpoch of_start = log_->epoch_at(window->start);
            co_return log::TimestampOffset{Timestamp{}, window->start,
                                           of_start == LeaderEpoch{} ? core_.epoch() : of_start};
        }
        case latest_tiered_offset:
        case earliest_pending_upload_offset: co_return nothing;
        default: break;
    }
    using Found = Result<std::optional<log::TimestampOffset>>;
    const Offset up_to = window->high_watermark;
    if (timestamp == max_timestamp_offset) {
        Found found = co_await log_->find_max_timestamp(up_to);
        if (!found.ok()) co_return found.error();
        co_return found->value_or(nothing);
    }
    Found found = co_await log_->find_timestamp(Timestamp{timestamp}, up_to);
    if (!found.ok()) co_return found.error();
    co_return found->value_or(nothing);
}

io::Task<Result<ReadWindow>> Partition::ask_window() {
    io::Once<Result<ReadWindow>> asked;
    strand_.post([this, &asked] { asked.complete(core_.may_read(LeaderEpoch{})); });
    co_return co_await asked;
}

io::Task<Result<Offset>> Partition::appended_end() {
    const io::Gate::Holder inside = gate_.hold();
    const Result<ReadWindow> window = co_await ask_window();
    if (!window.ok()) co_return window.error();
    co_return window->appended;
}

io::Task<Result<Offset>> Partition::delete_records(int64_t offset) {
    const io::Gate::Holder inside = gate_.hold();
    const Result<ReadWindow> window = co_await ask_window();
    if (!window.ok()) co_return window.error();
    const Offset to = offset == delete_to_high_watermark ? window->high_watermark : Offset(offset);
    if (to.value() < 0 || to > window->high_watermark) co_return Errc::offset_out_of_range;
    const Status moved = co_await log_->advance_start(to);
    // A disk that is full passes, and clients know one name for that.
    if (moved.code() == Errc::no_space)
        co_return Error{Errc::kafka_storage_error, moved.error().text()};
    if (!moved.ok()) co_return moved.error();
    // Who asks for the start after this answer hears the new one.
    io::Once<Offset> told;
    strand_.post([this, &told] {
        carry_out(core_.ends_moved(log_->ends()));
        // Who waits for more bytes from below the start waits for nothing.
        room_.failed(series(WaitFor::visible_bytes), core_.visible_bytes(),
                     Errc::offset_out_of_range);
        told.complete(core_.ends().start);
    });
    co_return co_await told;
}

io::Task<Result<log::Retained>> Partition::retain(log::RetainBy by) {
    const io::Gate::Holder inside = gate_.hold();
    const Result<ReadWindow> window = co_await ask_window();
    if (!window.ok()) co_return window.error();
    co_return co_await log_->retain(window->high_watermark, by);
}

io::Task<Result<log::Log::EpochEnd>> Partition::end_of_epoch(LeaderEpoch epoch,
                                                             LeaderEpoch current) {
    const io::Gate::Holder inside = gate_.hold();
    io::Once<Result<ReadWindow>> asked;
    strand_.post([this, &asked, current] { asked.complete(core_.may_read(current)); });
    const Result<ReadWindow> window = co_await asked;
    if (!window.ok()) co_return window.error();
    // The log knows epochs by their records, and this one may have none yet.
    if (epoch == core_.epoch()) co_return log::Log::EpochEnd{epoch, window->appended};
    // An epoch before all others ended where the log begins, even one that cannot be (as in Kafka).
    if (epoch < LeaderEpoch{}) co_return log::Log::EpochEnd{epoch, window->start};
    co_return log_->end_of_epoch(epoch).value_or(log::Log::EpochEnd{LeaderEpoch{}, Offset{}});
}

void Partition::lead(LeaderConfig config, LeaderEpoch epoch) {
    strand_.post([this, config, epoch] { carry_out(core_.lead(config, epoch)); });
}

void Partition::set_log_config(const log::LogConfig& config) {
    if (log_ != nullptr) log_->set_config(config);
}

io::Task<void> Partition::close(Errc why) {
    io::Once<bool> stopped;
    strand_.post([this, why, &stopped] {
        if (log_ != nullptr) log_->set_listener(nullptr);
        carry_out(core_.stop(why));
        stopped.complete(true);
    });
    (void)co_await stopped;
    co_await gate_.close();
    co_await strand_.close();
}

void Partition::ends_moved() {
    strand_.post([this, ends = log_->ends()] { carry_out(core_.ends_moved(ends)); });
}

void Partition::taken_back(Offset appended_end, Errc why) {
    ++take_backs_under_way_;
    strand_.post([this, appended_end, why] {
        --take_backs_under_way_;
        carry_out(core_.taken_back(appended_end, why));
    });
}

void Partition::rolled() {
    if (rolled_) rolled_(identity_.topic, identity_.name.partition);
}

// Waking runs what waited: handlers encode their answers and may come back to this strand, whose
// mailbox then takes it.
void Partition::carry_out(const LeaderEffects& effects) {
    if (effects.high_watermark) {
        trace_.event("replica.high_watermark", identity_.name.partition.value(),
                     effects.high_watermark->value());
        room_.reached(series(WaitFor::high_watermark), effects.high_watermark->value());
        room_.reached(series(WaitFor::visible_bytes), core_.visible_bytes());
    }
    if (effects.failed) {
        room_.failed(series(WaitFor::high_watermark), effects.failed->above.value(),
                     effects.failed->why);
        // A reader has nothing to wait for only when the partition itself ends.
        if (core_.stopped() != Errc::none)
            room_.failed(series(WaitFor::visible_bytes), core_.visible_bytes(),
                         effects.failed->why);
    }
}

WaitSeries Partition::series(WaitFor what) const {
    return {what, identity_.topic, identity_.name.partition};
}

}  // namespace cambium::replica
