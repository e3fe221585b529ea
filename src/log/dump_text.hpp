// The lines of Kafka's dump tool (DumpLogSegments), so that its output and ours can be compared.
//
// Kafka prints no epoch checkpoint; ours is "epoch: 0 startOffset: 0".
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/types.hpp"
#include "log/dump_sink.hpp"
#include "record/batch.hpp"
#include "record/record.hpp"

namespace cambium::log {

class TextDump : public DumpSink {
public:
    struct Options {
        bool data = true;  // keys and values, as with --print-data-log
    };
    TextDump(Options options, std::function<void(std::string_view)> line)
        : options_(options), line_(std::move(line)) {}

    void file(const std::string& path, FileName name, bool entries) override;
    void batch(const record::BatchView& batch, int64_t position) override;
    void record(const record::BatchView& batch, const record::RecordView& record) override;
    void no_batch(int64_t position, int64_t bytes) override;
    void index_entry(Offset offset, int32_t position) override;
    void time_index_entry(Timestamp timestamp, Offset offset) override;
    void producer(ProducerId id, const Producer& producer, const ProducerBatch* batch) override;
    void epoch(const EpochStart& epoch) override;

private:
    Options options_;
    std::function<void(std::string_view)> line_;
    std::string file_;
};

}  // namespace cambium::log
