// Which leader epoch began at which offset (KIP-101), and its file (Kafka's
// `leader-epoch-checkpoint`: text, without a checksum, so checked against the log when it is read).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/buffer.hpp"

namespace cambium::log {

struct EpochStart {
    LeaderEpoch epoch;
    Offset start;
    bool operator==(const EpochStart&) const = default;
};

class EpochCache {
public:
    static constexpr int64_t file_bytes_max = int64_t{16} << 20;

    // A batch of `epoch` begins at `offset`; true when that epoch is new.
    bool assign(LeaderEpoch epoch, Offset offset);
    // No record at or above `end` counts any more.
    void take_back(Offset end);
    // No record below `start` is there any more.
    void advance_start(Offset start);

    // The epoch of the record at `offset` or of the last one before it; -1 when there is none.
    [[nodiscard]] LeaderEpoch at(Offset offset) const;
    // The epoch and end offset of the largest epoch that is not above `epoch`; `appended_end` is
    // the end of the newest. When all known epochs are above, the start of the first one. Nothing
    // when `epoch` is none or above all known ones.
    struct End {
        LeaderEpoch epoch;
        Offset end;
    };
    [[nodiscard]] std::optional<End> end_of(LeaderEpoch epoch, Offset appended_end) const;

    [[nodiscard]] const std::vector<EpochStart>& entries() const { return entries_; }
    [[nodiscard]] Buffer text() const;
    // Errors: corrupt_data.
    [[nodiscard]] static Result<EpochCache> parse(std::string_view text);
    bool operator==(const EpochCache&) const = default;

private:
    std::vector<EpochStart> entries_;  // both members grow strictly
};

}  // namespace cambium::log
