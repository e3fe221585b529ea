// What a dump of logs consists of, in the order of the files: whoever wants to print it, compare it
// or count it implements this.
//
// Views live until the call returns. Nothing was checked when it is given here, except that it
// could be taken apart; what is wrong with it is a Finding of the same inspection.
#pragma once

#include <cstdint>
#include <string>

#include "base/types.hpp"
#include "log/epochs.hpp"
#include "log/names.hpp"
#include "log/producer_state.hpp"
#include "record/batch.hpp"
#include "record/record.hpp"

namespace cambium::log {

class DumpSink {
public:
    virtual ~DumpSink() = default;

    // What follows comes from this file. `entries` is false when there is nothing in it.
    virtual void file(const std::string& path, FileName name, bool entries) = 0;

    virtual void batch(const record::BatchView& batch, int64_t position) = 0;
    virtual void record(const record::BatchView& batch, const record::RecordView& record) = 0;
    // `bytes` bytes from `position` on belong to no batch.
    virtual void no_batch(int64_t position, int64_t bytes) = 0;

    virtual void index_entry(Offset offset, int32_t position) = 0;
    virtual void time_index_entry(Timestamp timestamp, Offset offset) = 0;

    // One of the batches that a snapshot remembers; null when it remembers none of that producer.
    virtual void producer(ProducerId id, const Producer& producer, const ProducerBatch* batch) = 0;
    virtual void epoch(const EpochStart& epoch) = 0;
};

}  // namespace cambium::log
