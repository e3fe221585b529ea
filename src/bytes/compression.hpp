// The five codecs of record batches, whole (compress, decompress) and in bounded steps
// (Compressor, Decompressor).
//
// The numbers of Codec are those of a batch's attributes. Everything here is for bytes that are not
// trusted: output is bounded by a cap that the caller names and by the window limit below, errors
// are `corrupt_message` (the bytes do not follow the codec's format) or `message_too_large` (the
// output would pass the cap), and no exception of a library escapes. One object serves one thread.
#pragma once

#include <array>
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
inline constexpr size_t codec_count = 5;

[[nodiscard]] std::string_view name(Codec codec);  // "none", "gzip", ...
[[nodiscard]] std::optional<Codec> codec_named(std::string_view name);
// Empty for a number that is no codec.
[[nodiscard]] std::optional<Codec> codec_numbered(int number);

// A step of the Decompressor gives at most this much.
inline constexpr size_t decompression_block_bytes = 64U << 10;
// A zstd frame names the window that its reader must keep. Kafka's clients offer all levels up to
// 22 and stream, so that even a small batch of the highest level asks for 128 MiB; zstd itself and
// so Kafka stop there. That much is only address space: the pages that are touched are bounded by
// what comes out, and so by the cap.
inline constexpr int zstd_window_log_max = 27;

// How hard a codec tries when nobody says. The numbers are Kafka's (KIP-390): -1 for gzip, 9 for
// lz4, which there means its fast mode, 3 for zstd. Codecs without levels ignore them.
[[nodiscard]] int standard_level(Codec codec);
[[nodiscard]] bool has_levels(Codec codec);
// What is written needs a reader to keep no more than this, at any level, so that neither do we.
inline constexpr int zstd_written_window_log_max = 23;

// Compresses in steps, so that a decompressor's blocks need not be held together. Snappy is written
// in the framing of snappy-java, which every Kafka client reads and which decompresses in bounded
// steps.
class Compressor {
public:
    // `size` is how much will be added in all: a codec's memory follows from it.
    Compressor(Codec codec, int level, size_t size);
    ~Compressor();
    Compressor(const Compressor&) = delete;
    Compressor& operator=(const Compressor&) = delete;

    // Appends to `out` what the codec lets go of. Errors (after which it is of no more use): the
    // library's, which only come of memory or of another size than was said.
    [[nodiscard]] Status add(ByteView in, Buffer& out);
    // The same with the rest; nothing is added behind it.
    [[nodiscard]] Status finish(ByteView in, Buffer& out);

    class Engine;

private:
    std::unique_ptr<Engine> engine_;
};

// Appends the compressed form of `in`, at the codec's standard level.
[[nodiscard]] Status compress(Codec codec, ByteView in, Buffer& out);

// All of `in`; at most `cap` bytes come out.
[[nodiscard]] Result<Buffer> decompress(Codec codec, ByteView in, size_t cap);

// Decompresses in steps: memory stays at a block and the codec's window, however much would come
// out. Frames may follow one another; no bytes at all are no frames and give nothing. Raw snappy
// has no steps: its declared size is held against the cap and against what so many bytes can
// expand to, and then it is decompressed at once.
//
// Meant to be kept and begun again for every batch: the state of each codec is made on first use.
class Decompressor {
public:
    Decompressor();
    ~Decompressor();
    Decompressor(Decompressor&&) noexcept;
    Decompressor& operator=(Decompressor&&) noexcept;

    // Forgets what was under way. `in` must stay valid until the next begin() or the last next().
    void begin(Codec codec, ByteView in, size_t cap);
    // The next bytes, at most decompression_block_bytes, valid until the next call; empty at the
    // end. After an error every call gives that error again.
    [[nodiscard]] Result<ByteView> next();

    class Engine;

private:
    std::array<std::unique_ptr<Engine>, codec_count> engines_;
    Engine* current_ = nullptr;
    size_t left_ = 0;
    Errc failed_ = Errc::none;
};

}  // namespace cambium
