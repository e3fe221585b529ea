// What a producer sent, held to the rules before anything is appended.
//
// The rules and codes are those of Kafka 4.3, asked with one broken batch after another; where it
// is more lenient or vaguer than that, docs/formats/record-batch.md says so. The whole payload is
// walked, a compressed one in steps of 64 KiB that are dropped at once: memory stays flat.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/bytes.hpp"
#include "bytes/compression.hpp"
#include "record/batch.hpp"

namespace cambium::record {

// However small decompressed.max.bytes is set, what usual data compresses to is accepted.
inline constexpr size_t decompression_factor = 16;

// The settings of the topic and the moment of the request.
struct ProduceRules {
    size_t max_message_bytes = 1048588;
    size_t segment_bytes = size_t{1} << 30;
    // What the records may be once decompressed, if not decompression_factor times
    // max_message_bytes, which may be more.
    size_t decompressed_max_bytes = size_t{64} << 20;
    TimestampType timestamp_type = TimestampType::create_time;
    Timestamp now{0};
    int64_t timestamp_before_max_ms = INT64_MAX;
    int64_t timestamp_after_max_ms = 3600000;
    bool keys_required = false;  // the topic is compacted
    bool zstd_allowed = true;    // since Produce 7
    // A compressed batch is left undecided once more than this has come out of it: whoever must not
    // be held up gives it to somebody who has the time.
    size_t undecided_above = SIZE_MAX;
};

// The record that broke a rule, and how: BatchIndexAndErrorMessage of the answer.
struct RecordError {
    int32_t index = 0;
    std::string why;
};

// No more records are named than this, however many there are.
inline constexpr size_t max_record_errors = 100;

struct Validated {
    Errc code = Errc::none;
    std::string why;  // empty when it is accepted
    std::vector<RecordError> record_errors;
    // Nothing was found wrong within ProduceRules::undecided_above, and there is more to look at.
    bool undecided = false;
    // The largest timestamp of the records, which the header need not have said.
    Timestamp max_timestamp{};
    // What the records take when they are not compressed.
    size_t record_bytes = 0;

    [[nodiscard]] bool ok() const { return code == Errc::none && !undecided; }
};

// `records` is the whole of what was sent for a partition: exactly one batch of format 2.
[[nodiscard]] Validated validate_produced(ByteView records, const ProduceRules& rules,
                                          Decompressor& decompressor);

// Makes an accepted batch say what its topic's log must: whose clock its timestamps are, and the
// largest. Most batches do already, and keep their checksum.
void settle_timestamps(MutableBytes batch, const ProduceRules& rules, const Validated& validated);

}  // namespace cambium::record
