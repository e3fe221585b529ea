// The records inside a batch (v2), read where they lie. Every byte is checked: lengths that run
// over their record, bytes that belong to nothing, varints that do not fit.
//
// RecordIterator walks bytes in memory: an uncompressed payload, or the output of decompress().
// parse_record() is the one reader of the format (common_record.hpp is a short way to what it says
// of most records); it is a template over where the bytes come from,
// so that validation walks a compressed payload without holding it (record/validate.cpp).
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "bytes/bytes.hpp"
#include "bytes/cursor.hpp"
#include "record/batch.hpp"

namespace cambium::record {

struct HeaderEntry {
    std::string_view key;
    std::optional<ByteView> value;
};

// Views live as long as the bytes that were walked.
struct RecordView {
    int8_t attributes = 0;  // no bit has a meaning yet
    int64_t timestamp_delta = 0;
    int32_t offset_delta = 0;
    std::optional<ByteView> key;
    std::optional<ByteView> value;
    int32_t header_count = 0;
    ByteView headers;  // what HeaderIterator walks

    [[nodiscard]] Offset offset(const HeaderView& batch) const;
    [[nodiscard]] Timestamp timestamp(const HeaderView& batch) const;
};

// Where a record is read from: a Reader, or something that looks like one and whose bytes()
// and since() return empty views, because it only skips.
template <class T>
concept RecordSource = requires(T source, size_t count) {
    { source.ok() } -> std::same_as<bool>;
    { source.position() } -> std::same_as<size_t>;
    { source.varint32() } -> std::same_as<int32_t>;
    { source.varint64() } -> std::same_as<int64_t>;
    { source.template big<int8_t>() } -> std::same_as<int8_t>;
    { source.bytes(count) } -> std::same_as<ByteView>;
    { source.since(count) } -> std::same_as<ByteView>;
    source.fail();
};

namespace detail {

// Length-prefixed bytes that end before `end`; no length below `least` (-1: may be null).
template <RecordSource Source>
[[gnu::always_inline]] inline std::optional<ByteView> sized(Source& source, size_t end,
                                                            int32_t least) {
    const int32_t length = source.varint32();
    if (length < least || (length > 0 && source.position() + static_cast<size_t>(length) > end))
        source.fail();
    if (length < 0 || !source.ok()) return std::nullopt;
    return source.bytes(static_cast<size_t>(length));
}

}  // namespace detail

// The next record; when source.ok() is false afterwards it was none. Small records cost what this
// does: it becomes a part of the loop that walks them.
template <RecordSource Source>
[[gnu::always_inline]] inline RecordView parse_record(Source& source) {
    RecordView record;
    const int32_t length = source.varint32();
    if (length < 0) source.fail();
    if (!source.ok()) return record;
    const size_t end = source.position() + static_cast<size_t>(length);
    record.attributes = source.template big<int8_t>();
    record.timestamp_delta = source.varint64();
    record.offset_delta = source.varint32();
    record.key = detail::sized(source, end, -1);
    record.value = detail::sized(source, end, -1);
    record.header_count = source.varint32();
    if (record.header_count < 0) source.fail();
    const size_t headers = source.position();
    for (int32_t i = 0; i < record.header_count && source.ok(); ++i) {
        detail::sized(source, end, 0);
        detail::sized(source, end, -1);
    }
    if (source.ok() && source.position() != end) source.fail();
    if (source.ok()) record.headers = source.since(headers);
    return record;
}

// Walks the headers of a record that was iterated over, which made sure that they are whole.
class HeaderIterator {
public:
    explicit HeaderIterator(const RecordView& record)
        : reader_(record.headers), left_(record.header_count) {}
    [[nodiscard]] std::optional<HeaderEntry> next();

private:
    Reader reader_;
    int32_t left_;
};

// Walks `count` records that fill `payload` to its last byte.
class RecordIterator {
public:
    RecordIterator(ByteView payload, int32_t count) : reader_(payload), left_(count) {}
    // For a batch that is not compressed.
    explicit RecordIterator(const BatchView& batch);

    // Empty at the end and at the first thing that is no record: status() tells which.
    [[nodiscard]] std::optional<RecordView> next();
    // `corrupt_message` when a record was broken or bytes are left after the last one.
    [[nodiscard]] Status status() const;

private:
    Reader reader_;
    int32_t left_;
};

// The records of a batch as RecordIterator wants them: its payload itself, or decompressed into
// `storage`, at most `cap` bytes.
[[nodiscard]] Result<ByteView> plain_records(const BatchView& batch, Buffer& storage, size_t cap);

}  // namespace cambium::record
