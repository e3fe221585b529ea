// OffsetCommit, OffsetFetch, OffsetDelete (keys 8, 9, 47): where a group is in each partition.
//
// Traps: OffsetFetch names one group up to version 7 and many from 8 on; a null list of topics asks
// for all. Topics are named up to version 9 and have ids from 10 on (KIP-848).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.hpp"
#include "wire/api.hpp"
#include "wire/field.hpp"
#include "wire/message.hpp"

namespace cambium::wire {

struct OffsetCommitRequest {
    static constexpr ApiKey api = ApiKey::offset_commit;
    static constexpr std::string_view name = "OffsetCommitRequest";

    struct Topic {
        struct Partition {
            int32_t partition_index = 0;
            int64_t committed_offset = 0;
            int32_t committed_leader_epoch = -1;
            std::optional<std::string> committed_metadata{};

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("PartitionIndex", m.partition_index, since(0));
                io("CommittedOffset", m.committed_offset, since(0));
                io("CommittedLeaderEpoch", m.committed_leader_epoch,
                   since(6).defaults(-1).ignorable());
                io("CommittedMetadata", m.committed_metadata, since(0).nullable());
            }
        };

        std::string name{};
        Uuid topic_id{};
        std::vector<Partition> partitions{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Name", m.name, since(0, 9).ignorable());
            io("TopicId", m.topic_id, since(10).ignorable());
            io("Partitions", m.partitions, since(0));
        }
    };

    std::string group_id{};
    int32_t generation_id_or_member_epoch = -1;
    std::string member_id{};
    std::optional<std::string> group_instance_id{};
    int64_t retention_time_ms = -1;
    std::vector<Topic> topics{};

    bool operator==(const OffsetCommitRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("GroupId", m.group_id, since(0));
        io("GenerationIdOrMemberEpoch", m.generation_id_or_member_epoch,
           since(1).defaults(-1).ignorable());
        io("MemberId", m.member_id, since(1).ignorable());
        io("GroupInstanceId", m.group_instance_id, since(7).nullable());
        io("RetentionTimeMs", m.retention_time_ms, since(2, 4).defaults(-1).ignorable());
        io("Topics", m.topics, since(0));
    }
};

struct OffsetCommitResponse {
    static constexpr ApiKey api = ApiKey::offset_commit;
    static constexpr std::string_view name = "OffsetCommitResponse";

    struct Topic {
        struct Partition {
            int32_t partition_index = 0;
            int16_t error_code = 0;

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("PartitionIndex", m.partition_index, since(0));
                io("ErrorCode", m.error_code, since(0));
            }
        };

        std::string name{};
        Uuid topic_id{};
        std::vector<Partition> partitions{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Name", m.name, since(0, 9).ignorable());
            io("TopicId", m.topic_id, since(10).ignorable());
            io("Partitions", m.partitions, since(0));
        }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Topic> topics{};

    bool operator==(const OffsetCommitResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(3).ignorable());
        io("Topics", m.topics, since(0));
    }
};

struct OffsetFetchRequest {
    static constexpr ApiKey api = ApiKey::offset_fetch;
    static constexpr std::string_view name = "OffsetFetchRequest";

    struct Topic {
        std::string name{};
        std::vector<int32_t> partition_indexes{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Name", m.name, since(0, 7));
            io("PartitionIndexes", m.partition_indexes, since(0, 7));
        }
    };

    struct Group {
        struct Topic {
            std::string name{};
            Uuid topic_id{};
            std::vector<int32_t> partition_indexes{};

            bool operator==(const Topic&) const = default;
            static void fields(auto& m, auto& io) {
                io("Name", m.name, since(8, 9).ignorable());
                io("TopicId", m.topic_id, since(10).ignorable());
                io("PartitionIndexes", m.partition_indexes, since(8));
            }
        };

        std::string group_id{};
        std::optional<std::string> member_id{};
        int32_t member_epoch = -1;
        std::optional<std::vector<Topic>> topics{};

        bool operator==(const Group&) const = default;
        static void fields(auto& m, auto& io) {
            io("GroupId", m.group_id, since(8));
            io("MemberId", m.member_id, since(9).nullable().ignorable());
            io("MemberEpoch", m.member_epoch, since(9).defaults(-1).ignorable());
            io("Topics", m.topics, since(8).nullable());
        }
    };

    std::string group_id{};
    std::optional<std::vector<Topic>> topics{};
    std::vector<Group> groups{};
    bool require_stable = false;

