#include "log/epoch_check.hpp"

#include <algorithm>
#include <optional>

#include "log/scanner.hpp"
#include "log/segment_reader.hpp"

namespace cambium::log {

namespace {

struct BatchStart {
    Offset base;
    LeaderEpoch epoch;
};

// The batch that holds `offset`; nothing when it cannot be found.
io::Task<Result<std::optional<BatchStart>>> batch_at(const TailCache* tail, const EpochRange* range,
                                                     Offset offset) {
    const auto above = std::upper_bound(
        range->segments.begin(), range->segments.end(), offset,
        [](Offset wanted, const SegmentRef& segment) { return wanted < segment->base; });
    if (above == range->segments.begin()) co_return std::optional<BatchStart>();
    const SegmentRef segment = *(above - 1);
    SegmentReader reader(tail, segment, range->index_interval_bytes, false);
    const Result<std::optional<Place>> place = co_await reader.locate(offset, std::nullopt);
    if (!place && place.code() != Errc::corrupt_message) co_return place.error();
    if (!place || !*place) co_return std::optional<BatchStart>();
    const Result<io::FileRef> file = co_await segment->cache.open(segment.get());
    if (!file) co_return file.error();
    BatchScanner scanner(*file, {(*place)->position, segment->size, walk_block_bytes, false});
    const Status read = co_await scanner.more();
    if (!read) co_return read.error();
    const auto found = scanner.next();
    if (!found) co_return std::optional<BatchStart>();
    co_return std::optional(BatchStart{found->header.base_offset(), found->header.leader_epoch()});
}

}  // namespace

io::Task<Result<bool>> epochs_hold(const TailCache* tail, EpochCache epochs, EpochRange range) {
    if (range.start >= range.end) co_return true;
    const Result<std::optional<BatchStart>> first = co_await batch_at(tail, &range, range.start);
    if (!first) co_return first.error();
    if (!*first || (*first)->epoch != epochs.at(range.start)) co_return false;
    const std::vector<EpochStart>& entries = epochs.entries();
    const size_t from = entries.size() - std::min(entries.size(), epochs_looked_up);
    for (size_t i = from; i < entries.size(); ++i) {
        if (entries[i].start <= range.start) continue;
        const Result<std::optional<BatchStart>> batch =
            co_await batch_at(tail, &range, entries[i].start);
        if (!batch) co_return batch.error();
        if (!*batch || (*batch)->base != entries[i].start || (*batch)->epoch != entries[i].epoch)
            co_return false;
    }
    co_return true;
}

io::Task<Result<EpochCache>> read_epochs_of(EpochRange range) {
    EpochCache epochs;
    Offset reached = range.start;
    for (const SegmentRef& segment : range.segments) {
        if (segment->base >= range.end) break;
        const Result<io::FileRef> file = co_await segment->cache.open(segment.get());
        if (!file) co_return file.error();
        BatchScanner scanner(*file, {0, segment->size, scan_block_bytes, false});
        bool inside = true;
        while (scanner.stop() == BatchScanner::Stop::none && inside) {
            while (const auto found = scanner.next()) {
                inside = found->header.base_offset() < range.end;
                if (!inside) break;
                reached = found->header.next_offset();
                if (found->header.last_offset() >= range.start)
                    epochs.assign(found->header.leader_epoch(),
                                  std::max(found->header.base_offset(), range.start));
            }
            if (!inside) break;
            const Status read = co_await scanner.more();
            if (!read) co_return read.error();
        }
        // What follows the range need not be whole: zeros, or what a power cut has torn.
        if (reached < range.end && scanner.stop() == BatchScanner::Stop::damage)
            co_return Error{Errc::corrupt_message,
                            segment->path(FileKind::log) + ": " + scanner.why()};
    }
    co_return epochs;
}

}  // namespace cambium::log
