// The form that almost every record has, read with few instructions: whoever judges what producers
// send looks at each record, and small ones cost what that does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "bytes/bytes.hpp"

namespace cambium::record {

struct CommonRecord {
    size_t size = 0;  // with its length
    int64_t timestamp_delta = 0;
    int32_t offset_delta = 0;
    bool has_key = false;
};

namespace detail {

// A zigzag varint of at most three bytes at `at`, of four that can be read; moves `at` behind it.
// False: it is longer.
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
    value = static_cast<int32_t>((bits >> 1U) ^ (~(bits & 1U) + 1));
    return true;
}

}  // namespace detail

// The record at the beginning of `bytes`, when it has no headers and no number in it takes more
// than three bytes. Nothing says only that parse_record() has to read it, be it good or bad; what
// is read here, parse_record() reads alike.
[[gnu::always_inline]] inline std::optional<CommonRecord> common_record(ByteView bytes) {
    // Length, attributes, two deltas and a key's length, each with what is looked at behind it.
    constexpr size_t front_bytes = 16;
    constexpr ptrdiff_t number_bytes = 3;
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
    if (!detail::short_varint(at, key) || key < -1) return std::nullopt;
    if (key > end - at) return std::nullopt;
    if (key > 0) at += key;
    if (end - at < number_bytes || !detail::short_varint(at, value) || value < -1)
        return std::nullopt;
    if (value > 0) {
        if (value > end - at) return std::nullopt;
        at += value;
    }
    if (end - at != 1 || *at != 0) return std::nullopt;
    record.size = static_cast<size_t>(end - bytes.data());
    record.timestamp_delta = timestamp_delta;
    record.has_key = key >= 0;
    return record;
}

}  // namespace cambium::record
