// The form that almost every record has, read with few instructions: whoever judges what producers
// send looks at each record, and small ones cost what that does.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "bytes/bytes.hpp"
#include "bytes/cursor.hpp"

namespace cambium::record {

struct CommonRecord {
    size_t size = 0;  // with its length
    int64_t timestamp_delta = 0;
    int32_t offset_delta = 0;
    bool has_key = false;
};

namespace detail {

// A signed varint at `at`, where three bytes can be read; moves `at` behind it. False: it is
// longer.
[[gnu::always_inline]] inline bool short_varint(const uint8_t*& at, int32_t& value) {
    const uint32_t low = at[0];
    uint32_t bits = low;
    if (low < 128) {
        at += 1;
    } else if (at[1] < 128) {
        bits = (low & 127U) | uint32_t{at[1]} << 7U;
        at += 2;
    } else if (at[2] < 128) {
        bits = (low & 127U) | (at[1] & 127U) << 7U | uint32_t{at[2]} << 14U;
        at += 3;
    } else {
        return false;
    }
    value = unzigzag(bits);
    return true;
}

// Bytes with their length in front, which end before `end`; their length is -1 when they are null.
[[gnu::always_inline]] inline bool skip_sized(const uint8_t*& at, const uint8_t* end,
                                              int32_t& length) {
    if (!short_varint(at, length) || length < -1 || length > end - at) return false;
    at += std::max(length, 0);
    return true;
}

}  // namespace detail

// The record at the beginning of `bytes`, when it has no headers and no number in it takes more
// than three bytes. Of any other, good or bad, nothing is said: parse_record() has to read it. What
// is read here, it reads alike. It does so in two thirds of the time because it looks at what is
// left three times, not at each byte.
[[gnu::always_inline]] inline std::optional<CommonRecord> common_record(ByteView bytes) {
    constexpr ptrdiff_t number_bytes = 3;
    // Length, two deltas and a key's length, and the byte of attributes.
    constexpr size_t front_bytes = size_t{4 * number_bytes} + 1;
    if (bytes.size() < front_bytes) return std::nullopt;
    const uint8_t* at = bytes.data();
    int32_t length = 0;
    if (!detail::short_varint(at, length) || length < 0) return std::nullopt;
    if (static_cast<size_t>(length) > bytes.size() - static_cast<size_t>(at - bytes.data()))
        return std::nullopt;
    const uint8_t* const end = at + length;
    CommonRecord record;
    int32_t timestamp_delta = 0;
    int32_t key = 0;
    int32_t value = 0;
    at += 1;
    if (!detail::short_varint(at, timestamp_delta)) return std::nullopt;
    if (!detail::short_varint(at, record.offset_delta)) return std::nullopt;
    if (!detail::skip_sized(at, end, key)) return std::nullopt;
    if (end - at < number_bytes || !detail::skip_sized(at, end, value)) return std::nullopt;
    if (end - at != 1 || *at != 0) return std::nullopt;
    record.size = static_cast<size_t>(end - bytes.data());
    record.timestamp_delta = timestamp_delta;
    record.has_key = key >= 0;
    return record;
}

}  // namespace cambium::record
