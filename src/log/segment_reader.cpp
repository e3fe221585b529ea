#include "log/segment_reader.hpp"

#include <algorithm>
#include <string>

#include "bytes/endian.hpp"
#include "log/scanner.hpp"
#include "log/segment_index.hpp"

namespace cambium::log {

namespace {

using Stop = BatchScanner::Stop;

// Blocks of a cold read.
constexpr int64_t cold_block_bytes_min = 64 << 10;
static_assert(cold_block_bytes_min <= cold_read_bytes_max);

}  // namespace

Error SegmentReader::corrupt(int64_t position, const std::string& why) const {
    return {Errc::corrupt_message,
            segment_->path(FileKind::log) + " at " + std::to_string(position) + ": " + why};
}

io::Task<Result<std::optional<Place>>> SegmentReader::locate(Offset target,
                                                             std::optional<Place> near) {
    Segment& segment = *segment_;
    // Whoever reads on; that a batch with this offset begins there is seen when it is read.
    if (near && near->offset == target && near->position < segment.size) co_return near;
    if (near || segment.size <= interval_) {
        const Place from = near.value_or(Place{0, segment.base});
        auto found = co_await walk(target, from, false);
        co_return std::move(found);
    }
    if (segment.index_suspect) co_await repair();
    if (!segment.index && !segment.index_suspect) {
        const Status loaded = co_await load_index(segment_);
        if (!loaded) co_return loaded.error();
    }
    for (int attempt = 0; attempt < 2 && segment.index && !segment.index_suspect; ++attempt) {
        const std::optional<IndexEntry> entry = segment.index->floor(target - segment.base);
        Place from{0, segment.base};
        if (entry) from = {entry->position, segment.base + entry->offset};
        auto found = co_await walk(target, from, entry.has_value());
        if (found || found.code() != Errc::corrupt_data) co_return std::move(found);
        // The entry is wrong, not the log.
        segment.index_suspect = true;
        segment.index.reset();
        co_await repair();
    }
    auto found = co_await walk(target, Place{0, segment.base}, false);
    co_return std::move(found);
}

// The index of a segment that is still written is rebuilt by its writer.
io::Task<void> SegmentReader::repair() {
    if (!segment_->left || !may_repair_) co_return;
    // Without it the look-up walks from the beginning.
    (void)co_await rebuild_index(segment_, interval_, nullptr);
}

io::Task<Result<std::optional<Place>>> SegmentReader::last_indexed() {
    const Status loaded = co_await load_index(segment_);
    if (!loaded) co_return loaded.error();
    const std::optional<IndexEntry> entry = segment_->index->floor(INT32_MAX);
    if (!entry) co_return std::optional<Place>();
    const Offset last = segment_->base + entry->offset;
    auto found = co_await walk(last, {entry->position, last}, true);
    if (found.code() == Errc::corrupt_data) co_return std::optional<Place>();
    co_return std::move(found);
}

// `from` is a batch boundary, or with `from_index` what an entry claims: a batch that begins there
// and whose last offset is from.offset. The error of a wrong claim is corrupt_data.
io::Task<Result<std::optional<Place>>> SegmentReader::walk(Offset target, Place from,
                                                           bool from_index) {
    Segment& segment = *segment_;
    const Result<io::FileRef> file = co_await segment.cache.open(&segment);
    if (!file) co_return file.error();
    HeaderWalk walk(tail_, segment.file_number, *file, from.position, segment.size);
    const int64_t walk_max = std::max<int64_t>(index_walk_bytes_max, int64_t{4} * interval_);
    bool first = true;
    Offset expected = from.offset;
    while (walk.stop() == Stop::none) {
        while (const auto batch = walk.next()) {
            if (first && from_index) {
                if (batch->header.last_offset() != from.offset) co_return Errc::corrupt_data;
                expected = batch->header.base_offset();
            }
            first = false;
            if (batch->header.base_offset() != expected)
                co_return corrupt(batch->position, "the offset does not follow");
            expected = batch->header.next_offset();
            if (batch->header.last_offset() >= target)
                co_return std::optional(Place{batch->position, batch->header.base_offset()});
            if (from_index && batch->position - from.position > walk_max)
                co_return Errc::corrupt_data;
        }
        const Status read = co_await walk.more();
        if (!read) co_return read.error();
    }
    if (walk.stop() == Stop::end) co_return std::optional<Place>();
    if (first && from_index) co_return Errc::corrupt_data;
    co_return corrupt(walk.position(), "no batch begins here");
}

struct SegmentReader::Progress {
    Limits limits;
    Place from;
    Place at;
    bool full = false;

