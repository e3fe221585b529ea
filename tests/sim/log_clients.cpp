#include "log_clients.hpp"

#include <utility>

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
    : options_(std::move(options)),
      ledger_(ledger),
      random_(random),
      complain_(std::move(complain)),
      next_sequence_(options_.first_sequence),
      old_(options_.old) {}

LogProducer::Batch LogProducer::make_batch() {
    Batch batch;
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
        const Status added = builder.append({Timestamp(1'700'000'000'000 + name.number),
                                             as_bytes(payload.key),
                                             as_bytes(payload.value),
                                             {}});
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
        sent.push_back({i, *where});
    }
    return sent;
}

// How many of the batches from the front are durable; the first failure ends it.
io::Task<size_t> LogProducer::settle(log::Log* log, std::vector<Sent> sent) {
    size_t settled = 0;
    for (const Sent& one : sent) {
        const Status durable = co_await log->until_durable(one.where.last + 1);
        if (!durable.ok()) break;
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
    old_.life_begins();
    while (*life.running && !(finish_only && pending_.empty())) {
        const auto wanted = static_cast<size_t>(random_.between(1, options_.group_max));
        while (!finish_only && pending_.size() < wanted) pending_.push_back(make_batch());
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
}

io::Task<Result<Buffer>> read_range(log::FileRange range) {
    Buffer bytes;
    bytes.resize(static_cast<size_t>(range.length));
    const Result<size_t> got = co_await range.file->pread(range.position, bytes.mutable_view());
    if (!got.ok()) co_return got.error();
    if (*got != bytes.size()) co_return Error{Errc::corrupt_data, "the file ends inside the range"};
    co_return std::move(bytes);
}

io::Task<Result<std::vector<SeenRecord>>> read_all(log::Log* log, Offset from, Offset end,
                                                   const bool* running) {
    std::vector<SeenRecord> all;
    constexpr int64_t chunk = 4096;
    while (from < end) {
        if (!*running) co_return Errc::cancelled;
        log::ReadOptions options{from, end, chunk, true};
        Result<log::ReadResult> found = co_await log->read(options);
        if (!found.ok()) co_return found.error();
        if (!found->range)
            co_return Error{Errc::corrupt_data,
                            "nothing at offset " + std::to_string(from.value())};
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
        const Offset end = life.log->ends().durable;
        if (position_ > end) {
            complain_("the log ends at " + std::to_string(end.value()) +
                      ", before what a reader has seen, " + std::to_string(position_.value()));
            co_return;
        }
        Result<std::vector<SeenRecord>> records =
            co_await read_all(life.log, position_, end, life.running);
        if (records.ok()) {
            for (const SeenRecord& record : *records) ledger_->seen(partition_, record);
            position_ = end;
        } else if (*life.running && (records.code() == Errc::corrupt_data ||
                                     records.code() == Errc::corrupt_message ||
                                     records.code() == Errc::offset_out_of_range)) {
            complain_("reading failed: " + records.error().text());
            co_return;
        }
        if (!*life.running) break;
        co_await pause(life.world, io::Duration(random_.between(1, 3'000'000)));
    }
}

}  // namespace cambium::history
