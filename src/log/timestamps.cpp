// Looking records up by their timestamps: the part of PartitionLog behind ListOffsets.
#include <algorithm>
#include <utility>

#include "bytes/buffer.hpp"
#include "log/files.hpp"
#include "log/partition_log.hpp"
#include "log/segment_index.hpp"
#include "log/segment_reader.hpp"
#include "log/time_index.hpp"
#include "record/batch.hpp"
#include "record/record.hpp"

namespace cambium::log {

namespace {

using Found = std::optional<TimestampOffset>;

// The records of one batch, decompressed, may take this much while they are looked at.
constexpr size_t records_bytes_max = size_t{256} << 20;

struct Wanted {
    Timestamp at_least;
    Offset from;   // the log start
    Offset up_to;  // exclusive
};

// Walks the headers of [from, to) of a segment and calls `look` with each until it says true.
template <class Look>
io::Task<Status> walk(const TailCache* tail, SegmentRef segment, Place from, Look look) {
    const Result<io::FileRef> file = co_await segment->cache.open(segment.get());
    if (!file) co_return file.error();
    HeaderWalk walk(tail, segment->file_number, *file, from.position, segment->size);
    while (walk.stop() == BatchScanner::Stop::none) {
        while (const auto batch = walk.next())
            if (look(*batch)) co_return Status();
        const Status read = co_await walk.more();
        if (!read) co_return read;
    }
    if (walk.stop() == BatchScanner::Stop::damage)
        co_return Error{Errc::corrupt_message,
                        segment->path(FileKind::log) + " at " + std::to_string(walk.position())};
    co_return Status();
}

// The first record of the batch at `position` that is wanted.
io::Task<Result<Found>> search_batch(SegmentRef segment, int64_t position, int64_t size,
                                     Wanted wanted) {
    const Result<io::FileRef> file = co_await segment->cache.open(segment.get());
    if (!file) co_return file.error();
    Buffer bytes;
    bytes.resize(static_cast<size_t>(size));
    const Status read = co_await read_exactly(*file, position, bytes.mutable_view());
    if (!read) co_return read.error();
    const Result<record::BatchView> batch = record::parse_batch(bytes.view());
    if (!batch) co_return batch.error();
    if (!batch->checksum_ok()) co_return Error{Errc::corrupt_message, segment->path(FileKind::log)};
    Buffer storage;
    const Result<ByteView> plain = record::plain_records(*batch, storage, records_bytes_max);
    if (!plain) co_return plain.error();
    record::RecordIterator records(*plain, batch->record_count());
    while (const auto found = records.next()) {
        const Offset offset = found->offset(*batch);
        const Timestamp timestamp = found->timestamp(*batch);
        if (timestamp >= wanted.at_least && offset >= wanted.from && offset < wanted.up_to)
            co_return Found(TimestampOffset{timestamp, offset, batch->leader_epoch()});
    }
    if (!records.status()) co_return records.status().error();
    co_return Found();
}

io::Task<Result<std::vector<TimeIndexEntry>>> time_entries(SegmentRef segment) {
    const Result<Buffer> bytes = co_await read_file(
        segment->cache.disk(), segment->path(FileKind::time_index), index_file_bytes_max);
    std::vector<TimeIndexEntry> entries;
    if (bytes) entries = decode_time_index(bytes->view());
    else if (bytes.code() != Errc::not_found && bytes.code() != Errc::corrupt_data)
        co_return bytes.error();
    for (const TimeIndexEntry& entry : segment->builder.pending_time())
        if (entries.empty() || entry.offset > entries.back().offset) entries.push_back(entry);
    co_return std::move(entries);
}

}  // namespace

// A place from which every record at or after `timestamp` is ahead: behind the last batch that the
// time index says has only older ones before it, if that batch is what the index says.
io::Task<Result<Place>> PartitionLog::place_before(SegmentRef segment, Timestamp timestamp) {
    const Place begin{0, segment->base};
    const Result<std::vector<TimeIndexEntry>> entries = co_await time_entries(segment);
    if (!entries) co_return entries.error();
    const auto at_least = std::lower_bound(
        entries->begin(), entries->end(), timestamp,
        [](const TimeIndexEntry& entry, Timestamp wanted) { return entry.timestamp < wanted; });
    if (at_least == entries->begin()) co_return begin;
    const TimeIndexEntry entry = *(at_least - 1);
    SegmentReader reader(&shared_.tail, segment, config_.index_interval_bytes);
    const Offset offset = segment->base + entry.offset;
    const Result<std::optional<Place>> place = co_await reader.locate(offset, std::nullopt);
    if (!place) co_return place.error();
    if (!*place) co_return begin;
    bool valid = false;
    const Status walked =
        co_await walk(&shared_.tail, segment, **place, [&](const WalkedBatch& batch) {
            valid = batch.header.last_offset() == offset &&
                    batch.header.max_timestamp() == entry.timestamp;
            return true;
        });
    if (!walked) co_return walked.error();
    co_return valid ? **place : begin;
}

// The largest timestamp of a segment that was not written by this life.
io::Task<Status> PartitionLog::know_largest(SegmentRef segment) {
    if (segment->builder.largest().offset >= 0 || segment->size == 0) co_return Status();
    const Result<Place> from = co_await place_before(segment, Timestamp(INT64_MAX));
    if (!from) co_return from.error();
    LargestTimestamp largest;
    Status walked = co_await walk(&shared_.tail, segment, *from, [&](const WalkedBatch& batch) {
        if (largest.offset >= 0 && batch.header.max_timestamp() <= largest.timestamp) return false;
        largest = {batch.header.max_timestamp(),
                   static_cast<int32_t>(batch.header.last_offset() - segment->base)};
        return false;
    });
    if (walked && segment->left) segment->builder = IndexBuilder(IndexState{.largest = largest});
    co_return walked;
}

io::Task<Result<Found>> PartitionLog::first_at_least(SegmentRef segment, Timestamp timestamp,
                                                     Offset up_to) {
    const Result<Place> from = co_await place_before(segment, timestamp);
    if (!from) co_return from.error();
    Place next = *from;
    while (next.position < segment->size) {
        std::optional<std::pair<Place, int64_t>> candidate;
        const Status walked =
            co_await walk(&shared_.tail, segment, next, [&](const WalkedBatch& batch) {
                const bool past = batch.header.base_offset() >= up_to;
                if (past || batch.header.max_timestamp() < timestamp) return past;
                candidate = {{batch.position, batch.header.base_offset()},
                             static_cast<int64_t>(batch.header.size())};
                return true;
            });
        if (!walked) co_return walked.error();
        if (!candidate) co_return Found();
        const auto [place, size] = *candidate;
        const Result<Found> found =
            co_await search_batch(segment, place.position, size, {timestamp, ends_.start, up_to});
        if (!found || *found) co_return found;
        next = {place.position + size, place.offset};
    }
    co_return Found();
}

io::Task<Result<Found>> PartitionLog::find_timestamp(Timestamp timestamp, Offset up_to) {
    if (const Status status = usable(); !status) co_return status.error();
    const io::Gate::Holder holder = gate_.hold();
    up_to = std::min(up_to, ends_.written);
    const std::vector<SegmentRef> segments = segments_;
    for (size_t i = 0; i < segments.size(); ++i) {
        const SegmentRef& segment = segments[i];
        if (segment->base >= up_to) break;
        if (i + 1 < segments.size() && segments[i + 1]->base <= ends_.start) continue;
        const Status known = co_await know_largest(segment);
        if (!known) co_return known.error();
        if (segment->left && segment->builder.largest().timestamp < timestamp) continue;
        const Result<Found> found = co_await first_at_least(segment, timestamp, up_to);
        if (!found || *found) co_return found;
    }
    co_return Found();
}

// The batch of `segment` with the largest timestamp, in its records from the log start up to
// `up_to`.
io::Task<Result<std::optional<PartitionLog::TimedBatch>>> PartitionLog::largest_in(
    SegmentRef segment, Offset up_to) {
    const Status known = co_await know_largest(segment);
    if (!known) co_return known.error();
    const LargestTimestamp largest = segment->builder.largest();
    const Offset last = segment->base + largest.offset;
    Place from{0, segment->base};
    // What is the largest of the whole segment is the largest of a part that holds it.
    const bool inside = largest.offset >= 0 && last >= ends_.start && last < up_to;
    if (inside) {
        SegmentReader reader(&shared_.tail, segment, config_.index_interval_bytes);
        const Result<std::optional<Place>> place = co_await reader.locate(last, std::nullopt);
        if (!place) co_return place.error();
        if (*place) from = **place;
    }
    std::optional<TimedBatch> best;
    const Status walked =
        co_await walk(&shared_.tail, segment, from, [&](const WalkedBatch& batch) {
            const record::HeaderView& header = batch.header;
            if (header.last_offset() >= up_to) return true;
            const Timestamp timestamp = header.max_timestamp();
            if (header.last_offset() >= ends_.start && (!best || timestamp > best->timestamp))
                best = {segment, batch.position, static_cast<int64_t>(header.size()), timestamp};
            return inside && best && best->timestamp == largest.timestamp;
        });
    if (!walked) co_return walked.error();
    co_return best;
}

io::Task<Result<Found>> PartitionLog::find_max_timestamp(Offset up_to) {
    if (const Status status = usable(); !status) co_return status.error();
    const io::Gate::Holder holder = gate_.hold();
    up_to = std::min(up_to, ends_.written);
    std::optional<TimedBatch> best;
    const std::vector<SegmentRef> segments = segments_;
    for (const SegmentRef& segment : segments) {
        if (segment->base >= up_to) break;
        const Result<std::optional<TimedBatch>> found = co_await largest_in(segment, up_to);
        if (!found) co_return found.error();
        if (*found && (!best || (*found)->timestamp > best->timestamp)) best = **found;
    }
    if (!best) co_return Found();
    const Result<Found> found = co_await search_batch(best->segment, best->position, best->size,
                                                      {best->timestamp, ends_.start, up_to});
    co_return found;
}

}  // namespace cambium::log
