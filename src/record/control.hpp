// Control records (KIP-98): what a server, never a client, writes into a partition to end a
// transaction. They lie alone in a batch with the control bit and occupy one offset.
#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/buffer.hpp"
#include "record/record.hpp"

namespace cambium::record {

// The types that data partitions hold; Kafka's metadata log has more.
enum class ControlType : int16_t { abort = 0, commit = 1 };

struct ControlKey {
    int16_t version = 0;
    int16_t type = 0;  // a ControlType, or one of a newer writer
};

struct EndTxnMarker {
    ControlType type = ControlType::abort;
    int32_t coordinator_epoch = 0;
};

// `malformed` when the record's key is none of a control record.
[[nodiscard]] Result<ControlKey> parse_control_key(const RecordView& record);
// `malformed` when the record is none that ends a transaction.
[[nodiscard]] Result<EndTxnMarker> parse_end_txn_marker(const RecordView& record);

struct MarkerPlace {
    ProducerId producer_id;
    ProducerEpoch producer_epoch;
    Timestamp timestamp;
    Offset base_offset{0};
    LeaderEpoch leader_epoch{};
};
// The batch that ends a transaction of that producer.
[[nodiscard]] Buffer end_txn_batch(const MarkerPlace& place, const EndTxnMarker& marker);

}  // namespace cambium::record
