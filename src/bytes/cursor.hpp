// Reading and writing a format from front to back.
//
// A Reader is for bytes that are not trusted: its first error sticks, later reads give zeros and
// empty views, and the caller asks `ok()` once. A Writer appends to a Buffer. Integers are
// big-endian; varints are Kafka's (protocol guide, "Protocol Primitive Types"): 7 bits a byte, low
// first; the zigzag forms are those of records.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/types.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "bytes/endian.hpp"

namespace cambium {

inline constexpr size_t max_varint32_bytes = 5;
inline constexpr size_t max_varint64_bytes = 10;

// Signed varints: 0, -1, 1, -2, ... are 0, 1, 2, 3, ...
[[nodiscard]] inline int32_t unzigzag(uint32_t n) {
    return static_cast<int32_t>((n >> 1) ^ (~(n & 1) + 1));
}
[[nodiscard]] inline int64_t unzigzag(uint64_t n) {
    return static_cast<int64_t>((n >> 1) ^ (~(n & 1) + 1));
}

class Reader {
public:
    explicit Reader(ByteView in) : in_(in) {}

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] size_t left() const { return in_.size() - at_; }
    [[nodiscard]] size_t position() const { return at_; }
    [[nodiscard]] bool done() const { return ok_ && at_ == in_.size(); }
    [[nodiscard]] ByteView rest() const { return in_.subspan(at_); }
    // No more than left().
    void skip(size_t count) { at_ += count; }
    void fail() { ok_ = false, at_ = in_.size(); }

    template <std::integral Int> Int big() {
        if (left() < sizeof(Int)) return fail(), Int{};
        at_ += sizeof(Int);
        return load_big<Int>(in_.data() + at_ - sizeof(Int));
    }
    ByteView bytes(size_t count) {
        if (left() < count) return fail(), ByteView{};
        at_ += count;
        return in_.subspan(at_ - count, count);
    }
    std::string_view text(size_t count) { return as_text(bytes(count)); }
    // The bytes between an earlier position() and this one.
    [[nodiscard]] ByteView since(size_t position) const {
        return in_.subspan(position, at_ - position);
    }
    // At most 5 bytes and 32 bits; anything longer or larger is an error. One byte and two are by
    // far the most frequent, so that they do not pay for a call.
    uint32_t varuint32() {
        if (const std::optional<uint32_t> value = short_varuint()) return *value;
        return long_varuint32();
    }
    // At most 10 bytes and 64 bits; anything longer or larger is an error.
    uint64_t varuint64() {
        if (const std::optional<uint32_t> value = short_varuint()) return *value;
        return long_varuint64();
    }
    int32_t varint32() { return unzigzag(varuint32()); }
    int64_t varint64() { return unzigzag(varuint64()); }
    Uuid uuid();

private:
    std::optional<uint32_t> short_varuint() {
        const uint8_t* const next = in_.data() + at_;
        if (left() > 0 && next[0] < 128) return at_ += 1, next[0];
        if (left() > 1 && next[1] < 128)
            return at_ += 2, (next[0] & 127U) | (uint32_t{next[1]} << 7U);
        return std::nullopt;
    }
    uint32_t long_varuint32();
    uint64_t long_varuint64();

    ByteView in_;
    size_t at_ = 0;
    bool ok_ = true;
};

class Writer {
public:
    explicit Writer(Buffer& out) : out_(out) {}

    template <std::integral Int> void big(Int value) { store_big(out_.extend(sizeof(Int)), value); }
    void bytes(ByteView bytes) { out_.append(bytes); }
    void text(std::string_view text) { out_.append(text); }
    void varuint64(uint64_t value) {
        if (value < 128) big(static_cast<uint8_t>(value));
        else long_varuint64(value);
    }
    void varuint32(uint32_t value) { varuint64(value); }
    void varint32(int32_t value) { varuint64(zigzag(value)); }
    void varint64(int64_t value) { varuint64(zigzag64(value)); }
    void uuid(const Uuid& uuid) { out_.append(ByteView(uuid.bytes)); }
    [[nodiscard]] size_t position() const { return out_.size(); }

private:
    void long_varuint64(uint64_t value);
    static uint32_t zigzag(int32_t n) {
        return (static_cast<uint32_t>(n) << 1) ^ static_cast<uint32_t>(n >> 31);
    }
    static uint64_t zigzag64(int64_t n) {
        return (static_cast<uint64_t>(n) << 1) ^ static_cast<uint64_t>(n >> 63);
    }

    Buffer& out_;
};

// How many bytes Writer::varuint64 uses for `value`.
[[nodiscard]] size_t varuint_size(uint64_t value);
// ... and the zigzag forms.
[[nodiscard]] size_t varint32_size(int32_t value);
[[nodiscard]] size_t varint64_size(int64_t value);

}  // namespace cambium
