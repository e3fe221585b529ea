// The records of __consumer_offsets, as Kafka writes them (docs/formats/group-records.md): what a
// group is and where it is in each partition.
//
// A key begins with its type, a value with its version; both are field lists as messages have them
// (wire/field.hpp). A record without a value takes back what its key names. Records of protocols
// that are not served here are recognised and left alone. Values only; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "coord/consumer_records.hpp"
#include "wire/field.hpp"

namespace cambium::coord {

using wire::since;

struct OffsetCommitKey {
    static constexpr std::string_view name = "OffsetCommitKey";
    static constexpr int16_t type = 1;
    static constexpr int16_t legacy_type = 0;  // with the same fields

    std::string group{};
    std::string topic{};
    int32_t partition = 0;

    bool operator==(const OffsetCommitKey&) const = default;
    static void fields(auto& m, auto& io) {
        io("group", m.group, since(0, 0));
        io("topic", m.topic, since(0, 0));
        io("partition", m.partition, since(0, 0));
    }
};

struct OffsetCommitValue {
    static constexpr std::string_view name = "OffsetCommitValue";
    static constexpr int last_version = 4;
    static constexpr int flexible_from = 4;
    static constexpr int with_expiry = 1;  // the only version that carries an expiry of its own

    int64_t offset = 0;
    int32_t leader_epoch = -1;
    std::string metadata{};
    int64_t commit_timestamp = 0;
    int64_t expire_timestamp = -1;  // none of its own
    Uuid topic_id{};

    bool operator==(const OffsetCommitValue&) const = default;
    static void fields(auto& m, auto& io) {
        io("offset", m.offset, since(0));
        io("leaderEpoch", m.leader_epoch, since(3).defaults(-1).ignorable());
        io("metadata", m.metadata, since(0));
        io("commitTimestamp", m.commit_timestamp, since(0));
        io("expireTimestamp", m.expire_timestamp, since(1, 1).defaults(-1).ignorable());
        io("topicId", m.topic_id, since(4).tagged(0).ignorable());
    }
};

struct GroupMetadataKey {
    static constexpr std::string_view name = "GroupMetadataKey";
    static constexpr int16_t type = 2;

    std::string group{};

    bool operator==(const GroupMetadataKey&) const = default;
    static void fields(auto& m, auto& io) { io("group", m.group, since(0, 0)); }
};

struct GroupMetadataValue {
    static constexpr std::string_view name = "GroupMetadataValue";
    static constexpr int last_version = 4;
    static constexpr int flexible_from = 4;
    static constexpr int written_version = 3;  // as Kafka 4.3 does

    struct Member {
        std::string member_id{};
        std::optional<std::string> group_instance_id{};
        std::string client_id{};
        std::string client_host{};
        int32_t rebalance_timeout = -1;
        int32_t session_timeout = 0;
        std::vector<uint8_t> subscription{};
        std::vector<uint8_t> assignment{};

        bool operator==(const Member&) const = default;
        static void fields(auto& m, auto& io) {
            io("memberId", m.member_id, since(0));
            io("groupInstanceId", m.group_instance_id, since(3).nullable().ignorable());
            io("clientId", m.client_id, since(0));
            io("clientHost", m.client_host, since(0));
            io("rebalanceTimeout", m.rebalance_timeout, since(1).defaults(-1).ignorable());
            io("sessionTimeout", m.session_timeout, since(0));
            io("subscription", m.subscription, since(0));
            io("assignment", m.assignment, since(0));
        }
    };

    std::string protocol_type{};
    int32_t generation = 0;
    std::optional<std::string> protocol{};
    std::optional<std::string> leader{};
    int64_t current_state_timestamp = -1;
    std::vector<Member> members{};

    bool operator==(const GroupMetadataValue&) const = default;
    static void fields(auto& m, auto& io) {
        io("protocolType", m.protocol_type, since(0));
        io("generation", m.generation, since(0));
        io("protocol", m.protocol, since(0).nullable());
        io("leader", m.leader, since(0).nullable());
        io("currentStateTimestamp", m.current_state_timestamp, since(2).defaults(-1).ignorable());
        io("members", m.members, since(0));
    }
};

// Without a value: gone.
struct OffsetRecord {
    OffsetCommitKey key;
    std::optional<OffsetCommitValue> value;
    bool operator==(const OffsetRecord&) const = default;
};
struct GroupRecord {
    GroupMetadataKey key;
    std::optional<GroupMetadataValue> value;
    bool operator==(const GroupRecord&) const = default;
};
// Of a protocol that is not served here, by the type of its key.
struct ForeignRecord {
    int16_t type = 0;
    bool operator==(const ForeignRecord&) const = default;
};
using Record = std::variant<OffsetRecord, GroupRecord, ConsumerGroupRecord, ConsumerTopicsRecord,
                            ConsumerMemberRecord, ConsumerTargetEpochRecord, ConsumerTargetRecord,
                            ConsumerCurrentRecord, ConsumerRegexRecord, ForeignRecord>;

struct EncodedRecord {
    Buffer key;
    std::optional<Buffer> value;
};
// No ForeignRecord. Errors: invalid_argument (a text is longer than the format can say).
[[nodiscard]] Result<EncodedRecord> encode_record(const Record& record);

// Errors: malformed (also what can be read and makes no sense: a member twice, members without a
// protocol, epochs and times that nothing reaches); unsupported_format (a newer version of a value
// than is known here).
[[nodiscard]] Result<Record> decode_record(ByteView key, std::optional<ByteView> value);

}  // namespace cambium::coord
