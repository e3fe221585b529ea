#include "bytes/compression.hpp"

#include <algorithm>
#include <string>

#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include "base/check.hpp"
#include "bytes/endian.hpp"
#include "bytes/snappy_java.hpp"

namespace cambium {

namespace {

constexpr std::string_view names[codec_count] = {"none", "gzip", "snappy", "lz4", "zstd"};

// Libraries only refuse to compress when memory ends or the input is larger than they can count.
Error refused(Codec codec, size_t size) {
    return {Errc::unknown_server_error,
            std::string(name(codec)) + " could not compress " + std::to_string(size) + " bytes"};
}

bool compress_gzip(ByteView in, Buffer& out) {
    z_stream stream{};
    constexpr int gzip_header = 15 + 16;
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_header, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    const size_t before = out.size();
    const size_t bound = deflateBound(&stream, in.size());
    stream.next_in = const_cast<uint8_t*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = out.extend(bound);
    stream.avail_out = static_cast<uInt>(bound);
    const bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    out.resize(before + bound - stream.avail_out);
    deflateEnd(&stream);
    return done;
}

void compress_snappy(ByteView in, Buffer& out) {
    out.append(snappy_java::header);
    while (!in.empty()) {
        const ByteView block = in.first(std::min(in.size(), snappy_java::block_bytes));
        const size_t at_length = out.size();
        uint8_t* const to = out.extend(sizeof(int32_t) + snappy::MaxCompressedLength(block.size()));
        size_t size = 0;
        snappy::RawCompress(as_text(block).data(), block.size(),
                            reinterpret_cast<char*>(to + sizeof(int32_t)), &size);
        store_big(to, static_cast<int32_t>(size));
        out.resize(at_length + sizeof(int32_t) + size);
        in = in.subspan(block.size());
    }
}

bool compress_lz4(ByteView in, Buffer& out) {
    LZ4F_preferences_t preferences{};
    // Kafka's Java client reads only blocks that do not refer to each other.
    preferences.frameInfo.blockMode = LZ4F_blockIndependent;
    preferences.frameInfo.blockSizeID = LZ4F_max64KB;
    const size_t before = out.size();
    const size_t bound = LZ4F_compressFrameBound(in.size(), &preferences);
    uint8_t* const to = out.extend(bound);
    const size_t size = LZ4F_compressFrame(to, bound, in.data(), in.size(), &preferences);
    const bool done = LZ4F_isError(size) == 0;
    out.resize(before + (done ? size : 0));
    return done;
}

bool compress_zstd(ByteView in, Buffer& out) {
    const size_t before = out.size();
    const size_t bound = ZSTD_compressBound(in.size());
    uint8_t* const to = out.extend(bound);
    const size_t size = ZSTD_compress(to, bound, in.data(), in.size(), ZSTD_CLEVEL_DEFAULT);
    const bool done = ZSTD_isError(size) == 0;
    out.resize(before + (done ? size : 0));
    return done;
}

}  // namespace

std::string_view name(Codec codec) { return names[static_cast<size_t>(codec)]; }

std::optional<Codec> codec_named(std::string_view name) {
    for (size_t number = 0; number < codec_count; ++number)
        if (names[number] == name) return static_cast<Codec>(number);
    return std::nullopt;
}

std::optional<Codec> codec_numbered(int number) {
    if (number < 0 || number >= static_cast<int>(codec_count)) return std::nullopt;
    return static_cast<Codec>(number);
}

Status compress(Codec codec, ByteView in, Buffer& out) {
    constexpr size_t most = 0x7e000000;  // what every library here can count
    if (in.size() > most) return refused(codec, in.size());
    bool done = true;
    switch (codec) {
        case Codec::none: out.append(in); break;
        case Codec::gzip: done = compress_gzip(in, out); break;
        case Codec::snappy: compress_snappy(in, out); break;
        case Codec::lz4: done = compress_lz4(in, out); break;
        case Codec::zstd: done = compress_zstd(in, out); break;
    }
    return done ? Status{} : Status{refused(codec, in.size())};
}

Result<Buffer> decompress(Codec codec, ByteView in, size_t cap) {
    Decompressor decompressor;
    decompressor.begin(codec, in, cap);
    Buffer out;
    for (;;) {
        const Result<ByteView> block = decompressor.next();
        if (!block) return block.error();
        if (block->empty()) return out;
        out.append(*block);
    }
}

}  // namespace cambium
