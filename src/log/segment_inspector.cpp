#include "log/segment_inspector.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "log/files.hpp"
#include "log/flipped_bit.hpp"
#include "record/record.hpp"

namespace cambium::log {

namespace {

// Batches above this are not looked into, and neither are records that decompress to more.
constexpr size_t batch_bytes_max = size_t{256} << 20;

}  // namespace

SegmentInspector::SegmentInspector(io::Disk* disk, Options options, Inspection* into,
                                   EpochCache* epochs)
    : disk_(disk),
      options_(std::move(options)),
      into_(into),
      epochs_(epochs),
      expected_(options_.base) {}

Finding SegmentInspector::finding(Finding::Kind kind, FileKind file, int64_t position,
                                  std::string what) const {
    return {kind, join(options_.directory, segment_file(options_.base, file)), position,
            file == FileKind::log ? expected_ : Offset(), std::move(what)};
}

void SegmentInspector::found(Finding::Kind kind, FileKind file, int64_t position,
                             std::string what) {
    into_->add(finding(kind, file, position, std::move(what)));
}

io::Task<Status> SegmentInspector::run() {
    const std::string path = join(options_.directory, segment_file(options_.base, FileKind::log));
    const Result<io::FileRef> file = co_await disk_->open(path, io::OpenMode::read);
    if (!file) co_return Error{file.code(), path};
    file_ = *file;
    const Result<int64_t> size = co_await file_->size();
    if (!size) co_return Error{size.code(), path};
    size_ = *size;
    const Status loaded = co_await load_indexes();
    if (!loaded) co_return loaded;
    ++into_->segments;
    if (options_.sink != nullptr)
        options_.sink->file(path, {FileKind::log, options_.base}, size_ > 0);
    for (int64_t from = 0; from < size_;) {
        const Result<std::string> damage = co_await scan(from);
        if (!damage) co_return Error{damage.code(), path};
        if (damage->empty()) break;
        const Status looked = co_await look_at_damage(scanned_to_, *damage);
        if (!looked) co_return looked;
        from = scanned_to_;
    }
    finish_indexes(scanned_to_);
    if (options_.sink != nullptr && options_.indexes) dump_indexes();
    co_return Status();
}

// Batches from `from` on, up to the first thing that is none: gives what is wrong with it, nothing
// at the end of the file.
io::Task<Result<std::string>> SegmentInspector::scan(int64_t from) {
    BatchScanner scanner(file_, {from, size_});
    while (scanner.stop() == BatchScanner::Stop::none) {
        while (const auto each = scanner.next()) {
            const Status looked = co_await look_at(*each);
            if (!looked) co_return looked.error();
        }
        const Status more = co_await scanner.more();
        if (!more) co_return more.error();
    }
    scanned_to_ = scanner.position();
    into_->bytes += scanned_to_ - from;
    co_return scanner.stop() == BatchScanner::Stop::end ? std::string() : scanner.why();
}

io::Task<Status> SegmentInspector::load_indexes() {
    for (FileKind kind : {FileKind::index, FileKind::time_index}) {
        const bool offsets = kind == FileKind::index;
        const std::string path = join(options_.directory, segment_file(options_.base, kind));
        const Result<Buffer> bytes = co_await read_file(disk_, path, index_file_bytes_max);
        if (bytes.code() == Errc::not_found) continue;
        (offsets ? has_index_ : has_time_) = true;
        if (bytes.code() == Errc::corrupt_data) {
            found(Finding::Kind::derived, kind, -1, "is larger than an index can be");
            continue;
        }
        if (!bytes) co_return bytes.error();
        const size_t each = offsets ? index_entry_bytes : time_index_entry_bytes;
        if (offsets) index_ = decode_index(bytes->view(), INT64_MAX);
        else time_ = decode_time_index(bytes->view());
        const size_t held = (offsets ? index_.size() : time_.size()) * each;
        const ByteView rest = bytes->view().subspan(held);
        // Kafka preallocates an index and leaves zeros behind a crash.
        if (std::any_of(rest.begin(), rest.end(), [](uint8_t byte) { return byte != 0; }))
            found(Finding::Kind::derived, kind, static_cast<int64_t>(held),
                  "an entry does not grow");
    }
    co_return Status();
}

io::Task<Status> SegmentInspector::look_at(BatchScanner::Found each) {
    const record::HeaderView header = each.header;
    check_offsets(header, each.position);
    check_epoch(header, each.position);
    check_indexes(header, each.position);
    ++into_->batches;
    into_->records += header.record_count();
    const Offset next = header.next_offset();
    const bool wanted = options_.records || options_.sink != nullptr;
    if (wanted && header.size() > batch_bytes_max) {
        found(Finding::Kind::corrupt, FileKind::log, each.position,
              "the batch is too large to be looked into");
    } else if (wanted && !each.bytes.empty()) {
        check_records(record::BatchView(each.bytes), each.position);
    } else if (wanted) {
        Buffer bytes;
        bytes.resize(header.size());
        const Status read = co_await read_exactly(file_, each.position, bytes.mutable_view());
        if (!read) co_return read;
        check_records(record::BatchView(bytes.view()), each.position);
    }
    expected_ = next;
    co_return Status();
}

void SegmentInspector::check_offsets(const record::HeaderView& header, int64_t position) {
    const Offset base = header.base_offset();
    if (base == expected_ || (options_.gaps && base > expected_)) return;
    found(Finding::Kind::corrupt, FileKind::log, position,
          fmt::format("the batch begins at offset {}, expected was {}", base.value(),
                      expected_.value()));
}

// The leader epoch lies outside the checksum, but never goes back.
void SegmentInspector::check_epoch(const record::HeaderView& header, int64_t position) {
    const LeaderEpoch epoch = header.leader_epoch();
    const bool known = !epochs_->entries().empty();
    if (known && epoch.value() >= 0 && epoch < epochs_->entries().back().epoch)
        found(Finding::Kind::corrupt, FileKind::log, position,
              fmt::format("the batch has leader epoch {}, those before it {}", epoch.value(),
                          epochs_->entries().back().epoch.value()));
    (void)epochs_->assign(epoch, header.base_offset());
}

void SegmentInspector::check_indexes(const record::HeaderView& header, int64_t position) {
    const int64_t last = header.last_offset() - options_.base;
    while (next_index_ < index_.size() && index_[next_index_].position <= position) {
        const IndexEntry& entry = index_[next_index_];
        if (entry.position != position || entry.offset != last)
            found(Finding::Kind::derived, FileKind::index,
                  static_cast<int64_t>(next_index_ * index_entry_bytes),
                  fmt::format("no batch with last offset {} begins at {}",
                              (options_.base + entry.offset).value(), entry.position));
        ++next_index_;
        ++into_->index_entries;
    }
    while (next_time_ < time_.size() && time_[next_time_].offset <= last) {
        const TimeIndexEntry& entry = time_[next_time_];
        if (entry.offset != last || entry.timestamp != header.max_timestamp())
            found(Finding::Kind::derived, FileKind::time_index,
                  static_cast<int64_t>(next_time_ * time_index_entry_bytes),
                  fmt::format("no batch with last offset {} has the largest timestamp {}",
                              (options_.base + entry.offset).value(), entry.timestamp.value()));
        ++next_time_;
        ++into_->time_index_entries;
    }
}

void SegmentInspector::finish_indexes(int64_t end) {
    if (next_index_ < index_.size())
        found(Finding::Kind::derived, FileKind::index,
              static_cast<int64_t>(next_index_ * index_entry_bytes),
              fmt::format("{} entries point behind the last batch, which ends at {}",
                          index_.size() - next_index_, end));
    if (next_time_ < time_.size())
        found(
            Finding::Kind::derived, FileKind::time_index,
            static_cast<int64_t>(next_time_ * time_index_entry_bytes),
            fmt::format("{} entries name offsets behind the last one", time_.size() - next_time_));
}

void SegmentInspector::dump_indexes() {
    DumpSink& sink = *options_.sink;
    const auto path = [this](FileKind kind) {
        return join(options_.directory, segment_file(options_.base, kind));
    };
    if (has_index_)
        sink.file(path(FileKind::index), {FileKind::index, options_.base}, !index_.empty());
    for (const IndexEntry& entry : index_)
        sink.index_entry(options_.base + entry.offset, entry.position);
    if (has_time_)
        sink.file(path(FileKind::time_index), {FileKind::time_index, options_.base},
                  !time_.empty());
    for (const TimeIndexEntry& entry : time_)
        sink.time_index_entry(entry.timestamp, options_.base + entry.offset);
}

void SegmentInspector::check_records(const record::BatchView& batch, int64_t position) {
    if (options_.sink != nullptr) options_.sink->batch(batch, position);
    if (!options_.records) return;
    Buffer storage;
    const Result<ByteView> plain = record::plain_records(batch, storage, batch_bytes_max);
    if (!plain) {
        found(Finding::Kind::corrupt, FileKind::log, position,
              fmt::format("the records do not decompress: {}", plain.error().text()));
        return;
    }
    record::RecordIterator records(*plain, batch.record_count());
    int32_t last = -1;
    int32_t read = 0;
    for (; const auto each = records.next(); ++read) {
        if (each->offset_delta <= last || each->offset_delta > batch.last_offset_delta())
            found(Finding::Kind::corrupt, FileKind::log, position,
                  fmt::format("record {} of {} has offset delta {} after {}", read + 1,
                              batch.record_count(), each->offset_delta, last));
        last = std::max(last, each->offset_delta);
        if (options_.sink != nullptr) options_.sink->record(batch, *each);
    }
    if (!records.status())
        found(Finding::Kind::corrupt, FileKind::log, position,
              fmt::format("after record {} of {}: {}", read, batch.record_count(),
                          records.status().error().text()));
}

// Says what is wrong at `position` and moves scanned_to_ to where batches can be found again.
io::Task<Status> SegmentInspector::look_at_damage(int64_t position, std::string why) {
    const Result<bool> zeros = co_await only_zeros(position);
    if (!zeros) co_return zeros.error();
    const bool torn = options_.torn_from >= 0 && position >= options_.torn_from;
    Finding damage = finding(torn ? Finding::Kind::torn : Finding::Kind::corrupt, FileKind::log,
                             position, *zeros ? "only zeros" : std::move(why));
    int64_t next = size_;
    // What lies behind a torn place is cut with it, even if it is whole.
    if (!torn && !*zeros) {
        const Result<int64_t> resumed = co_await next_after(position);
        if (!resumed) co_return resumed.error();
        next = *resumed;
        const Status pinned = co_await find_flipped_bit(&damage, next - position);
        if (!pinned) co_return pinned;
    }
    damage.bytes = next - position;
    damage.what = fmt::format("{} bytes are no batch: {}", damage.bytes, damage.what);
    if (damage.byte >= 0)
        damage.what += fmt::format("; bit {} of byte {} is flipped", damage.bit, damage.byte);
    into_->bytes_not_checked += damage.bytes;
    into_->add(std::move(damage));
    if (options_.sink != nullptr) options_.sink->no_batch(position, next - position);
    scanned_to_ = next;
    skip_indexes(next);
    co_return Status();
}

// Entries about damaged bytes can neither be right nor wrong.
void SegmentInspector::skip_indexes(int64_t position) {
    while (next_index_ < index_.size() && index_[next_index_].position < position) ++next_index_;
    const bool end = position == size_;
    while (next_time_ < time_.size() &&
           (end || options_.base + time_[next_time_].offset < expected_))
        ++next_time_;
}

io::Task<Result<bool>> SegmentInspector::only_zeros(int64_t position) {
    Buffer block;
    for (int64_t at = position; at < size_; at += static_cast<int64_t>(block.size())) {
        block.resize(std::min(scan_block_bytes, static_cast<size_t>(size_ - at)));
        const Status read = co_await read_exactly(file_, at, block.mutable_view());
        if (!read) co_return read.error();
        const ByteView bytes = block.view();
        if (std::any_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte != 0; }))
            co_return false;
    }
    co_return true;
}

