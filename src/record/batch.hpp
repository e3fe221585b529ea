// Record batch v2 (KIP-98; byte table in docs/formats/record-batch.md): the unit that is sent,
// stored, checked and answered, as views over bytes that somebody else owns.
//
// HeaderView looks at the 61 bytes of the header, BatchView at a whole batch; both only load
// integers and cost nothing to copy. Finding a batch in bytes that are not trusted has three steps,
// so that a caller pays for what it needs:
//   peek()        the size and format of what comes next, from its first 17 bytes;
//   parse_*()     the header's own consistency, 61 bytes or the whole batch;
//   checksum_ok() one pass over the batch.
// Errors of the first two: `end_of_stream` when there are too few bytes to say, `corrupt_message`
// when the bytes cannot be a batch, `unsupported_for_message_format` when they are one of the
// formats before v2 (record/legacy.hpp reads those).
// The payload is looked at by record/record.hpp; record/validate.hpp holds what a producer sent to
// the rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/bytes.hpp"
#include "bytes/compression.hpp"
#include "bytes/endian.hpp"

namespace cambium::record {

// Where each field of the header begins.
namespace at {
inline constexpr size_t base_offset = 0;
inline constexpr size_t length = 8;         // of everything after this field
inline constexpr size_t leader_epoch = 12;  // the last field that the checksum leaves out
inline constexpr size_t magic = 16;
inline constexpr size_t crc = 17;
inline constexpr size_t attributes = 21;  // the checksum covers from here to the end
inline constexpr size_t last_offset_delta = 23;
inline constexpr size_t base_timestamp = 27;
inline constexpr size_t max_timestamp = 35;
inline constexpr size_t producer_id = 43;
inline constexpr size_t producer_epoch = 51;
inline constexpr size_t base_sequence = 53;
inline constexpr size_t record_count = 57;
inline constexpr size_t records = 61;
}  // namespace at

inline constexpr size_t header_bytes = at::records;
// What `length` does not count: the base offset and itself.
inline constexpr size_t length_overhead = at::leader_epoch;
// As far as the magic byte all formats agree.
inline constexpr size_t peek_bytes = at::magic + 1;
inline constexpr int8_t magic_v2 = 2;
// A batch never is larger than its length field can say.
inline constexpr size_t max_batch_bytes = 0x7fffffffU;
static_assert(at::record_count + sizeof(int32_t) == header_bytes);

// The bits of the attributes.
inline constexpr uint16_t codec_bits = 0x07;
inline constexpr uint16_t log_append_time_bit = 0x08;
inline constexpr uint16_t transactional_bit = 0x10;
inline constexpr uint16_t control_bit = 0x20;
inline constexpr uint16_t delete_horizon_bit = 0x40;

// Whose clock the timestamps are: the producer's, or the server's at the append.
enum class TimestampType : int8_t { create_time = 0, log_append_time = 1 };

// The fixed header. Loads whatever stands there; only parse_header() says that it makes sense.
class HeaderView {
public:
    // `bytes` holds at least header_bytes.
    explicit HeaderView(ByteView bytes) : from_(bytes.data()) {
        check(bytes.size() >= header_bytes, bytes.size());
    }

    [[nodiscard]] Offset base_offset() const { return Offset(get<int64_t>(at::base_offset)); }
    [[nodiscard]] int32_t length() const { return get<int32_t>(at::length); }
    // Of the whole batch, this header included. Meaningful after a parse.
    [[nodiscard]] size_t size() const { return static_cast<size_t>(length()) + length_overhead; }
    [[nodiscard]] LeaderEpoch leader_epoch() const {
        return LeaderEpoch(get<int32_t>(at::leader_epoch));
    }
    [[nodiscard]] int8_t magic() const { return get<int8_t>(at::magic); }
    [[nodiscard]] uint32_t crc() const { return get<uint32_t>(at::crc); }
    [[nodiscard]] uint16_t attributes() const { return get<uint16_t>(at::attributes); }
    [[nodiscard]] int32_t last_offset_delta() const { return get<int32_t>(at::last_offset_delta); }
    [[nodiscard]] Offset last_offset() const { return base_offset() + last_offset_delta(); }
    // The offset after the last one: where the next batch begins.
    [[nodiscard]] Offset next_offset() const { return last_offset() + 1; }
    [[nodiscard]] Timestamp base_timestamp() const {
        return Timestamp(get<int64_t>(at::base_timestamp));
    }
    [[nodiscard]] Timestamp max_timestamp() const {
        return Timestamp(get<int64_t>(at::max_timestamp));
    }
    [[nodiscard]] ProducerId producer_id() const {
        return ProducerId(get<int64_t>(at::producer_id));
    }
    [[nodiscard]] ProducerEpoch producer_epoch() const {
        return ProducerEpoch(get<int16_t>(at::producer_epoch));
    }
    [[nodiscard]] int32_t base_sequence() const { return get<int32_t>(at::base_sequence); }
    // The sequence of the last record; sequences wrap from 2^31-1 to 0. -1 without a sequence.
    [[nodiscard]] int32_t last_sequence() const;
    [[nodiscard]] int32_t record_count() const { return get<int32_t>(at::record_count); }

