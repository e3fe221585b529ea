#include "bytes/compression.hpp"

namespace cambium {

namespace {

constexpr std::string_view names[codec_count] = {"none", "gzip", "snappy", "lz4", "zstd"};

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
