#include "log/producer_state.hpp"

#include <algorithm>
#include <string>

#include "base/fault.hpp"

namespace cambium::log {

namespace {

constexpr uint32_t sequence_mask = 0x7fffffff;

int32_t following(int32_t sequence) {
    if (mutant("log.sequence_wraps_to_one") && sequence == INT32_MAX) return 1;
    return static_cast<int32_t>((static_cast<uint32_t>(sequence) + 1) & sequence_mask);
}

Error refuse(Errc code, const record::HeaderView& batch, const std::string& why) {
    return {code, "producer " + std::to_string(batch.producer_id().value()) + " epoch " +
                      std::to_string(batch.producer_epoch().value()) + " sequence " +
                      std::to_string(batch.base_sequence()) + ": " + why};
}

bool idempotent(const record::HeaderView& batch) {
    return batch.has_producer_id() && batch.base_sequence() >= 0;
}

}  // namespace

int32_t ProducerBatch::first_sequence() const {
    const uint32_t first =
        static_cast<uint32_t>(last_sequence) - static_cast<uint32_t>(offset_delta);
    return static_cast<int32_t>(first & sequence_mask);
}

void Producer::add(const ProducerBatch& batch) {
    if (count == batches.size()) {
        for (size_t i = 1; i < batches.size(); ++i) batches[i - 1] = batches[i];
        --count;
    }
    batches[count++] = batch;
}

Result<std::optional<ProducerBatch>> ProducerState::judge(const record::HeaderView& batch) const {
    if (!idempotent(batch)) return std::optional<ProducerBatch>();
    const auto found = producers_.find(batch.producer_id());
    if (found == producers_.end()) {
        const auto first = first_.find(batch.producer_id());
        if (first != first_.end() && first->second.epoch == batch.producer_epoch() &&
            first->second.sequence != batch.base_sequence())
            return refuse(Errc::out_of_order_sequence_number, batch,
                          "its first batch was refused, with sequence " +
                              std::to_string(first->second.sequence));
        return std::optional<ProducerBatch>();
    }
    const Producer& known = found->second;
    if (batch.producer_epoch() == known.epoch && !mutant("log.duplicate_not_detected"))
        for (size_t i = known.count; i-- > 0;)
            if (known.batches[i].first_sequence() == batch.base_sequence() &&
                known.batches[i].last_sequence == batch.last_sequence()) {
                sometimes("log.duplicate_answered");
                if (mutant("log.duplicate_answered_elsewhere"))
                    return std::optional(*known.newest());
                return std::optional(known.batches[i]);
            }
    if (mutant("log.duplicate_not_detected")) return std::optional<ProducerBatch>();
    if (batch.producer_epoch() < known.epoch)
        return refuse(Errc::invalid_producer_epoch, batch,
                      "the epoch is " + std::to_string(known.epoch.value()));
    // A new epoch, and one that has no batch yet, begin at 0.
    const bool begins = batch.producer_epoch() > known.epoch || known.newest() == nullptr;
    const int32_t expected = begins ? 0 : following(known.newest()->last_sequence);
    if (batch.base_sequence() != expected)
        return refuse(Errc::out_of_order_sequence_number, batch,
                      "expected " + std::to_string(expected));
    return std::optional<ProducerBatch>();
}

void ProducerState::refused(const record::HeaderView& batch, io::Monotonic now) {
    if (!idempotent(batch)) return;
    if (const auto found = producers_.find(batch.producer_id()); found != producers_.end()) {
        found->second.active = {now};
        return;
    }
    const auto known = first_.find(batch.producer_id());
    if (known != first_.end() && known->second.epoch >= batch.producer_epoch()) return;
    expect_first(batch.producer_id(), {batch.producer_epoch(), batch.base_sequence()});
}

void ProducerState::expect_first(ProducerId id, First first) {
    sometimes("log.first_batch_refused");
    first_.insert_or_assign(id, first);
    if (first_.size() > refused_max) first_.erase(first_.begin());
}

void ProducerState::appended(const record::HeaderView& batch, io::Monotonic now) {
    take(batch, Live{batch.base_offset(), now});
}

void ProducerState::replayed(const record::HeaderView& batch) { take(batch, std::nullopt); }

void ProducerState::take(const record::HeaderView& batch, const std::optional<Live>& live) {
    if (!batch.has_producer_id()) return;
    const ProducerId id = batch.producer_id();
    const std::optional<Offset> undo_from = live ? std::optional(live->undo_from) : std::nullopt;
    remember(id, undo_from);
    const auto found = producers_.find(id);
    Producer now = found == producers_.end() ? Producer{} : found->second;
    if (now.epoch != batch.producer_epoch()) now.count = 0;
    now.epoch = batch.producer_epoch();
    now.last_timestamp = batch.max_timestamp();
    now.touched = batch.last_offset();
    const bool forgetful = mutant("log.expiry_forgets_active") && found != producers_.end();
    if (live && !forgetful) now.active = {live->now};
    if (batch.control()) now.transaction_start = Offset();
    else if (batch.transactional() && now.transaction_start == Offset())
        now.transaction_start = batch.base_offset();
    if (idempotent(batch)) {
        if (batch.last_sequence() < batch.base_sequence()) sometimes("log.sequence_wrapped");
        first_.erase(id);
        now.add({batch.last_sequence(), batch.last_offset(), batch.last_offset_delta(),
                 batch.max_timestamp()});
    }
    put(id, now);
    if (producers_.size() <= limit_) return;
    const ProducerId silent = by_age_.begin()->second;
    remember(silent, undo_from);
    put(silent, std::nullopt);
}

void ProducerState::remember(ProducerId id, std::optional<Offset> undo_from) {
    if (!undo_from) return;
    const auto found = producers_.find(id);
    undo_.push_back(
        {*undo_from, id, found == producers_.end() ? std::nullopt : std::optional(found->second)});
}

void ProducerState::put(ProducerId id, const std::optional<Producer>& producer) {
    const auto found = producers_.find(id);
    if (found != producers_.end()) by_age_.erase({found->second.touched, id});
    if (producer) {
        by_age_.insert({producer->touched, id});
        producers_.insert_or_assign(id, *producer);
    } else if (found != producers_.end()) {
        producers_.erase(found);
    }
}

// The order of the last offsets is that of the last appends.
void ProducerState::expire(io::Monotonic now, const Expiry& expiry, Offset durable) {
    if (!began_) began_ = now;
    if (now < next_look_) return;
    next_look_ = now + std::min(expiry.check_interval, expiry.after);
    for (auto each = by_age_.begin(); each != by_age_.end();) {
        const auto [touched, id] = *each++;
        const Producer& producer = producers_.at(id);
        if (now - std::max(producer.active.at, *began_) < expiry.after) return;
        if (touched >= durable || producer.transaction_start != Offset()) continue;
        sometimes("log.producer_expired");
        put(id, std::nullopt);
    }
}

void ProducerState::settle(Offset written) {
    while (!undo_.empty() && undo_.front().first < written) undo_.pop_front();
}

void ProducerState::take_back(Offset end) {
    while (!undo_.empty() && undo_.back().first >= end) {
        if (!mutant("log.taken_back_keeps_sequences")) undo(undo_.back());
        undo_.pop_back();
    }
}

void ProducerState::undo(const Undo& step) {
    const auto now = producers_.find(step.id);
    if (!step.before && now != producers_.end() && now->second.count > 0)
        expect_first(step.id, {now->second.epoch, now->second.batches[0].first_sequence()});
    std::optional<Producer> before = step.before;
    if (before && now != producers_.end()) before->active = now->second.active;
    put(step.id, before);
}

void ProducerState::restore(ProducerId id, const Producer& producer) {
    put(id, producer);
    if (producers_.size() > limit_) put(by_age_.begin()->second, std::nullopt);
}

void ProducerState::clear() {
    producers_.clear();
    by_age_.clear();
    undo_.clear();
    first_.clear();
}

}  // namespace cambium::log