// When the batch is whole but for its checksum.
io::Task<Status> SegmentInspector::find_flipped_bit(Finding* damage, int64_t size) {
    const auto header = co_await header_at(damage->position);
    if (!header) co_return header.error();
    if (!*header || (*header)->size() > static_cast<size_t>(size) ||
        (*header)->size() > batch_bytes_max)
        co_return Status();
    Buffer batch;
    batch.resize((*header)->size());
    const Status read = co_await read_exactly(file_, damage->position, batch.mutable_view());
    if (!read) co_return read;
    if (record::BatchView(batch.view()).checksum_ok()) co_return Status();
    const std::optional<FlippedBit> bit = flipped_bit(batch.view());
    if (!bit) co_return Status();
    damage->byte = damage->position + static_cast<int64_t>(bit->byte);
    damage->bit = bit->bit;
    co_return Status();
}

// Where the first batch behind a damaged one begins: where its own length says, else where an index
// entry does; the end of the file when neither leads to a batch.
io::Task<Result<int64_t>> SegmentInspector::next_after(int64_t position) {
    std::vector<int64_t> places;
    const auto damaged = co_await header_at(position);
    if (!damaged) co_return damaged.error();
    const Offset after = *damaged ? (*damaged)->next_offset() : expected_;
    if (*damaged) places.push_back(position + static_cast<int64_t>((*damaged)->size()));
    const bool last = *damaged && places.front() == size_;
    for (const IndexEntry& entry : index_)
        if (entry.position > position) places.push_back(entry.position);
    for (const int64_t place : places) {
        if (place >= size_) continue;
        const auto next = co_await header_at(place);
        if (!next) co_return next.error();
        if (!*next || (*next)->base_offset() < expected_) continue;
        // What is missing was in the damaged bytes.
        expected_ = (*next)->base_offset();
        co_return place;
    }
    if (last) expected_ = std::max(expected_, after);
    co_return size_;
}

// The header at `position` if it can be one; valid until the next call.
io::Task<Result<std::optional<record::HeaderView>>> SegmentInspector::header_at(int64_t position) {
    std::optional<record::HeaderView> none;
    if (size_ - position < static_cast<int64_t>(record::header_bytes)) co_return none;
    header_.resize(record::header_bytes);
    const Status read = co_await read_exactly(file_, position, header_.mutable_view());
    if (!read) co_return read.error();
    const Result<record::HeaderView> header =
        record::parse_header(header_.view(), static_cast<size_t>(size_ - position));
    if (header) co_return std::optional<record::HeaderView>(*header);
    co_return none;
}

}  // namespace cambium::log
