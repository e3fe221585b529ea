// Metadata records as record batches: the form in which the log and its snapshots hold them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/buffer.hpp"
#include "io/disk.hpp"
#include "io/task.hpp"
#include "log/scanner.hpp"
#include "meta/record.hpp"

namespace cambium::quorum {

// No batch is larger (HOUSE, decision 7): what etcd accepts in one entry is not much more.
inline constexpr size_t max_entry_bytes = size_t{512} << 10;
// A record with everything that a batch puts around it always fits.
static_assert(meta::max_record_bytes + 1024 <= max_entry_bytes);
// A scanner holds a whole batch in memory.
static_assert(max_entry_bytes <= log::scan_block_bytes);

// Cuts a list of records into batches, one after the other.
class Batches {
public:
    struct Options {
        size_t max_bytes = max_entry_bytes;  // of a batch, unless one record alone is larger
        LeaderEpoch epoch;
        Timestamp timestamp;
    };
    // `records` outlives it.
    Batches(const std::vector<meta::Record>* records, Options options)
        : records_(records), options_(options) {}
    // Base offsets count from 0; nothing after the last record.
    [[nodiscard]] std::optional<Buffer> next();

private:
    const std::vector<meta::Record>* records_;
    Options options_;
    size_t at_ = 0;
    Buffer value_;
};

// Where the records that are read go. An error ends the reading.
class RecordSink {
public:
    virtual ~RecordSink() = default;
    virtual Status take(meta::Record record, Offset offset) = 0;
};

struct ByteRange {
    int64_t position = 0;
    int64_t end = 0;
};
// Feeds every record of the batches in that part of a file to `sink`. Errors: corrupt_data for
// anything that is not a whole, valid batch of metadata records up to the end, unsupported_format,
// those of the disk and of the sink.
io::Task<Status> read_batches(io::FileRef file, ByteRange range, RecordSink* sink);

}  // namespace cambium::quorum
