#include "log/segment_inspector.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "log/dump_text.hpp"
#include "log/files.hpp"
#include "log/names.hpp"
#include "record/record.hpp"

namespace cambium::log {

namespace {

// Batches above this are not looked into, and neither are records that decompress to more.
constexpr size_t batch_bytes_max = size_t{256} << 20;

}  // namespace

SegmentInspector::SegmentInspector(io::Disk* disk, Options options, Inspection* into)
    : disk_(disk), options_(std::move(options)), into_(into), expected_(options_.base) {}

void SegmentInspector::found(Finding::Kind kind, FileKind file, int64_t position,
                             std::string what) {
    into_->add({kind, join(options_.directory, segment_file(options_.base, file)), position,
                file == FileKind::log ? expected_ : Offset(), std::move(what)});
}

io::Task<Status> SegmentInspector::run() {
    const std::string path = join(options_.directory, segment_file(options_.base, FileKind::log));
    const Result<io::FileRef> file = co_await disk_->open(path, io::OpenMode::read);
    if (!file) co_return Error{file.code(), path};
    file_ = *file;
    const Result<int64_t> size = co_await file_->size();
    if (!size) co_return Error{size.code(), path};
    const Status loaded = co_await load_indexes();
    if (!loaded) co_return loaded;
    ++into_->segments;
    BatchScanner scanner(file_, {0, *size});
    while (scanner.stop() == BatchScanner::Stop::none) {
        while (const auto each = scanner.next()) {
            const Status looked = co_await look_at(*each);
            if (!looked) co_return looked;
        }
        const Status more = co_await scanner.more();
        if (!more) co_return Error{more.code(), path};
    }
    into_->bytes += scanner.position();
    finish_indexes(scanner.position());
    if (scanner.stop() == BatchScanner::Stop::end) co_return Status();
    Status looked = co_await look_at_damage(file_, scanner.position(), *size, scanner.why());
    co_return looked;
}

io::Task<Status> SegmentInspector::load_indexes() {
    for (FileKind kind : {FileKind::index, FileKind::time_index}) {
        const bool offsets = kind == FileKind::index;
        const std::string path = join(options_.directory, segment_file(options_.base, kind));
        const Result<Buffer> bytes = co_await read_file(disk_, path, index_file_bytes_max);
        if (bytes.code() == Errc::not_found) continue;
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
    check_indexes(header, each.position);
    ++into_->batches;
    into_->records += header.record_count();
    const bool wanted = options_.records || options_.line;
    if (wanted && header.size() > batch_bytes_max) {
        found(Finding::Kind::corrupt, FileKind::log, each.position,
              "the batch is too large to be looked into");
    } else if (wanted && !each.bytes.empty()) {
        check_records(record::BatchView(each.bytes), each.position);
    } else if (wanted) {
        const Offset next = header.next_offset();
        Buffer bytes;
        bytes.resize(header.size());
        const Status read = co_await read_exactly(file_, each.position, bytes.mutable_view());
        if (!read) co_return read;
        check_records(record::BatchView(bytes.view()), each.position);
        expected_ = next;
        co_return Status();
    }
    expected_ = header.next_offset();
    co_return Status();
}

void SegmentInspector::check_offsets(const record::HeaderView& header, int64_t position) {
    const Offset base = header.base_offset();
    if (base == expected_ || (options_.gaps && base > expected_)) return;
    found(Finding::Kind::corrupt, FileKind::log, position,
          fmt::format("the batch begins at offset {}, expected was {}", base.value(),
                      expected_.value()));
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

void SegmentInspector::check_records(const record::BatchView& batch, int64_t position) {
    if (options_.line) options_.line(dump_line(batch, position));
    if (!options_.records) return;
    Buffer storage;
    const Result<ByteView> plain = record::plain_records(batch, storage, batch_bytes_max);
    if (!plain) {
        found(Finding::Kind::corrupt, FileKind::log, position, plain.error().text());
        return;
    }
    record::RecordIterator records(*plain, batch.record_count());
    int32_t last = -1;
    while (const auto each = records.next()) {
        if (each->offset_delta <= last || each->offset_delta > batch.last_offset_delta())
            found(Finding::Kind::corrupt, FileKind::log, position,
                  fmt::format("a record has offset delta {} after {}", each->offset_delta, last));
        last = std::max(last, each->offset_delta);
        if (options_.line) options_.line(dump_line(batch, *each));
    }
    if (!records.status())
        found(Finding::Kind::corrupt, FileKind::log, position, records.status().error().text());
}

io::Task<Status> SegmentInspector::look_at_damage(io::FileRef file, int64_t position, int64_t size,
                                                  std::string why) {
    bool zeros = true;
    Buffer block;
    for (int64_t at = position; at < size && zeros; at += static_cast<int64_t>(block.size())) {
        block.resize(std::min(scan_block_bytes, static_cast<size_t>(size - at)));
        const Status read = co_await read_exactly(file, at, block.mutable_view());
        if (!read) co_return read;
        const ByteView bytes = block.view();
        zeros = std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
    }
    const bool torn = options_.torn_from >= 0 && position >= options_.torn_from;
    if (zeros) why = "only zeros";
    found(torn ? Finding::Kind::torn : Finding::Kind::corrupt, FileKind::log, position,
          fmt::format("{} bytes are no batch: {}", size - position, why));
    if (options_.line)
        options_.line(fmt::format("Found {} invalid bytes at the end of {}", size - position,
                                  segment_file(options_.base, FileKind::log)));
    co_return Status();
}

}  // namespace cambium::log