    [[nodiscard]] int64_t length() const { return at.position - from.position; }
    // Whether the batch fits; if so it is counted.
    bool take(const record::HeaderView& header, int64_t bytes_max) {
        const auto size = static_cast<int64_t>(header.size());
        const bool first = length() == 0 && limits.at_least_one;
        if (header.last_offset() >= limits.up_to || (!first && length() + size > bytes_max)) {
            full = true;
            return false;
        }
        at = {at.position + size, header.next_offset()};
        return true;
    }
};

io::Task<Result<Extent>> SegmentReader::measure(Place from, Limits limits) {
    const int64_t tail_first = tail_->first(segment_->file_number);
    const std::optional<Place>& end = limits.known_end;
    if (end && from.position >= tail_first && end->position - from.position <= limits.bytes) {
        if (!begins_in_tail(from)) co_return corrupt(from.position, "the offset does not follow");
        co_return Extent{end->position - from.position, end->offset};
    }
    Progress progress{limits, from, from};
    Status status;
    if (from.position < tail_first) status = co_await measure_cold(&progress);
    if (status && !progress.full) status = co_await measure_hot(&progress);
    // Evicted meanwhile.
    if (status && !progress.full && progress.length() == 0)
        status = co_await measure_cold(&progress);
    // What is whole before the damage is served; the next read meets it first.
    if (!status && progress.length() == 0) co_return status.error();
    co_return Extent{progress.length(), progress.at.offset};
}

bool SegmentReader::begins_in_tail(Place from) const {
    const ByteView offset = tail_->find(segment_->file_number, from.position, sizeof(int64_t));
    return offset.size() < sizeof(int64_t) ||
           load_big<int64_t>(offset.data()) == from.offset.value();
}

io::Task<Status> SegmentReader::measure_cold(Progress* progress) {
    Segment& segment = *segment_;
    const Result<io::FileRef> file = co_await segment.cache.open(&segment);
    if (!file) co_return file.error();
    const int64_t bytes_max = std::min(progress->limits.bytes, cold_read_bytes_max);
    const int64_t block = std::clamp(bytes_max, cold_block_bytes_min, cold_read_bytes_max);
    const int64_t from = progress->from.position;
    const auto size = static_cast<size_t>(std::min(block, segment.size - from));
    if (reads_ != nullptr) reads_->passed(segment.file_number, from);
    ReadCache::Ahead ahead;
    if (ahead_ != nullptr) ahead = co_await ahead_->take(segment.file_number, from);
    if (ahead.bytes.empty() && reads_ != nullptr) ahead.bytes = reads_->take(size);
    BatchScanner scanner(*file,
                         {.position = from,
                          .end = segment.size,
                          .block_bytes = std::max(size, record::header_bytes),
                          .checked = ahead.checked},
                         std::move(ahead.bytes));
    const Status status = co_await scan(&scanner, progress, bytes_max);
    if (status) look_ahead(*progress, block);
    if (reads_ != nullptr) {
        BatchScanner::Block read = scanner.take_block();
        const int64_t checked = std::max<int64_t>(progress->at.position - read.position, 0);
        read.bytes.resize(std::min(read.bytes.size(), static_cast<size_t>(checked)));
        reads_->keep(segment.file_number, read.position, std::move(read.bytes));
    }
    co_return status;
}

void SegmentReader::look_ahead(const Progress& progress, int64_t block) {
    const uint64_t file = segment_->file_number;
    const int64_t to = progress.at.position;
    if (ahead_ == nullptr || !ahead_->went_on(file, progress.from.position, to)) return;
    if (to >= std::min(segment_->size, tail_->first(file))) return;
    // One block would not do.
    if (progress.length() > block) return;
    next_ = {to, static_cast<size_t>(std::min(block, segment_->size - to)),
             static_cast<size_t>(progress.length())};
}

io::Task<Status> SegmentReader::scan(BatchScanner* scanner, Progress* progress, int64_t bytes_max) {
    while (scanner->stop() == Stop::none) {
        while (const auto batch = scanner->next()) {
            if (batch->header.base_offset() != progress->at.offset)
                co_return corrupt(batch->position, "the offset does not follow");
            if (!progress->take(batch->header, bytes_max)) co_return Status();
            if (progress->at.position >= tail_->first(segment_->file_number)) co_return Status();
        }
        // The next one would not fit in any case.
        const auto wanted = static_cast<int64_t>(std::max<size_t>(scanner->wanted_bytes(), 1));
        if (progress->length() > 0 && progress->length() + wanted > bytes_max) break;
        const Status read = co_await scanner->more();
        if (!read) co_return read;
    }
    progress->full = true;
    if (scanner->stop() == Stop::damage) co_return corrupt(scanner->position(), scanner->why());
    co_return Status();
}

io::Task<Status> SegmentReader::measure_hot(Progress* progress) {
    Segment& segment = *segment_;
    const Result<io::FileRef> file = co_await segment.cache.open(&segment);
    if (!file) co_return file.error();
    HeaderWalk walk(tail_, segment.file_number, *file, progress->at.position, segment.size);
    while (walk.stop() == Stop::none) {
        const auto batch = walk.next();
        // What was evicted while this waited is left to the next read, which checks it.
        if (!batch) break;
        if (!batch->hot) break;
        if (batch->header.base_offset() != progress->at.offset)
            co_return corrupt(batch->position, "the offset does not follow");
        if (!progress->take(batch->header, progress->limits.bytes)) break;
    }
    if (walk.stop() == Stop::damage) co_return corrupt(walk.position(), "no batch begins here");
    co_return Status();
}

}  // namespace cambium::log
