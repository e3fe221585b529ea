#include "client/produce_queue.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/fault.hpp"
#include "bytes/crc32c.hpp"
#include "bytes/endian.hpp"
#include "client/client.hpp"
#include "record/batch.hpp"
#include "record/record.hpp"

namespace cambium::client {
namespace {

// Sequences wrap from 2^31-1 to 0.
int32_t sequence_after(int32_t sequence, int32_t count) {
    return static_cast<int32_t>((static_cast<uint32_t>(sequence) + static_cast<uint32_t>(count)) &
                                0x7fffffffU);
}

// The server does not know the sequence before this one, so this one is not in its log either.
bool sequence_is_lost(Errc code) {
    return code == Errc::out_of_order_sequence_number || code == Errc::unknown_producer_id ||
           code == Errc::invalid_producer_epoch || code == Errc::producer_fenced;
}

// The records `from` up to `to` of a batch as one of their own, which is otherwise as the whole is.
std::unique_ptr<ProduceQueue::Batch> part_of(const ProduceQueue::Batch& whole, ByteView records,
                                             size_t from, size_t to) {
    const record::BatchView view(whole.bytes.view());
    record::BatchOptions options{.codec = *view.codec()};
    if (whole.sequence >= 0) {
        options.producer_id = whole.identity.id;
        options.producer_epoch = whole.identity.epoch;
        options.base_sequence = sequence_after(whole.sequence, static_cast<int32_t>(from));
    }
    auto part = std::make_unique<ProduceQueue::Batch>(options);
    record::RecordIterator iterator(records, view.record_count());
    std::vector<record::HeaderEntry> headers;
    for (size_t i = 0; i < to; ++i) {
        const std::optional<record::RecordView> record = iterator.next();
        check(record.has_value(), i);
        if (i < from) continue;
        headers.clear();
        record::HeaderIterator each(*record);
        while (const auto header = each.next()) headers.push_back(*header);
        check(part->builder.append({record->timestamp(view), record->key, record->value, headers})
                  .ok());
        part->receipts.push_back(whole.receipts[i]);
    }
    part->opened = whole.opened;
    part->identity = whole.identity;
    part->sequence = options.base_sequence;
    part->full = true;
    part->last_error = Errc::message_too_large;
    return part;
}

// Answers after which the batch may or may not be in the log.
bool outcome_is_unknown(Errc code) {
    switch (code) {
        case Errc::request_timed_out:
        case Errc::network_exception:
        case Errc::not_enough_replicas_after_append:
        case Errc::kafka_storage_error:
        case Errc::end_of_stream:
        case Errc::connection_reset:
        case Errc::cancelled:
        case Errc::malformed: return true;
        default: return false;
    }
}

}  // namespace

Result<ProduceQueue::Added> ProduceQueue::add(const record::NewRecord& record, size_t size,
                                              Receipt receipt, io::Monotonic now) {
    Added added;
    Batch* open = batches_.empty() ? nullptr : batches_.back().get();
    if (open != nullptr && (open->full || !open->bytes.empty())) open = nullptr;
    if (open != nullptr && open->charged + size > options_.batch_bytes) {
        open->full = true;
        open = nullptr;
        added.closed = true;
    }
    if (open == nullptr) {
        batches_.push_back(std::make_unique<Batch>(record::BatchOptions{.codec = options_.codec}));
        open = batches_.back().get();
        open->opened = now;
        added.opened = true;
    }
    const Status appended = open->builder.append(record);
    if (!appended.ok()) {
        if (open->receipts.empty()) batches_.pop_back();
        return appended.error();
    }
    open->receipts.push_back(receipt);
    open->charged += size;
    if (open->charged >= options_.batch_bytes) open->full = added.closed = true;
    return added;
}

const ProduceQueue::Batch* ProduceQueue::first_waiting() const {
    const auto found = std::ranges::find_if(batches_, [](const auto& b) { return !b->in_flight; });
    return found == batches_.end() ? nullptr : found->get();
}

io::Monotonic ProduceQueue::ready_at(bool flush) const {
    const Batch* const batch = first_waiting();
    if (batch == nullptr || resequencing_) return io::Monotonic::never();
    if (batch->sequence >= 0 || batch->last_error != Errc::none) {
        // A retry goes alone.
        return in_flight_ == 0 ? batch->not_before : io::Monotonic::never();
    }
    const bool alone = options_.idempotent && !known_;
    if (in_flight_ >= (alone ? 1 : options_.in_flight_max)) return io::Monotonic::never();
    // While something was retried and is on its way, nothing follows it.
    const bool retrying = std::ranges::any_of(
        batches_, [](const auto& b) { return b->in_flight && b->last_error != Errc::none; });
    if (retrying) return io::Monotonic::never();
    const bool waits_for_more = !flush && !batch->full && batch->bytes.empty();
    return waits_for_more ? batch->opened + options_.linger : batch->opened;
}

ProduceQueue::Batch* ProduceQueue::take(io::Monotonic now, bool flush,
                                        const ProducerIdentity& identity,
                                        std::vector<Ended>& ended) {
    while (ready_at(flush) <= now) {
        const auto found =
            std::ranges::find_if(batches_, [](const auto& b) { return !b->in_flight; });
        Batch* const batch = found->get();
        if (const Status closed = close(*batch); !closed.ok()) {
            end(batch, closed.error(), ended);
            continue;
        }
        if (options_.idempotent && batch->sequence < 0) stamp(*batch, identity);
        batch->in_flight = true;
        ++in_flight_;
        return batch;
    }
    return nullptr;
}

Status ProduceQueue::close(Batch& batch) {
    if (!batch.bytes.empty()) return {};
    Result<Buffer> bytes = batch.builder.finish();
    if (!bytes.ok()) return bytes.error();
    batch.bytes = std::move(bytes.value());
    return {};
}

void ProduceQueue::stamp(Batch& batch, const ProducerIdentity& identity) {
    if (identity_.id.value() < 0) identity_ = identity;
    batch.identity = identity_;
    batch.sequence = next_sequence_;
    next_sequence_ = sequence_after(next_sequence_, static_cast<int32_t>(batch.receipts.size()));
    uint8_t* const header = batch.bytes.data();
    store_big(header + record::at::producer_id, identity_.id.value());
    store_big(header + record::at::producer_epoch, identity_.epoch.value());
    store_big(header + record::at::base_sequence, batch.sequence);
    store_big(header + record::at::crc, crc32c(batch.bytes.view().subspan(record::at::attributes)));
}

void ProduceQueue::done(Batch* batch, Result<Offset> answer, io::Monotonic now,
                        std::vector<Ended>& ended) {
    check(batch->in_flight);
    batch->in_flight = false;
    --in_flight_;
    const Errc code = answer.code();
    // Sent before, and so long ago that the server no longer knows where it put it.
    if (code == Errc::duplicate_sequence_number) return end(batch, Offset(), ended);
    if (answer.ok()) {
        known_ = true;
        return end(batch, std::move(answer), ended);
    }
    if (outcome_is_unknown(code)) batch->may_be_in_log = true;
    if (code == Errc::message_too_large && !batch->may_be_in_log && halve(batch, now)) return;
    const bool oldest = batch == batches_.front().get();
    const bool lost = options_.idempotent && sequence_is_lost(code);
    const bool again = lost || worth_retrying(code) || outcome_is_unknown(code);
    if (again && now - batch->opened < options_.delivery_timeout) {
        // For a younger batch it only means that an older one has not come through yet.
        if (lost && oldest) resequencing_ = true;
        return retry(*batch, code, now);
    }
    // The newest one leaves no gap when it certainly is not in the log.
    const bool newest =
        sequence_after(batch->sequence, static_cast<int32_t>(batch->receipts.size())) ==
        next_sequence_;
    if (batch->sequence >= 0 && newest && !batch->may_be_in_log) next_sequence_ = batch->sequence;
    end(batch, std::move(answer), ended);
}

bool ProduceQueue::halve(Batch* batch, io::Monotonic now) {
    const size_t count = batch->receipts.size();
    if (count < 2) return false;
    const record::BatchView view(batch->bytes.view());
    Buffer storage;
    const Result<ByteView> records = record::plain_records(view, storage, record::max_batch_bytes);
    check(records.ok());  // they are our own
    auto first = part_of(*batch, *records, 0, count / 2);
    auto second = part_of(*batch, *records, count / 2, count);
    first->charged = batch->charged / 2;
    second->charged = batch->charged - first->charged;
    first->not_before = second->not_before = now;
    for (Batch* half : {first.get(), second.get()}) check(close(*half).ok());
    const auto found =
        std::ranges::find_if(batches_, [&](const auto& each) { return each.get() == batch; });
    check(found != batches_.end());
    *found = std::move(second);
    batches_.insert(found, std::move(first));
    sometimes("client.batch_halved");
    return true;
}

void ProduceQueue::retry(Batch& batch, Errc why, io::Monotonic now) {
    batch.last_error = why;
    const bool at_once = options_.idempotent && sequence_is_lost(why);
    batch.not_before = at_once ? now : now + options_.retry_backoff;
}

void ProduceQueue::renew(const ProducerIdentity& identity) {
    check(in_flight_ == 0, in_flight_);
    identity_ = identity;
    next_sequence_ = 0;
    resequencing_ = known_ = false;
    for (const auto& batch : batches_) {
        if (batch->sequence < 0) continue;
        batch->sequence = -1;
        batch->may_be_in_log = false;
        batch->last_error = Errc::none;
    }
}

void ProduceQueue::end(Batch* batch, Result<Offset> result, std::vector<Ended>& ended) {
    const auto found =
        std::ranges::find_if(batches_, [&](const auto& each) { return each.get() == batch; });
    check(found != batches_.end());
    ended.push_back({std::move(*found), std::move(result)});
    batches_.erase(found);
}

void ProduceQueue::expire(io::Monotonic now, std::vector<Ended>& ended) {
    for (size_t i = 0; i < batches_.size();) {
        Batch* const batch = batches_[i].get();
        if (batch->in_flight || now - batch->opened < options_.delivery_timeout) {
            ++i;
            continue;
        }
        const Errc why =
            batch->last_error == Errc::none ? Errc::request_timed_out : batch->last_error;
        end(batch, Error{why, "not delivered in time"}, ended);
    }
}

io::Monotonic ProduceQueue::next_deadline() const {
    const Batch* const batch = first_waiting();
    return batch == nullptr ? io::Monotonic::never() : batch->opened + options_.delivery_timeout;
}

void ProduceQueue::fail_all(const Error& error, std::vector<Ended>& ended) {
    for (size_t i = 0; i < batches_.size();) {
        if (batches_[i]->in_flight) ++i;
        else end(batches_[i].get(), error, ended);
    }
}

}  // namespace cambium::client
