// Reads a partition of __consumer_offsets from its start to its high watermark, record by record,
// as a coordinator replays it at a start.
//
// Records of a transaction count from the marker that commits it on, and never when it is aborted.
// One loop; used once.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
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

class LogReader {
public:
    using Sink = std::function<void(const Record& record)>;
    LogReader(io::Loop* loop, Sink sink) : loop_(loop), sink_(std::move(sink)) {}

    // Errors: those of Partition::read; corrupt_data (a record that is none); unsupported_format.
    io::Task<Status> read(replica::Partition* partition);
    // Whole batches in the order of the log. Errors: as above.
    Status take(ByteView batches);

    [[nodiscard]] int64_t records() const { return records_; }
    [[nodiscard]] int64_t foreign() const { return foreign_; }

private:
    Status take(const record::BatchView& batch);
    Status end_transaction(const record::BatchView& batch);
    void deliver(const Record& record);

    io::Loop* loop_;
    Sink sink_;
    Buffer bytes_;
    Offset next_{0};
    std::map<ProducerId, std::vector<Record>> open_;  // what a transaction has not committed yet
    int64_t records_ = 0;
    int64_t foreign_ = 0;
};

}  // namespace cambium::coord
