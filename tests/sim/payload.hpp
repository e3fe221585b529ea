// What the records of a history say: who wrote them and as which of its records.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "bytes/bytes.hpp"
#include "io/random.hpp"
#include "ledger.hpp"

namespace cambium::history {

struct Payload {
    std::string key;
    std::string value;
};

// A record of `name` with a drawn length, its bytes determined by its name and `random`.
[[nodiscard]] Payload make_payload(const RecordName& name, io::Random& random,
                                   int64_t value_bytes_max);
// Who wrote a record with this value; none when no payload looks like that.
[[nodiscard]] std::optional<RecordName> name_in(ByteView value);
[[nodiscard]] uint64_t payload_hash(ByteView key, ByteView value);

// The records in `batches`, which holds whole batches. Errors: bytes that are no record batch, a
// checksum that does not hold, a value that no payload has.
[[nodiscard]] Result<std::vector<SeenRecord>> records_in(ByteView batches);

}  // namespace cambium::history
