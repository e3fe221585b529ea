// Builds a record batch (v2): what our producer sends and what internal topics and the metadata log
// hold.
//
// Records are encoded as they come; finish() compresses, fills in the header and the checksum, and
// leaves the builder empty with its options, ready for the next batch. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "bytes/compression.hpp"
#include "record/batch.hpp"
#include "record/record.hpp"

namespace cambium::record {

struct BatchOptions {
    Codec codec = Codec::none;
    TimestampType timestamp_type = TimestampType::create_time;
    ProducerId producer_id{};
    ProducerEpoch producer_epoch{};
    int32_t base_sequence = -1;
    bool transactional = false;
    bool control = false;
    Offset base_offset{0};  // a producer always says 0
    LeaderEpoch leader_epoch{};
};

// What to append; the views are only looked at during the call.
struct NewRecord {
    Timestamp timestamp;
    std::optional<ByteView> key;
    std::optional<ByteView> value;
    std::span<const HeaderEntry> headers;
};

class BatchBuilder {
public:
    explicit BatchBuilder(const BatchOptions& options = {});

    // `message_too_large` when the batch would no longer fit its length field; nothing changes
    // then.
    Status append(const NewRecord& record);
    [[nodiscard]] int32_t record_count() const { return count_; }
    [[nodiscard]] bool empty() const { return count_ == 0; }
    // Of the batch as it would be without compression.
    [[nodiscard]] size_t size() const { return bytes_.size(); }
    [[nodiscard]] BatchOptions& options() { return options_; }

    // The whole batch. At least one record was appended.
    [[nodiscard]] Result<Buffer> finish();

private:
    void begin();
    void write_header(MutableBytes batch) const;

    BatchOptions options_;
    Buffer bytes_;  // room for the header, then the records
    int32_t count_ = 0;
    Timestamp base_timestamp_{};
    Timestamp max_timestamp_{};
};

// One record as a batch of its own, uncompressed.
[[nodiscard]] Buffer single_record_batch(const BatchOptions& options, const NewRecord& record);

}  // namespace cambium::record
