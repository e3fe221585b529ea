// Which partition a record goes to, as Kafka's Java client decides it, so that records of one key
// meet in one partition whichever client wrote them.
//
// A key: murmur2 of its bytes, without the sign bit, modulo the number of partitions. No key: one
// partition at a time, drawn anew when its batch is full (KIP-480), which fills batches.
#pragma once

#include <cstdint>
#include <optional>

#include "base/types.hpp"
#include "bytes/bytes.hpp"
#include "io/random.hpp"

namespace cambium::client {

// MurmurHash2 (Austin Appleby, 2008) with Kafka's seed.
[[nodiscard]] uint32_t murmur2(ByteView bytes);

// `partitions` is at least 1.
[[nodiscard]] PartitionIndex partition_of_key(ByteView key, int32_t partitions);

class StickyPartitioner {
public:
    explicit StickyPartitioner(io::Random random) : random_(random) {}

    [[nodiscard]] PartitionIndex pick(int32_t partitions) {
        if (!current_.has_value() || current_->value() >= partitions) change(partitions);
        return *current_;
    }
    // The batch of `full` was closed: another partition is next.
    void batch_closed(PartitionIndex full, int32_t partitions) {
        if (current_ == full) change(partitions);
    }

private:
    void change(int32_t partitions) {
        const auto count = static_cast<uint64_t>(partitions);
        if (!current_.has_value() || partitions == 1) {
            current_ = PartitionIndex(static_cast<int32_t>(random_.below(count)));
            return;
        }
        // Any but the one that is full.
        const auto step = 1 + random_.below(count - 1);
        const auto now = static_cast<uint64_t>(current_->value());
        current_ = PartitionIndex(static_cast<int32_t>((now + step) % count));
    }

    io::Random random_;
    std::optional<PartitionIndex> current_;
};

}  // namespace cambium::client
