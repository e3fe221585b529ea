#include "log_clients.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/fault.hpp"
#include "io/gate.hpp"
#include "payload.hpp"
#include "record/builder.hpp"

namespace cambium::history {
namespace {

constexpr int64_t sequence_modulus = int64_t{1} << 31;

io::Task<void> pause(io::World world, io::Duration time) {
    io::Alarm alarm(world.timers);
    (void)co_await alarm.sleep_until(world.clock.now() + time);
}

}  // namespace

LogProducer::LogProducer(Options options, Ledger* ledger, io::Random random,
                         std::function<void(std::string)> complain)
    : options_(options),
      ledger_(ledger),
      random_(random),
      complain_(std::move(complain)),
      next_sequence_(options_.first_sequence),
      old_(options_.old) {}

void Timeline::appended(Offset first, Timestamp timestamp, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const auto [at, fresh] = times_.try_emplace(first + i, Times{timestamp, timestamp});
        at->second.oldest = std::min(at->second.oldest, timestamp);
        at->second.youngest = std::max(at->second.youngest, timestamp);
    }
}

bool Timeline::may_be_older(Offset from, Offset to, Timestamp than) const {
    for (auto at = times_.lower_bound(from); at != times_.end() && at->first < to; ++at)
        if (at->second.oldest >= than) return false;
    return true;
}

bool Timeline::surely_older(Offset from, Offset to, Timestamp than) const {
    for (auto at = times_.lower_bound(from); at != times_.end() && at->first < to; ++at)
        if (at->second.youngest >= than) return false;
    return true;
}

LogProducer::Batch LogProducer::make_batch(Timestamp now) {
    Batch batch;
    batch.timestamp = now - random_.between(0, options_.age_max_ms);
    batch.first_sequence = next_sequence_;
    record::BatchOptions header;
    header.codec = options_.codec;
    if (options_.idempotent) {
        header.producer_id = ProducerId(1000 + options_.number);
        header.producer_epoch = ProducerEpoch(0);
        header.base_sequence = static_cast<int32_t>(next_sequence_);
    }
    record::BatchBuilder builder(header);
    const int64_t count = random_.between(1, options_.records_max);
    for (int64_t i = 0; i < count; ++i) {
        const RecordName name{options_.number, next_number_++};
        const Payload payload = make_payload(name, random_, options_.value_bytes_max);
        const Status added =
            builder.append({batch.timestamp, as_bytes(payload.key), as_bytes(payload.value), {}});
        check(added.ok());
        ledger_->sent(options_.partition, name,
                      payload_hash(as_bytes(payload.key), as_bytes(payload.value)),
                      options_.idempotent);
        batch.names.push_back(name);
    }
    next_sequence_ = (next_sequence_ + count) % sequence_modulus;
    Result<Buffer> bytes = builder.finish();
    batch.bytes = std::move(bytes).value();
    return batch;
}

// In order, and none behind one that was refused: what an idempotent client does.
std::vector<LogProducer::Sent> LogProducer::append_all(log::Log* log) {
    std::vector<Sent> sent;
    for (size_t i = 0; i < pending_.size(); ++i) {
        const Result<log::Appended> where = log->append(pending_[i].bytes.view(), LeaderEpoch(0));
        if (!where.ok()) {
            const Errc code = where.code();
            if (code == Errc::out_of_order_sequence_number ||
                code == Errc::invalid_producer_epoch) {
                complain_("a batch in sequence was refused: " + where.error().text());
            }
            break;
        }
        const auto count = static_cast<int64_t>(pending_[i].names.size());
        if (!where->duplicate)
            options_.timeline->appended(where->first, pending_[i].timestamp, count);
        sent.push_back({i, *where});
    }
    return sent;
}

// How many of the batches from the front are durable; the first failure ends it.
io::Task<size_t> LogProducer::settle(log::Log* log, std::vector<Sent> sent) {
    // All wait from now on: an offset that is taken back meanwhile is given to somebody else.
    std::vector<std::optional<Status>> durable(sent.size());
    io::Gate all;
    for (size_t i = 0; i < sent.size(); ++i)
        io::spawn(all, log->until_durable(sent[i].where.last + 1), &durable[i]);
    co_await all.close();
    size_t settled = 0;
    for (const Sent& one : sent) {
        if (!durable[settled]->ok()) break;
        acknowledge(pending_[one.batch], one.where);
        pending_[one.batch].where = one.where;
        ++settled;
    }
    co_return settled;
}

void LogProducer::acknowledge(const Batch& batch, const log::Appended& where) {
    const auto count = static_cast<int64_t>(batch.names.size());
    if (where.last - where.first + 1 != count) {
        complain_("a batch of " + std::to_string(count) + " records was given other offsets");
        return;
    }
    for (int64_t i = 0; i < count; ++i) {
        ledger_->acked(options_.partition, batch.names[static_cast<size_t>(i)], where.first + i);
    }
}

// Only what all of is acknowledged has an order that is known.
void LogProducer::send_old(const LifeView& life) {
    if (!options_.idempotent || !pending_.empty() || !random_.chance(0.2)) return;
    auto wrong = old_.send_again(life.log, life.world.clock.now(), &random_);
    if (wrong) complain_(std::move(*wrong));
}

