// Producer snapshots (Kafka's `.snapshot`; docs/formats/producer-snapshot.md): the producer state
// of a log at an offset, so that a start replays only what follows.
//
// Kafka writes one entry per producer and so forgets all but the newest batch. We write one entry
// per remembered batch, oldest first: Kafka's reader keeps the last one of each producer, ours all
// five.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "log/producer_state.hpp"

namespace cambium::log {

inline constexpr int16_t producer_snapshot_version = 1;
inline constexpr size_t producer_snapshot_header_bytes = 10;
inline constexpr size_t producer_snapshot_entry_bytes = 46;
inline constexpr int64_t producer_snapshot_bytes_max =
    static_cast<int64_t>(producer_snapshot_header_bytes +
                         producers_max * producer_batches_kept * producer_snapshot_entry_bytes);

[[nodiscard]] Buffer encode_producers(const ProducerState& state);
// Errors: corrupt_data (checksum, lengths), unsupported_format.
[[nodiscard]] Result<ProducerState> decode_producers(ByteView bytes);

}  // namespace cambium::log
