// Any bytes as any codec's: nothing beyond the cap comes out, and what comes out survives a round
// trip. The trip is for one choice of the second byte in eight: it takes ten times as long.
#include <cstddef>
#include <cstdint>

#include "base/check.hpp"
#include "bytes/compression.hpp"

using namespace cambium;

namespace {

constexpr uint8_t first_with_round_trip = 224;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) return 0;
    static Decompressor decompressor;
    const auto codec = static_cast<Codec>(data[0] % codec_count);
    const size_t cap = size_t{1} << (data[1] % 21);
    const ByteView in(data + 2, size - 2);

    decompressor.begin(codec, in, cap);
    size_t seen = 0;
    Result<ByteView> block = decompressor.next();
    for (; block.ok() && !block->empty(); block = decompressor.next()) {
        check(block->size() <= decompression_block_bytes, block->size());
        seen += block->size();
    }
    check(seen <= cap, seen, cap);
    if (data[1] < first_with_round_trip) return 0;

    const Result<Buffer> whole = decompress(codec, in, cap);
    check(whole.ok() == block.ok());
    if (!whole.ok()) return 0;
    check(whole->size() == seen, whole->size(), seen);
    Buffer packed;
    check(compress(codec, whole->view(), packed).ok());
    check(same(decompress(codec, packed.view(), cap)->view(), whole->view()));
    // In steps it is the same.
    Compressor compressor(codec, data[1] % 10, whole->size());
    Buffer in_steps;
    const size_t half = whole->size() / 2;
    check(compressor.add(whole->view().first(half), in_steps).ok());
    check(compressor.finish(whole->view().subspan(half), in_steps).ok());
    check(same(decompress(codec, in_steps.view(), cap)->view(), whole->view()));
    return 0;
}
