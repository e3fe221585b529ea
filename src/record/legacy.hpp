// The formats before record batches (magic 0 and 1), read only: old log directories may hold them
// and `log dump` names them. No producer may send them (Kafka 4 dropped them too, KIP-896) and no
// log of ours has them.
//
// A message set is a row of {int64 offset, int32 size, message}; a compressed one is a message
// whose value is a compressed message set. Messages of format 0 that were compressed with lz4 have
// a frame header whose checksum is wrong by a bug of that time; those are not read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "bytes/compression.hpp"
#include "record/batch.hpp"

namespace cambium::record {

// Views live as long as the bytes that were parsed.
struct MessageView {
    Offset offset;  // of a compressed message: that of the last one inside
    size_t size = 0;
    uint32_t crc = 0;
    int8_t magic = 0;
    uint8_t attributes = 0;
    Timestamp timestamp;  // none in format 0
    std::optional<ByteView> key;
    std::optional<ByteView> value;
    ByteView checked;  // what the checksum covers

    // Empty for a number that is no codec of its time.
    [[nodiscard]] std::optional<Codec> codec() const;
    [[nodiscard]] TimestampType timestamp_type() const;
    [[nodiscard]] bool checksum_ok() const;
};

// The message at the front of `front`, errors as those of parse_batch(); a batch of format 2 is
// `unsupported_for_message_format` here.
[[nodiscard]] Result<MessageView> parse_message(ByteView front, size_t limit = max_batch_bytes);

// What a compressed message holds, with absolute offsets, as views into `storage`; at most `cap`
// bytes come out.
[[nodiscard]] Result<std::vector<MessageView>> inner_messages(const MessageView& outer,
                                                              Buffer& storage, size_t cap);

}  // namespace cambium::record
