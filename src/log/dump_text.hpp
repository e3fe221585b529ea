// The lines of Kafka's dump tool (DumpLogSegments, --print-data-log), so that its output and ours
// can be compared.
#pragma once

#include <cstdint>
#include <string>

#include "base/types.hpp"
#include "log/index.hpp"
#include "log/producer_state.hpp"
#include "log/time_index.hpp"
#include "record/batch.hpp"
#include "record/record.hpp"

namespace cambium::log {

[[nodiscard]] std::string dump_line(const record::BatchView& batch, int64_t position);
[[nodiscard]] std::string dump_line(const record::BatchView& batch,
                                    const record::RecordView& record);
// `base` is that of the segment.
[[nodiscard]] std::string dump_line(const IndexEntry& entry, Offset base);
[[nodiscard]] std::string dump_line(const TimeIndexEntry& entry, Offset base);
[[nodiscard]] std::string dump_line(ProducerId id, const Producer& producer);

}  // namespace cambium::log
