// What the clients of a history know, and what may never contradict it (SIMULATION.md, checkers 1
// to 4).
//
// Every record of a history carries who sent it and as which of its records, so that each can be
// recognised wherever it shows up. The ledger takes every send, acknowledgement and read as it
// happens, in O(log n), and tells a violation at once; `complete` is the final pass over everything
// that one partition holds.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/types.hpp"

namespace cambium::history {

// A partition of one incarnation of a topic: a topic that is deleted and made again is another one.
struct PartitionKey {
    Uuid topic;
    PartitionIndex partition;
    auto operator<=>(const PartitionKey&) const = default;
};

struct RecordName {
    int32_t producer = -1;
    int64_t number = -1;  // counts the records of one producer in one partition
    auto operator<=>(const RecordName&) const = default;
};

struct SeenRecord {
    Offset offset;
    RecordName name;
    uint64_t hash = 0;  // of key and value
};

class Ledger {
public:
    // Called with the checker's name and what it saw.
    using Violation = std::function<void(std::string checker, std::string what)>;
    explicit Ledger(Violation violation) : violation_(std::move(violation)) {}

    // `exactly_once`: an idempotent producer sent it, so that it may be in the log once at most.
    void sent(const PartitionKey& partition, const RecordName& name, uint64_t hash,
              bool exactly_once);
    void acked(const PartitionKey& partition, const RecordName& name, Offset offset);
    // A consumer was shown this record.
    void seen(const PartitionKey& partition, const SeenRecord& record);
    // All records of the partition from `start` to the end, read in the quiet at the end of the
    // history.
    void complete(const PartitionKey& partition, Offset start,
                  const std::vector<SeenRecord>& records);

    [[nodiscard]] int64_t acked_count() const { return acked_count_; }
    [[nodiscard]] int64_t seen_count() const { return seen_count_; }

private:
    struct Sent {
        uint64_t hash = 0;
        bool exactly_once = false;
        Offset acked_at;  // -1 while not acknowledged
        Offset seen_at;   // -1 while never seen
    };
    struct Partition {
        std::map<RecordName, Sent> sent;
        std::map<Offset, SeenRecord> exposed;
    };

    void expose(const PartitionKey& partition, const SeenRecord& record, std::string_view by);
    void check_order(const PartitionKey& partition, const RecordName& name, Offset offset);

    Violation violation_;
    std::map<PartitionKey, Partition> partitions_;
    int64_t acked_count_ = 0;
    int64_t seen_count_ = 0;
};

}  // namespace cambium::history
