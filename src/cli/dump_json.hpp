// A dump of logs as one JSON object a line: batches, records, index entries, producers, epochs.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "bytes/bytes.hpp"
#include "cli/json_object.hpp"
#include "log/dump_sink.hpp"

namespace cambium::cli {

// Every object has the members "type" and "file". Keys and values that are no UTF-8 are given in
// hexadecimal as "key_hex" and "value_hex".
class JsonDump : public log::DumpSink {
public:
    explicit JsonDump(std::function<void(std::string_view)> write) : write_(std::move(write)) {}

    void file(const std::string& path, log::FileName name, bool entries) override;
    void batch(const record::BatchView& batch, int64_t position) override;
    void record(const record::BatchView& batch, const record::RecordView& record) override;
    void no_batch(int64_t position, int64_t bytes) override;
    void index_entry(Offset offset, int32_t position) override;
    void time_index_entry(Timestamp timestamp, Offset offset) override;
    void producer(ProducerId id, const log::Producer& producer,
                  const log::ProducerBatch* batch) override;
    void epoch(const log::EpochStart& epoch) override;

private:
    [[nodiscard]] JsonObject object(std::string_view type) const;

    std::function<void(std::string_view)> write_;
    std::string file_;
};

}  // namespace cambium::cli
