#include "log/segment_index.hpp"

#include <utility>
#include <vector>

#include "base/fault.hpp"
#include "bytes/buffer.hpp"
#include "log/files.hpp"
#include "log/scanner.hpp"

namespace cambium::log {

namespace {

// Puts `bytes` at `position`, which becomes the last of the file.
io::Task<Status> put(io::Disk* disk, std::string path, int64_t position, Buffer bytes,
                     WrittenFiles* wrote) {
    Result<io::FileRef> file = co_await disk->open(path, io::OpenMode::create);
    if (!file) co_return Error{file.code(), path};
    const Result<int64_t> size = co_await (*file)->size();
    if (!size) co_return Error{size.code(), path};
    if (*size < position) co_return Error{Errc::end_of_stream, path};
    Status status;
    if (*size > position) status = co_await (*file)->truncate(position);
    if (status) status = co_await write_all(*file, position, bytes.view());
    if (!status) co_return Error{status.code(), path};
    if (wrote != nullptr) wrote->insert_or_assign(path, *file);
    co_return Status();
}

io::Task<Status> put_pending(SegmentRef segment, WrittenFiles* wrote) {
    io::Disk* disk = segment->cache.disk();
    const IndexBuilder::Pending pending = segment->builder.take_pending();
    Buffer index;
    for (const IndexEntry& entry : pending.index) encode(entry, index);
    Buffer time;
    for (const TimeIndexEntry& entry : pending.time) encode(entry, time);
    Status status =
        co_await put(disk, segment->path(FileKind::index),
                     pending.index_from * int64_t{index_entry_bytes}, std::move(index), wrote);
    if (status)
        status = co_await put(disk, segment->path(FileKind::time_index),
                              pending.time_from * int64_t{time_index_entry_bytes}, std::move(time),
                              wrote);
    co_return status;
}

}  // namespace

io::Task<Status> load_index(SegmentRef segment) {
    SparseIndex index;
    io::Disk* const disk = segment->cache.disk();
    const std::string path = segment->path(FileKind::index);
    Result<Buffer> bytes = co_await read_file(disk, path, index_file_bytes_max);
    if (bytes.code() == Errc::too_many_files && segment->cache.relieve())
        bytes = co_await read_file(disk, path, index_file_bytes_max);
    if (!bytes && bytes.code() != Errc::not_found && bytes.code() != Errc::corrupt_data)
        co_return bytes.error();
    int32_t last = -1;
    if (bytes)
        for (const IndexEntry& entry : decode_index(bytes->view(), segment->size)) {
            index.add(entry);
            last = entry.offset;
        }
    for (const IndexEntry& entry : segment->builder.pending_index())
        if (entry.offset > last) index.add(entry);
    segment->index = std::move(index);
    segment->cache.used(segment.get());
    co_return Status();
}

io::Task<Status> flush_index(SegmentRef segment, int32_t interval_bytes, WrittenFiles* wrote) {
    if (segment->index_suspect) {
        Status rebuilt = co_await rebuild_index(segment, interval_bytes, wrote);
        co_return rebuilt;
    }
    if (segment->builder.pending() == 0) co_return Status();
    Status status = co_await put_pending(segment, wrote);
    if (status.code() == Errc::end_of_stream)
        status = co_await rebuild_index(segment, interval_bytes, wrote);
    else if (!status) segment->index_suspect = true;
    co_return status;
}

io::Task<Status> write_index_anew(SegmentRef segment, WrittenFiles* wrote) {
    if (segment->left) segment->builder.finish();
    if (segment->builder.pending() > 0) {
        Status status = co_await put_pending(segment, wrote);
        segment->index_suspect = !status;
        co_return status;
    }
    for (FileKind kind : {FileKind::index, FileKind::time_index}) {
        const Status removed = co_await segment->cache.disk()->unlink(segment->path(kind));
        if (!removed && removed.code() != Errc::not_found) co_return removed;
    }
    co_return Status();
}

io::Task<Status> rebuild_index(SegmentRef segment, int32_t interval_bytes, WrittenFiles* wrote) {
    sometimes("log.index_rebuilt");
    Result<io::FileRef> file = co_await segment->cache.open(segment.get());
    if (!file) co_return file.error();
    BatchScanner scanner(*file, {0, segment->size, scan_block_bytes, false});
    IndexBuilder builder;
    SparseIndex index;
    while (scanner.stop() == BatchScanner::Stop::none) {
        while (const auto found = scanner.next()) {
            const auto last = found->header.last_offset() - segment->base;
            if (last < 0 || last > INT32_MAX) co_return Errc::corrupt_data;
            const auto entry = builder.written(
                {static_cast<int32_t>(last), found->position,
                 static_cast<int64_t>(found->header.size()), found->header.max_timestamp()},
                interval_bytes);
            if (entry) index.add(*entry);
        }
        const Status read = co_await scanner.more();
        if (!read) co_return read.error();
    }
    if (scanner.stop() == BatchScanner::Stop::damage)
        co_return Error{Errc::corrupt_data, segment->path(FileKind::log) + " at " +
                                                std::to_string(scanner.position()) + ": " +
                                                scanner.why()};
    if (segment->left) builder.finish();
    segment->builder = std::move(builder);
    segment->index = std::move(index);
    segment->cache.used(segment.get());
    segment->index_suspect = false;
    Status status = co_await put_pending(segment, wrote);
    if (!status) segment->index_suspect = true;
    co_return status;
}

}  // namespace cambium::log