    // Empty for a number that is no codec.
    [[nodiscard]] std::optional<Codec> codec() const {
        return codec_numbered(attributes() & codec_bits);
    }
    [[nodiscard]] TimestampType timestamp_type() const {
        return has(log_append_time_bit) ? TimestampType::log_append_time
                                        : TimestampType::create_time;
    }
    [[nodiscard]] bool transactional() const { return has(transactional_bit); }
    [[nodiscard]] bool control() const { return has(control_bit); }
    // When set, base_timestamp() is the time from which the cleaner may drop tombstones (KIP-534).
    [[nodiscard]] bool has_delete_horizon() const { return has(delete_horizon_bit); }
    [[nodiscard]] bool has_producer_id() const { return producer_id().value() > -1; }

private:
    template <class Int> Int get(size_t position) const { return load_big<Int>(from_ + position); }
    bool has(uint16_t bit) const { return (attributes() & bit) != 0; }

    const uint8_t* from_;
};

// One whole batch; made by parse_batch() or BatchIterator.
class BatchView : public HeaderView {
public:
    // `bytes` is exactly one batch whose header parsed.
    explicit BatchView(ByteView bytes) : HeaderView(bytes), bytes_(bytes) {
        check(size() == bytes.size(), size(), bytes.size());
    }
    [[nodiscard]] ByteView bytes() const { return bytes_; }
    // The records, compressed by codec().
    [[nodiscard]] ByteView payload() const { return bytes_.subspan(header_bytes); }
    [[nodiscard]] uint32_t computed_crc() const;
    [[nodiscard]] bool checksum_ok() const { return computed_crc() == crc(); }

private:
    ByteView bytes_;
};

// What comes next in a range of batches of any format.
struct Peek {
    Offset base_offset;  // of formats 0 and 1: the offset of the message, or of the last one inside
    int8_t magic = 0;
    size_t size = 0;  // in bytes, whole
};

// Needs the first peek_bytes. `limit` is the largest size that the caller is willing to believe;
// anything above it is `corrupt_message`, and so is a size below the smallest one of the format,
// which is how a run of zeros reads.
[[nodiscard]] Result<Peek> peek(ByteView front, size_t limit = max_batch_bytes);

// The header at the front of `front` (at least header_bytes) when it is consistent in itself:
// format 2, no negative offset, delta or count, a known codec, not more records than offsets. Holds
// for every batch that a log may contain, cleaned ones included.
[[nodiscard]] Result<HeaderView> parse_header(ByteView front, size_t limit = max_batch_bytes);

// The whole batch at the front of `front`, header checked as by parse_header(), checksum not yet.
[[nodiscard]] Result<BatchView> parse_batch(ByteView front, size_t limit = max_batch_bytes);

// Walks batches that lie one after another.
class BatchIterator {
public:
    explicit BatchIterator(ByteView bytes, size_t limit = max_batch_bytes)
        : bytes_(bytes), limit_(limit) {}

    // Empty at the end and at the first thing that is no whole batch: status() tells which.
    [[nodiscard]] std::optional<BatchView> next();
    // Where the next batch begins, or the first thing that is none.
    [[nodiscard]] size_t position() const { return position_; }
    [[nodiscard]] const Status& status() const { return status_; }

private:
    ByteView bytes_;
    size_t limit_;
    size_t position_ = 0;
    Status status_;
};

// What an append changes in a batch: both fields lie outside the checksum.
void patch(MutableBytes batch, Offset base, LeaderEpoch epoch);
// Sets the batch's largest timestamp and whose clock it is, and the checksum anew. With
// log_append_time every record of the batch reads as having `time`.
void patch_timestamp(MutableBytes batch, TimestampType type, Timestamp time);
// The payload was compressed anew and fills `batch`: sets length, codec and checksum.
void patch_codec(MutableBytes batch, Codec codec);

}  // namespace cambium::record