io::Task<void> LogProducer::run(LifeView life, bool finish_only) {
    old_.life_begins(life.world.clock.now());
    while (*life.running && !(finish_only && pending_.empty())) {
        const auto wanted = static_cast<size_t>(random_.between(1, options_.group_max));
        while (!finish_only && pending_.size() < wanted)
            pending_.push_back(make_batch(life.world.clock.wall()));
        std::vector<Sent> sent = append_all(life.log);
        for (const Sent& one : sent)
            if (!one.where.duplicate) old_.appended(life.world.clock.now());
        const size_t settled = co_await settle(life.log, std::move(sent));
        for (size_t i = 0; i < settled; ++i) {
            old_.acknowledged(std::move(pending_.front().bytes), pending_.front().where);
            pending_.pop_front();
        }
        if (!options_.idempotent) pending_.clear();
        if (!*life.running) break;
        send_old(life);
        co_await pause(life.world, io::Duration(random_.between(1, options_.pause_max.count())));
    }
    old_.life_ends(life.world.clock.now());
}

io::Task<Result<Buffer>> read_range(log::FileRange range) {
    Buffer bytes;
    bytes.resize(static_cast<size_t>(range.length));
    const Result<size_t> got = co_await range.file->pread(range.position, bytes.mutable_view());
    if (!got.ok()) co_return got.error();
    if (*got != bytes.size()) co_return Error{Errc::corrupt_data, "the file ends inside the range"};
    co_return std::move(bytes);
}

io::Task<Result<std::vector<SeenRecord>>> read_all(LifeView life, Offset from, Offset end,
                                                   io::Duration linger) {
    std::vector<SeenRecord> all;
    constexpr int64_t chunk = 4096;
    while (from < end) {
        if (!*life.running) co_return Errc::cancelled;
        log::ReadOptions options{from, end, chunk, true};
        Result<log::ReadResult> found = co_await life.log->read(options);
        if (!found.ok()) co_return found.error();
        if (!found->range)
            co_return Error{Errc::corrupt_data,
                            "nothing at offset " + std::to_string(from.value())};
        if (linger.count() > 0) co_await pause(life.world, linger);
        Result<Buffer> bytes = co_await read_range(*found->range);
        if (!bytes.ok()) co_return bytes.error();
        Result<std::vector<SeenRecord>> records = records_in(bytes->view());
        if (!records.ok()) co_return records.error();
        for (const SeenRecord& record : *records) {
            if (record.offset >= from && record.offset < end) all.push_back(record);
        }
        if (found->end <= from) co_return Error{Errc::corrupt_data, "a read that does not move on"};
        from = found->end;
    }
    co_return std::move(all);
}

io::Task<void> LogReader::run(LifeView life) {
    while (*life.running) {
        const log::Ends ends = life.log->ends();
        const Offset known = os_ ? ends.written : ends.durable;
        if (position_ > known) {
            complain_("the log ends at " + std::to_string(known.value()) +
                      ", before what a reader has seen, " + std::to_string(position_.value()));
            co_return;
        }
        const Offset end = std::max(position_, ends.durable);
        position_ = std::max(position_, ends.start);
        const io::Duration linger(random_.chance(0.3) ? random_.between(1, 60'000'000) : 0);
        Result<std::vector<SeenRecord>> records = co_await read_all(life, position_, end, linger);
        if (!*life.running) break;
        const bool passed =
            records.code() == Errc::offset_out_of_range && life.log->ends().start > position_;
        if (records.ok()) {
            for (const SeenRecord& record : *records) ledger_->seen(partition_, record);
            position_ = end;
        } else if (passed) {
            sometimes("log.reader_passed_by_start");
        } else if (records.code() == Errc::corrupt_data ||
                   records.code() == Errc::corrupt_message ||
                   records.code() == Errc::offset_out_of_range) {
            complain_("reading failed: " + records.error().text());
            co_return;
        }
        co_await pause(life.world, io::Duration(random_.between(1, 3'000'000)));
    }
}

io::Task<void> LogKeeper::run(LifeView life) {
    while (*life.running) {
        if (random_.chance(options_.deletes)) co_await delete_records(life);
        else co_await retain(life);
        if (!*life.running) break;
        co_await pause(life.world, io::Duration(random_.between(1, options_.pause_max.count())));
    }
}

io::Task<void> LogKeeper::delete_records(LifeView life) {
    const log::Ends ends = life.log->ends();
    const bool all = random_.chance(0.2);
    const Offset to(all ? ends.durable.value()
                        : random_.between(ends.start.value(), ends.durable.value()));
    asked_ = std::max(asked_, to);
    const Status moved = co_await life.log->advance_start(to);
    if (!*life.running) co_return;
    if (moved.ok() && life.log->ends().start < to)
        complain_("the start is not where it was moved to, " + std::to_string(to.value()));
}

// With flush.policy=os the high watermark is the written end; retention must not trust it alone.
io::Task<void> LogKeeper::retain(LifeView life) {
    const log::Ends ends = life.log->ends();
    const Offset up_to = random_.chance(0.5) ? ends.written : ends.durable;
    const Result<log::Retained> done = co_await life.log->retain(up_to, log::RetainBy::all);
    if (!*life.running || !done.ok() || done->segments == 0) co_return;
    if (options_.by_size_only && asked_ == Offset(0) &&
        life.log->size_bytes() < options_.retention_bytes)
        complain_("retention by size left " + std::to_string(life.log->size_bytes()) +
                  " bytes of " + std::to_string(options_.retention_bytes));
}

}  // namespace cambium::history
