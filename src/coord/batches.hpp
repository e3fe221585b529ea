// Records of a coordinator as batches for its log.
#pragma once

#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/buffer.hpp"
#include "coord/records.hpp"

namespace cambium::coord {

// A batch is closed when it is larger than this; one record may be larger still.
inline constexpr size_t batch_bytes = size_t{512} << 10;
// The largest record that is written.
inline constexpr size_t record_bytes_max = size_t{32} << 20;

// In the order of the records; there is at least one. Errors: message_too_large (a record is),
// invalid_argument.
[[nodiscard]] Result<std::vector<Buffer>> batches_of(const std::vector<Record>& records,
                                                     Timestamp now);

}  // namespace cambium::coord
