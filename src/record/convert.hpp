// Stores a batch with another codec than it was sent with: what a topic asks for by
// compression.type.
//
// Only the payload changes, and with it the length, three bits of the attributes and the checksum.
// The records are byte for byte those that were sent: their offsets, timestamps, keys, values and
// headers, and the header's producer, sequences and timestamps. One step of the old codec goes into
// the new one at a time, so that memory is what comes out, and that is bounded.
#pragma once

#include <cstddef>

#include "base/result.hpp"
#include "bytes/buffer.hpp"
#include "bytes/compression.hpp"
#include "record/batch.hpp"
#include "record/validate.hpp"

namespace cambium::record {

struct Conversion {
    Codec codec = Codec::none;
    int level = 0;  // as Compressor takes it
    // What the batch may have afterwards: max.message.bytes holds again (as in Kafka).
    size_t batch_bytes_max = 0;
};

// `batch` as `conversion` wants it, when validate_produced accepted it and said `validated`.
// Errors: message_too_large.
[[nodiscard]] Result<Buffer> convert(const BatchView& batch, const Validated& validated,
                                     const Conversion& conversion, Decompressor& decompressor);

}  // namespace cambium::record
