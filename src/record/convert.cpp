#include "record/convert.hpp"

#include <algorithm>
#include <string>

#include "base/check.hpp"
#include "base/fault.hpp"
#include "bytes/endian.hpp"

namespace cambium::record {

namespace {

Error too_large(const Conversion& conversion) {
    return {Errc::message_too_large,
            "the record batch has more than " + std::to_string(conversion.batch_bytes_max) +
                " bytes once it is stored with codec " + std::string(name(conversion.codec))};
}

// The whole payload, through both codecs.
Status recompress(const BatchView& batch, size_t record_bytes, const Conversion& conversion,
                  Decompressor& decompressor, Buffer& out) {
    decompressor.begin(*batch.codec(), batch.payload(), record_bytes);
    Compressor compressor(conversion.codec, conversion.level, record_bytes);
    for (;;) {
        const Result<ByteView> block = decompressor.next();
        if (!block) return block.error();
        Status added = block->empty() ? compressor.finish({}, out) : compressor.add(*block, out);
        if (!added) return added;
        if (out.size() > conversion.batch_bytes_max) return too_large(conversion);
        if (block->empty()) return {};
    }
}

}  // namespace

Result<Buffer> convert(const BatchView& batch, const Validated& validated,
                       const Conversion& conversion, Decompressor& decompressor) {
    check(validated.ok());
    Buffer out = Buffer::copy_of(batch.bytes().first(header_bytes));
    const size_t limit = std::min(conversion.batch_bytes_max, max_batch_bytes);
    const Conversion bounded{conversion.codec, conversion.level, limit};
    const Status packed = recompress(batch, validated.record_bytes, bounded, decompressor, out);
    if (!packed) return packed.error();
    if (mutant("record.conversion_loses_timestamps"))
        store_big(out.data() + at::base_timestamp, int64_t{0});
    patch_codec(out.mutable_view(), conversion.codec);
    sometimes("record.converted");
    return out;
}

}  // namespace cambium::record
