#include "record/control.hpp"

#include "bytes/cursor.hpp"
#include "record/builder.hpp"

namespace cambium::record {

namespace {

constexpr int16_t key_version = 0;
constexpr int16_t value_version = 0;

Error malformed(const char* what) { return {Errc::malformed, what}; }

}  // namespace

Result<ControlKey> parse_control_key(const RecordView& record) {
    if (!record.key) return malformed("a control record without a key");
    Reader reader(*record.key);
    ControlKey key;
    key.version = reader.big<int16_t>();
    key.type = reader.big<int16_t>();
    // A newer version may have more after these two.
    if (!reader.ok() || key.version < 0) return malformed("the key of a control record");
    return key;
}

Result<EndTxnMarker> parse_end_txn_marker(const RecordView& record) {
    const Result<ControlKey> key = parse_control_key(record);
    if (!key) return key.error();
    const auto type = static_cast<ControlType>(key->type);
    if (type != ControlType::abort && type != ControlType::commit)
        return malformed("a control record of another type");
    if (!record.value) return malformed("a marker without a value");
    Reader reader(*record.value);
    const auto version = reader.big<int16_t>();
    const auto epoch = reader.big<int32_t>();
    if (!reader.ok() || version < 0) return malformed("the value of a marker");
    return EndTxnMarker{type, epoch};
}

Buffer end_txn_batch(const MarkerPlace& place, const EndTxnMarker& marker) {
    Buffer key;
    Writer to_key(key);
    to_key.big(key_version);
    to_key.big(static_cast<int16_t>(marker.type));
    Buffer value;
    Writer to_value(value);
    to_value.big(value_version);
    to_value.big(marker.coordinator_epoch);
    const BatchOptions options{.producer_id = place.producer_id,
                               .producer_epoch = place.producer_epoch,
                               .transactional = true,
                               .control = true,
                               .base_offset = place.base_offset,
                               .leader_epoch = place.leader_epoch};
    return single_record_batch(options, {place.timestamp, key.view(), value.view(), {}});
}

}  // namespace cambium::record
