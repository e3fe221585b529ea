// Reads a partition of __consumer_offsets from its start to its high watermark: what it says in the
// end of each key.
//
// Only the newest record of a key counts, and those that it replaced are not even decoded. So the
// order in which different keys were written does not matter to whoever replays them: they come
// by their bytes, which begin with the type. (Cleaning writes records anew, behind younger ones of
// other keys: coord/cleaning.hpp.)
//
// Records of a transaction count from the marker that commits it on, and never when it is aborted.
// One loop.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/buffer.hpp"
#include "coord/records.hpp"
#include "io/loop.hpp"
#include "io/task.hpp"
#include "record/batch.hpp"
#include "replica/partition.hpp"

namespace cambium::coord {

// The bytes of a key, and of its value; none: what the key names was taken back.
using NewestRecords = std::map<std::string, std::optional<std::string>, std::less<>>;

class LogReader {
public:
    explicit LogReader(io::Loop* loop) : loop_(loop) {}

    // From where the last call ended until `up_to` or the high watermark, whichever is first.
    // Errors: those of Partition::read; corrupt_data (a record that is none).
    io::Task<Status> read(replica::Partition* partition, Offset up_to = Offset(INT64_MAX));
    // Whole batches in the order of the log. Errors: as above.
    Status take(ByteView batches);

    // Everything before it was read.
    [[nodiscard]] Offset position() const { return next_; }
    [[nodiscard]] const NewestRecords& newest() const { return newest_; }
    // Some of it was written in transactions.
    [[nodiscard]] bool transactional() const { return transactional_; }
    // What was read, and what counts of it.
    [[nodiscard]] int64_t records() const { return records_; }
    [[nodiscard]] int64_t bytes() const { return bytes_read_; }
    [[nodiscard]] int64_t live_bytes() const;

    // Each record that counts, decoded. Errors: corrupt_data; unsupported_format.
    using Sink = std::function<void(const Record& record)>;
    Status deliver(const Sink& sink) const;

private:
    using Pair = std::pair<std::string, std::optional<std::string>>;

    Status take(const record::BatchView& batch);
    Status end_transaction(const record::BatchView& batch);

    io::Loop* loop_;
    Buffer bytes_;
    std::optional<Offset> started_;
    Offset next_{0};
    NewestRecords newest_;
    std::map<ProducerId, std::vector<Pair>> open_;  // what a transaction has not committed yet
    bool transactional_ = false;
    int64_t records_ = 0;
    int64_t bytes_read_ = 0;
};

}  // namespace cambium::coord
