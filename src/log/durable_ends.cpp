#include "log/durable_ends.hpp"

#include <optional>

#include "bytes/crc32c.hpp"
#include "bytes/cursor.hpp"
#include "bytes/endian.hpp"
#include "log/files.hpp"
#include "log/names.hpp"

namespace cambium::log {

namespace {

constexpr size_t checked_from = 4;  // everything after the checksum

static_assert(durable_ends_header_bytes == 4 + 1 + 8 + 16 + 4);
static_assert(durable_ends_entry_bytes == 16 + 4 + 8 + 8 + 8 + 8 + checkpoint_bytes);

bool possible(const DurableEnd& log) {
    return log.start.value() >= 0 && log.end >= log.start && log.segment_base.value() >= 0 &&
           log.segment_base <= log.end && log.position >= 0 &&
           log.checkpoint.offset >= log.segment_base && log.checkpoint.offset <= log.end &&
           log.checkpoint.position <= log.position;
}

}  // namespace

Buffer encode(const DurableEnds& ends, int64_t generation) {
    Buffer out(durable_ends_header_bytes + ends.logs.size() * durable_ends_entry_bytes);
    Writer writer(out);
    writer.big(uint32_t{0});
    writer.big(durable_ends_version);
    writer.big(generation);
    writer.uuid(ends.directory);
    writer.big(static_cast<int32_t>(ends.logs.size()));
    for (const auto& [key, log] : ends.logs) {
        writer.uuid(key.first);
        writer.big(key.second.value());
        writer.big(log.start.value());
        writer.big(log.end.value());
        writer.big(log.segment_base.value());
        writer.big(log.position);
        encode(log.checkpoint, writer);
    }
    store_big(out.data(), crc32c(out.view().subspan(checked_from)));
    return out;
}

Result<DurableEnds> decode_durable_ends(ByteView bytes) {
    Reader reader(bytes);
    const auto crc = reader.big<uint32_t>();
    const auto version = reader.big<int8_t>();
    if (!reader.ok() || crc32c(bytes.subspan(checked_from)) != crc)
        return Error{Errc::corrupt_data, "durable ends do not match their checksum"};
    if (version != durable_ends_version)
        return Error{Errc::unsupported_format,
                     "durable ends of version " + std::to_string(version)};
    DurableEnds ends;
    ends.generation = reader.big<int64_t>();
    ends.directory = reader.uuid();
    const auto count = reader.big<int32_t>();
    if (!reader.ok() || count < 0 ||
        reader.left() != static_cast<size_t>(count) * durable_ends_entry_bytes)
        return Error{Errc::corrupt_data, "durable ends do not have the length they say"};
    for (int32_t i = 0; i < count; ++i) {
        const Uuid topic = reader.uuid();
        const PartitionIndex partition(reader.big<int32_t>());
        DurableEnd& log = ends.logs[{topic, partition}];
        log.start = Offset(reader.big<int64_t>());
        log.end = Offset(reader.big<int64_t>());
        log.segment_base = Offset(reader.big<int64_t>());
        log.position = reader.big<int64_t>();
        log.checkpoint = decode_checkpoint(reader);
        if (!possible(log)) reader.fail();
    }
    if (!reader.done()) return Error{Errc::corrupt_data, "durable ends that cannot be"};
    return ends;
}

io::Task<Result<DurableEnds>> DurableEndsFile::open() {
    std::optional<DurableEnds> newest;
    bool damaged = false;
    for (size_t slot = 0; slot < files_.size(); ++slot) {
        const std::string path = join(path_, durable_ends_files[slot]);
        Result<Buffer> bytes = co_await read_file(disk_, path, durable_ends_bytes_max);
        if (bytes.code() == Errc::not_found) continue;
        if (!bytes && bytes.code() != Errc::corrupt_data) co_return bytes.error();
        if (bytes && bytes->empty()) continue;
        Result<DurableEnds> ends =
            bytes ? decode_durable_ends(bytes->view()) : Result<DurableEnds>(bytes.error());
        if (ends.code() == Errc::unsupported_format) co_return ends.error();
        if (!ends) {
            damaged = true;
            continue;
        }
        if (newest && newest->generation >= ends->generation) continue;
        newest = std::move(*ends);
        unproven_ = std::move(*bytes);
        next_slot_ = 1 - slot;
    }
    if (!newest && damaged)
        co_return Error{Errc::corrupt_data,
                        path_ +
                            "/durable-ends.{0,1}: neither is valid, so torn cannot be told from "
                            "corrupt; remove both to take what the logs hold"};
    if (!newest) co_return DurableEnds{};
    generation_ = newest->generation;
    co_return std::move(*newest);
}

io::Task<Status> DurableEndsFile::prove() {
    if (unproven_.empty()) co_return Status();
    Status proven = co_await write_slot(1 - next_slot_, Buffer::copy_of(unproven_.view()));
    if (proven) unproven_ = Buffer();
    co_return proven;
}

io::Task<Status> DurableEndsFile::write(const DurableEnds* ends) {
    Status proven = co_await prove();
    if (!proven) co_return proven;
    const Status written = co_await write_slot(next_slot_, encode(*ends, generation_ + 1));
    // A slot that failed is written again, never the other one.
    if (!written) co_return written;
    ++generation_;
    next_slot_ = 1 - next_slot_;
    co_return Status();
}

io::Task<Status> DurableEndsFile::write_slot(size_t slot, Buffer bytes) {
    io::FileRef& file = files_[slot];
    if (file == nullptr) {
        Result<io::FileRef> fresh =
            co_await disk_->open(join(path_, durable_ends_files[slot]), io::OpenMode::create);
        if (!fresh) co_return fresh.error();
        file = *fresh;
    }
    Status status = co_await write_all(file, 0, bytes.view());
    const auto size = static_cast<int64_t>(bytes.size());
    // A file system takes even a size that does not change for a change, which a sync waits for.
    const bool same = std::exchange(sizes_[slot], -1) == size;
    if (status && !same) status = co_await file->truncate(size);
    if (status) status = co_await file->datasync(io::Where::worker);
    if (status) sizes_[slot] = size;
    // The open that made the file may have been that of a write that failed.
    if (!status || named_[slot]) co_return status;
    status = co_await disk_->sync_directory(path_);
    named_[slot] = status.ok();
    co_return status;
}

}  // namespace cambium::log
