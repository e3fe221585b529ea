#include "coord/log_reader.hpp"

#include <iterator>

#include "base/fault.hpp"
#include "io/turn.hpp"
#include "record/control.hpp"
#include "record/record.hpp"

namespace cambium::coord {

namespace {

constexpr int64_t step_bytes = 1 << 20;
constexpr size_t decompressed_max = size_t{256} << 20;

io::Task<Status> fill(const log::FileRange* range, Buffer* into) {
    into->resize(static_cast<size_t>(range->length));
    const Result<size_t> count = co_await range->file->pread(range->position, into->mutable_view());
    if (!count.ok()) co_return count.error();
    if (*count < into->size()) co_return Error{Errc::corrupt_data, "a segment ends too early"};
    co_return Status();
}

// Offsets have two types of keys, an old one and a newer one, which name the same.
std::string key_of(ByteView key) {
    std::string out(as_text(key));
    const bool old_offset =
        out.size() >= 2 && out[0] == 0 && out[1] == OffsetCommitKey::legacy_type;
    if (old_offset) out[1] = OffsetCommitKey::type;
    return out;
}

}  // namespace

io::Task<Status> LogReader::read(replica::Partition* partition, Offset up_to) {
    const io::Gate::Holder inside = partition->stay();
    if (!started_) next_ = *(started_ = partition->window().start);
    while (next_ < up_to) {
        const replica::PartitionRead wanted{.from = next_,
                                            .epoch = {},
                                            .last_fetched_epoch = {},
                                            .bytes_max = step_bytes,
                                            .at_least_one = true};
        const Result<replica::PartitionData> data = co_await partition->read(wanted);
        if (!data.ok()) co_return data.error();
        if (!data->range) co_return Status();
        if (next_ > *started_ && mutant("coord.last_range_not_loaded")) co_return Status();
        const Status filled = co_await fill(&*data->range, &bytes_);
        if (!filled.ok()) co_return filled;
        const Offset before = next_;
        const Status taken = take(bytes_.view());
        if (!taken.ok()) co_return taken;
        if (next_ <= before) co_return Error{Errc::corrupt_data, "a range without a batch"};
        co_await io::next_turn(loop_);
    }
    co_return Status();
}

Status LogReader::take(ByteView batches) {
    record::BatchIterator each(batches);
    while (const auto batch = each.next()) {
        if (batch->next_offset() <= next_) continue;
        next_ = batch->next_offset();
        bytes_read_ += static_cast<int64_t>(batch->size());
        const Status taken = batch->control() ? end_transaction(*batch) : take(*batch);
        if (!taken.ok())
            return Error{taken.code(), taken.error().context + " at offset " +
                                           std::to_string(batch->base_offset().value())};
    }
    return {};
}

Status LogReader::take(const record::BatchView& batch) {
    Buffer storage;
    const Result<ByteView> plain = record::plain_records(batch, storage, decompressed_max);
    if (!plain.ok()) return Error{Errc::corrupt_data, plain.error().context};
    transactional_ = transactional_ || batch.transactional();
    record::RecordIterator each(*plain, batch.record_count());
    // What is written together mostly lies together: no search.
    auto hint = newest_.end();
    while (const auto one = each.next()) {
        if (!one->key) return Error{Errc::corrupt_data, "a record without a key"};
        ++records_;
        std::optional<std::string> value;
        if (one->value) value = as_text(*one->value);
        if (batch.transactional())
            open_[batch.producer_id()].emplace_back(key_of(*one->key), std::move(value));
        else hint = std::next(newest_.insert_or_assign(hint, key_of(*one->key), std::move(value)));
    }
    return each.status();
}

Status LogReader::end_transaction(const record::BatchView& batch) {
    transactional_ = true;
    record::RecordIterator each(batch);
    const auto one = each.next();
    if (!one) return each.status();
    const auto marker = record::parse_end_txn_marker(*one);
    if (!marker.ok()) return Error{Errc::corrupt_data, marker.error().context};
    const auto open = open_.find(batch.producer_id());
    if (open == open_.end()) return {};
    std::vector<Pair> records = std::move(open->second);
    open_.erase(open);
    if (marker->type == record::ControlType::commit)
        for (Pair& pair : records)
            newest_.insert_or_assign(std::move(pair.first), std::move(pair.second));
    return {};
}

int64_t LogReader::live_bytes() const {
    size_t bytes = 0;
    for (const auto& [key, value] : newest_)
        if (value) bytes += key.size() + value->size();
    return static_cast<int64_t>(bytes);
}

Status LogReader::deliver(const Sink& sink) const {
    for (const auto& [key, value] : newest_) {
        if (!value) continue;
        const Result<Record> read = decode_record(as_bytes(key), as_bytes(*value));
        if (!read.ok()) {
            const bool newer = read.code() == Errc::unsupported_format;
            return Error{newer ? Errc::unsupported_format : Errc::corrupt_data,
                         read.error().context};
        }
        sink(*read);
    }
    return {};
}

}  // namespace cambium::coord
