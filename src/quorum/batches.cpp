#include "quorum/batches.hpp"

#include <string>
#include <utility>

#include "base/check.hpp"
#include "record/batch.hpp"
#include "record/builder.hpp"
#include "record/record.hpp"

namespace cambium::quorum {

namespace {

// Lengths, deltas and the count of headers around one value, at most.
constexpr size_t record_overhead = 32;

Status take_batch(ByteView bytes, RecordSink* sink) {
    const record::BatchView batch(bytes);
    if (batch.codec() != Codec::none || batch.control()) {
        return Error{Errc::corrupt_data, "a batch that no metadata log writes"};
    }
    record::RecordIterator records(batch);
    while (const std::optional<record::RecordView> next = records.next()) {
        if (!next->value) return Error{Errc::corrupt_data, "a metadata record without a value"};
        Result<meta::Record> fact = meta::decode(*next->value);
        if (!fact.ok()) return fact.error();
        if (Status taken = sink->take(std::move(*fact), next->offset(batch)); !taken.ok()) {
            return taken;
        }
    }
    if (records.status().ok()) return {};
    return Error{Errc::corrupt_data, "a metadata batch with broken records"};
}

}  // namespace

std::optional<Buffer> Batches::next() {
    record::BatchOptions options;
    options.leader_epoch = options_.epoch;
    options.base_offset = Offset(static_cast<int64_t>(at_));
    record::BatchBuilder builder(options);
    for (; at_ < records_->size(); ++at_) {
        value_.clear();
        meta::encode((*records_)[at_], value_);
        const size_t size = builder.size() + value_.size() + record_overhead;
        if (!builder.empty() && size > options_.max_bytes) break;
        const Status added = builder.append({options_.timestamp, std::nullopt, value_.view(), {}});
        check(added.ok());
    }
    if (builder.empty()) return std::nullopt;
    Result<Buffer> batch = builder.finish();
    check(batch.ok());  // without compression nothing can fail
    return std::move(*batch);
}

io::Task<Status> read_batches(io::FileRef file, ByteRange range, RecordSink* sink) {
    log::BatchScanner::Options options;
    options.position = range.position;
    options.end = range.end;
    log::BatchScanner scanner(std::move(file), options);
    while (scanner.stop() == log::BatchScanner::Stop::none) {
        while (const auto found = scanner.next()) {
            if (found->bytes.empty()) {
                co_return Error{Errc::corrupt_data, "a metadata batch of impossible size"};
            }
            const Status taken = take_batch(found->bytes, sink);
            if (!taken.ok()) co_return taken;
        }
        const Status read = co_await scanner.more();
        if (!read.ok()) co_return read;
    }
    if (scanner.stop() == log::BatchScanner::Stop::end) co_return Status{};
    co_return Error{Errc::corrupt_data,
                    scanner.why() + ", at byte " + std::to_string(scanner.position())};
}

}  // namespace cambium::quorum