    bool operator==(const OffsetFetchRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("GroupId", m.group_id, since(0, 7));
        io("Topics", m.topics, since(0, 7).nullable(2, 7));
        io("Groups", m.groups, since(8));
        io("RequireStable", m.require_stable, since(7));
    }
};

struct OffsetFetchResponse {
    static constexpr ApiKey api = ApiKey::offset_fetch;
    static constexpr std::string_view name = "OffsetFetchResponse";

    struct Topic {
        struct Partition {
            int32_t partition_index = 0;
            int64_t committed_offset = 0;
            int32_t committed_leader_epoch = -1;
            std::optional<std::string> metadata{};
            int16_t error_code = 0;

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("PartitionIndex", m.partition_index, since(0, 7));
                io("CommittedOffset", m.committed_offset, since(0, 7));
                io("CommittedLeaderEpoch", m.committed_leader_epoch,
                   since(5, 7).defaults(-1).ignorable());
                io("Metadata", m.metadata, since(0, 7).nullable());
                io("ErrorCode", m.error_code, since(0, 7));
            }
        };

        std::string name{};
        std::vector<Partition> partitions{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Name", m.name, since(0, 7));
            io("Partitions", m.partitions, since(0, 7));
        }
    };

    struct Group {
        struct Topic {
            struct Partition {
                int32_t partition_index = 0;
                int64_t committed_offset = 0;
                int32_t committed_leader_epoch = -1;
                std::optional<std::string> metadata{};
                int16_t error_code = 0;

                bool operator==(const Partition&) const = default;
                static void fields(auto& m, auto& io) {
                    io("PartitionIndex", m.partition_index, since(8));
                    io("CommittedOffset", m.committed_offset, since(8));
                    io("CommittedLeaderEpoch", m.committed_leader_epoch,
                       since(8).defaults(-1).ignorable());
                    io("Metadata", m.metadata, since(8).nullable());
                    io("ErrorCode", m.error_code, since(8));
                }
            };

            std::string name{};
            Uuid topic_id{};
            std::vector<Partition> partitions{};

            bool operator==(const Topic&) const = default;
            static void fields(auto& m, auto& io) {
                io("Name", m.name, since(8, 9).ignorable());
                io("TopicId", m.topic_id, since(10).ignorable());
                io("Partitions", m.partitions, since(8));
            }
        };

        std::string group_id{};
        std::vector<Topic> topics{};
        int16_t error_code = 0;

        bool operator==(const Group&) const = default;
        static void fields(auto& m, auto& io) {
            io("GroupId", m.group_id, since(8));
            io("Topics", m.topics, since(8));
            io("ErrorCode", m.error_code, since(8));
        }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Topic> topics{};
    int16_t error_code = 0;
    std::vector<Group> groups{};

    bool operator==(const OffsetFetchResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(3).ignorable());
        io("Topics", m.topics, since(0, 7));
        io("ErrorCode", m.error_code, since(2, 7).ignorable());
        io("Groups", m.groups, since(8));
    }
};

struct OffsetDeleteRequest {
    static constexpr ApiKey api = ApiKey::offset_delete;
    static constexpr std::string_view name = "OffsetDeleteRequest";

    struct Topic {
        struct Partition {
            int32_t partition_index = 0;

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("PartitionIndex", m.partition_index, since(0));
            }
        };

        std::string name{};
        std::vector<Partition> partitions{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Name", m.name, since(0));
            io("Partitions", m.partitions, since(0));
        }
    };

    std::string group_id{};
    std::vector<Topic> topics{};

    bool operator==(const OffsetDeleteRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("GroupId", m.group_id, since(0));
        io("Topics", m.topics, since(0));
    }
};

struct OffsetDeleteResponse {
    static constexpr ApiKey api = ApiKey::offset_delete;
    static constexpr std::string_view name = "OffsetDeleteResponse";

    struct Topic {
        struct Partition {
            int32_t partition_index = 0;
            int16_t error_code = 0;

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("PartitionIndex", m.partition_index, since(0));
                io("ErrorCode", m.error_code, since(0));
            }
        };

        std::string name{};
        std::vector<Partition> partitions{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Name", m.name, since(0));
            io("Partitions", m.partitions, since(0));
        }
    };

    int16_t error_code = 0;
    int32_t throttle_time_ms = 0;
    std::vector<Topic> topics{};

    bool operator==(const OffsetDeleteResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ErrorCode", m.error_code, since(0));
        io("ThrottleTimeMs", m.throttle_time_ms, since(0).ignorable());
        io("Topics", m.topics, since(0));
    }
};

}  // namespace cambium::wire
