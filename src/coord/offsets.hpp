// Where groups are in their partitions, as committed: a table that replaying records makes.
//
// Plain data without rules; what may be committed and what expires is decided by GroupCore
// (coord/core.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.hpp"
#include "coord/records.hpp"

namespace cambium::coord {

// One partition's; as it is logged.
using Committed = OffsetCommitValue;
using TopicOffsets = std::map<int32_t, Committed>;
using GroupOffsets = std::map<std::string, TopicOffsets, std::less<>>;

class Offsets {
public:
    void replay(const OffsetRecord& record);
    // Null: nothing was committed.
    [[nodiscard]] const GroupOffsets* of(std::string_view group) const;
    [[nodiscard]] const Committed* of(std::string_view group, std::string_view topic,
                                      int32_t partition) const;
    using Groups = std::map<std::string, GroupOffsets, std::less<>>;
    [[nodiscard]] const Groups& groups() const { return groups_; }
    [[nodiscard]] size_t size() const { return size_; }

private:
    Groups groups_;
    size_t size_ = 0;
};

// What a group commits together.
struct Commit {
    std::string group;
    std::string member_id;
    std::optional<std::string> instance_id;
    int32_t generation = -1;
    struct Partition {
        TopicPartition name;
        Uuid topic;
        int64_t offset = 0;
        int32_t leader_epoch = -1;
        std::string metadata;
    };
    std::vector<Partition> partitions;
    int64_t retention_ms = -1;  // -1: as the server's setting says
};

}  // namespace cambium::coord
