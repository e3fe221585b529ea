// Records that a fetch brought, read one after the other where they lie in the answer.
//
// Batches are decompressed one at a time into a buffer that is used again, so memory is the answer
// and one batch, at most `decompressed_bytes_max`. Batches that lie partly before the offset asked
// for lose those records; a batch cut off at the end, as servers send it, is left out; control
// batches are skipped. Nothing that the server sent is trusted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "record/batch.hpp"
#include "record/record.hpp"

namespace cambium::client {

// Views are valid until the next record is asked for.
struct ConsumedRecord {
    const TopicPartition* partition = nullptr;
    Offset offset;
    Timestamp timestamp;
    std::optional<ByteView> key;
    std::optional<ByteView> value;
    record::RecordView raw;  // for record::HeaderIterator
};

struct FetchedOptions {
    bool check_checksums = true;
    size_t decompressed_bytes_max = size_t{256} << 20;
};

class FetchedRecords {
public:
    // `batches` stays as long as this; `from` is the offset asked for.
    FetchedRecords(ByteView batches, Offset from, FetchedOptions options)
        : batches_(batches), next_offset_(from), options_(options) {}

    // The next record (without its partition); empty at the end. After an error it gives that error
    // again: corrupt_message, or unsupported_for_message_format for batches before version 2.
    [[nodiscard]] Result<std::optional<ConsumedRecord>> next();
    // Where to go on: after the last record given, or after what was skipped.
    [[nodiscard]] Offset next_offset() const { return next_offset_; }
    // Bytes came, but not one whole batch: the server was not allowed to send enough.
    [[nodiscard]] bool cut_short() const { return cut_short_; }

private:
    [[nodiscard]] Result<std::optional<ConsumedRecord>> fail(Error error);
    // False at the end.
    [[nodiscard]] Result<bool> open_batch();

    record::BatchIterator batches_;
    std::optional<record::BatchView> batch_;
    std::optional<record::RecordIterator> records_;
    Buffer plain_;
    Offset next_offset_;
    FetchedOptions options_;
    std::optional<Error> error_;
    bool any_batch_ = false;
    bool cut_short_ = false;
};

}  // namespace cambium::client
