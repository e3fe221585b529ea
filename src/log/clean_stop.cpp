#include "log/clean_stop.hpp"

#include <string>

#include "bytes/crc32c.hpp"
#include "bytes/cursor.hpp"
#include "bytes/endian.hpp"

namespace cambium::log {

namespace {

constexpr size_t clean_stop_checked_from = 4;  // everything after the checksum
constexpr size_t epoch_bytes = 4 + 8;
constexpr size_t segment_bytes = 8 + 8 + 8 + 4;

void encode_log(Writer& writer, const LogKey& key, const LogSummary& log) {
    writer.uuid(key.first);
    writer.big(key.second.value());
    writer.big(log.start.value());
    writer.big(log.end.value());
    writer.big(log.producers);
    encode(log.indexes, writer);
    writer.big(static_cast<int32_t>(log.epochs.size()));
    for (const EpochStart& epoch : log.epochs) {
        writer.big(epoch.epoch.value());
        writer.big(epoch.start.value());
    }
    writer.big(static_cast<int32_t>(log.segments.size()));
    for (const SegmentSummary& segment : log.segments) {
        writer.big(segment.base.value());
        writer.big(segment.size);
        writer.big(segment.largest.timestamp.value());
        writer.big(segment.largest.offset);
    }
}

// A count of things that take `each` bytes, or a failed reader.
size_t count_of(Reader& reader, size_t each) {
    const auto count = reader.big<int32_t>();
    if (count < 0 || static_cast<size_t>(count) > reader.left() / each) {
        reader.fail();
        return 0;
    }
    return static_cast<size_t>(count);
}

bool possible(const LogSummary& log) {
    if (log.segments.empty() || log.start.value() < 0 || log.end < log.start || log.producers < 0)
        return false;
    Offset last;
    for (const SegmentSummary& segment : log.segments) {
        if (segment.base <= last || segment.size < 0) return false;
        last = segment.base;
    }
    return log.segments.front().base <= log.start && last <= log.end;
}

LogSummary decode_log(Reader& reader) {
    LogSummary log;
    log.start = Offset(reader.big<int64_t>());
    log.end = Offset(reader.big<int64_t>());
    log.producers = reader.big<int32_t>();
    log.indexes = decode_index_state(reader);
    const size_t epochs = count_of(reader, epoch_bytes);
    for (size_t i = 0; i < epochs; ++i) {
        const LeaderEpoch epoch(reader.big<int32_t>());
        log.epochs.push_back({epoch, Offset(reader.big<int64_t>())});
    }
    const size_t segments = count_of(reader, segment_bytes);
    for (size_t i = 0; i < segments; ++i) {
        SegmentSummary segment;
        segment.base = Offset(reader.big<int64_t>());
        segment.size = reader.big<int64_t>();
        segment.largest.timestamp = Timestamp(reader.big<int64_t>());
        segment.largest.offset = reader.big<int32_t>();
        log.segments.push_back(segment);
    }
    if (!possible(log)) reader.fail();
    return log;
}

}  // namespace

Buffer encode(const CleanStop& stop) {
    Buffer out;
    Writer writer(out);
    writer.big(uint32_t{0});
    writer.big(clean_stop_version);
    writer.uuid(stop.directory);
    writer.big(static_cast<int32_t>(stop.logs.size()));
    for (const auto& [key, log] : stop.logs) encode_log(writer, key, log);
    store_big(out.data(), crc32c(out.view().subspan(clean_stop_checked_from)));
    return out;
}

Result<CleanStop> decode_clean_stop(ByteView bytes) {
    Reader reader(bytes);
    const auto crc = reader.big<uint32_t>();
    const auto version = reader.big<int8_t>();
    if (!reader.ok() || crc32c(bytes.subspan(clean_stop_checked_from)) != crc)
        return Error{Errc::corrupt_data, "the clean-stop summary does not match its checksum"};
    if (version != clean_stop_version)
        return Error{Errc::unsupported_format,
                     "clean-stop summary of version " + std::to_string(version)};
    CleanStop stop;
    stop.directory = reader.uuid();
    const auto count = reader.big<int32_t>();
    for (int32_t i = 0; i < count && reader.ok(); ++i) {
        const Uuid topic = reader.uuid();
        const PartitionIndex partition(reader.big<int32_t>());
        stop.logs[{topic, partition}] = decode_log(reader);
    }
    if (!reader.done())
        return Error{Errc::corrupt_data, "the clean-stop summary does not have the length it says"};
    return stop;
}

}  // namespace cambium::log
