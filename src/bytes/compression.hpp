// The five codecs of record batches, whole (compress, decompress) and in bounded steps
// (Decompressor).
//
// The numbers of Codec are those of a batch's attributes. Everything here is for bytes that are not
// trusted: output is bounded by a cap that the caller names and by the window limit below, errors
// are `corrupt_message` (the bytes do not follow the codec's format) or `message_too_large` (the
// output would pass the cap), and no exception of a library escapes. One object serves one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"

namespace cambium {

enum class Codec : int8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };

[[nodiscard]] std::string_view name(Codec codec);  // "none", "gzip", ...
[[nodiscard]] std::optional<Codec> codec_named(std::string_view name);
// Empty for a number that is no codec.
[[nodiscard]] std::optional<Codec> codec_numbered(int number);

// A step of the Decompressor gives at most this much.
inline constexpr size_t decompression_block_bytes = 64U << 10;
// A zstd frame may ask its reader to keep a window of up to 2 GiB. Every level that Kafka's clients
// offer (up to 22, --ultra included) needs at most 128 MiB, but what needs more than 8 MiB is only
// reached by batches larger than 8 MiB: RFC 8878 recommends to support 8 MiB and to refuse more.
inline constexpr int zstd_window_log_max = 23;

// Appends the compressed form of `in`, at the codec's default level.
[[nodiscard]] Status compress(Codec codec, ByteView in, Buffer& out);

// All of `in`, which may be several frames one after another; at most `cap` bytes come out.
[[nodiscard]] Result<Buffer> decompress(Codec codec, ByteView in, size_t cap);

// Decompresses step by step: memory stays at a block and the codec's window, however much comes
// out. (Raw snappy has no steps: its declared size is held against the cap, then it is decompressed
// at once; the blocks of the snappy-java framing each so.) `in` must outlive it.
class Decompressor {
public:
    Decompressor(Codec codec, ByteView in, size_t cap);
    ~Decompressor();
    Decompressor(Decompressor&&) noexcept;
    Decompressor& operator=(Decompressor&&) noexcept;

    // The next bytes, valid until the next call; empty at the end. After an error every call gives
    // that error again.
    [[nodiscard]] Result<ByteView> next();

    class Engine;

private:
    std::unique_ptr<Engine> engine_;
    size_t left_;
    Errc failed_ = Errc::none;
};

}  // namespace cambium
