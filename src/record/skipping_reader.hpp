// A Reader over the output of a Decompressor that keeps only the block it stands in: bytes() skips.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/result.hpp"
#include "bytes/bytes.hpp"
#include "bytes/compression.hpp"
#include "bytes/cursor.hpp"

namespace cambium::record {

class SkippingReader {
public:
    // The decompressor has begun, and gives its blocks to nobody else.
    explicit SkippingReader(Decompressor& from) : from_(from), block_(ByteView{}) {}

    [[nodiscard]] bool ok() const { return failed_ == Errc::none; }
    // Why not: what the decompressor said, or `invalid_record` for bytes that break the format.
    [[nodiscard]] Errc code() const { return failed_; }
    [[nodiscard]] size_t position() const { return before_ + block_.position(); }
    // Everything was read and the compressed form ends properly.
    [[nodiscard]] bool done() { return ok() && !more() && ok(); }
    void fail() { fail(Errc::invalid_record); }

    template <std::integral Int>
        requires(sizeof(Int) == 1)
    Int big() {
        return more() ? block_.big<Int>() : (fail(), Int{});
    }
    int32_t varint32() {
        if (block_.left() >= max_varint64_bytes) return checked(block_, block_.varint32());
        Reader gathered(gather());
        return checked(gathered, gathered.varint32());
    }
    int64_t varint64() {
        if (block_.left() >= max_varint64_bytes) return checked(block_, block_.varint64());
        Reader gathered(gather());
        return checked(gathered, gathered.varint64());
    }
    ByteView bytes(size_t count);
    [[nodiscard]] ByteView since(size_t) const { return {}; }

private:
    void fail(Errc code) {
        if (ok()) failed_ = code;
    }
    // Makes the next block current when this one is used up; false at the end and after an error.
    bool more();
    // The bytes of a varint that may lie in two blocks.
    ByteView gather();
    template <class Int> Int checked(const Reader& reader, Int value) {
        if (!reader.ok()) fail();
        return value;
    }

    Decompressor& from_;
    Reader block_;
    size_t before_ = 0;  // bytes in the blocks before this one
    Errc failed_ = Errc::none;
    std::array<uint8_t, max_varint64_bytes> gathered_{};
};

}  // namespace cambium::record
