// A group of the consumer protocol (KIP-848) as its coordinator has it: members, what each is to
// get, what each has.
//
// Three epochs. The group's is raised when it is to be assigned anew (members or topics changed),
// the target's says for which epoch of the group the target assignment was computed, and each
// member's how far it has come towards that. A partition is given to a member only once nobody else
// has it: `has an owner` below is what both the one who has it and the one who is giving it up say.
//
// Everything here is logged and is changed by replaying records, in no other way. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.hpp"
#include "coord/consumer_records.hpp"
#include "coord/records.hpp"

namespace cambium::coord {

// By topic.
using Target = std::map<Uuid, std::set<int32_t>>;
// By topic and partition the epoch of the member in which it got it.
using Held = std::map<Uuid, std::map<int32_t, int32_t>>;

// Numbered as they are logged.
enum class ConsumerState : int8_t {
    stable = 0,                 // it is where its epoch says
    unrevoked_partitions = 1,   // it is to give partitions up first
    unreleased_partitions = 2,  // others are to give up what it gets
    unknown = 127,              // of a newer version
};

enum class ConsumerGroupState : uint8_t { empty, assigning, reconciling, stable };
// "Reconciling", as tools know it.
[[nodiscard]] std::string_view name(ConsumerGroupState state);

struct ConsumerMember {
    // The epochs by which a member joins, leaves, and leaves for a while.
    static constexpr int32_t joining = 0;
    static constexpr int32_t leaving = -1;
    static constexpr int32_t away = -2;

    std::string id;
    ConsumerMemberValue said;  // of itself
    int32_t epoch = joining;
    int32_t previous_epoch = joining;
    ConsumerState state = ConsumerState::stable;
    Held assigned;
    Held revoking;

    [[nodiscard]] bool classic() const { return said.classic.has_value(); }
    [[nodiscard]] bool reconciled_to(int32_t target_epoch) const {
        return state == ConsumerState::stable && epoch == target_epoch;
    }
    bool operator==(const ConsumerMember&) const = default;
};

[[nodiscard]] bool holds(const Held& held, const Uuid& topic, int32_t partition);
[[nodiscard]] bool same_partitions(const Held& a, const Held& b);
// As members are told.
[[nodiscard]] Target partitions_of(const Held& held);

class ConsumerGroup {
public:
    using Members = std::map<std::string, ConsumerMember, std::less<>>;
    using Targets = std::map<std::string, Target, std::less<>>;
    using Regexes = std::map<std::string, ConsumerRegexValue, std::less<>>;
    using TopicNames = std::set<std::string, std::less<>>;

    explicit ConsumerGroup(std::string group_id) : id_(std::move(group_id)) {}

    // Records of this group; those of other kinds change nothing.
    void replay(const Record& record);
    void replay(const ConsumerGroupRecord& record);
    void replay(const ConsumerTopicsRecord& record);
    void replay(const ConsumerMemberRecord& record);
    void replay(const ConsumerTargetEpochRecord& record);
    void replay(const ConsumerTargetRecord& record);
    void replay(const ConsumerCurrentRecord& record);
    void replay(const ConsumerRegexRecord& record);

    [[nodiscard]] const std::string& id() const { return id_; }
    [[nodiscard]] bool logged() const { return logged_; }
    [[nodiscard]] int32_t epoch() const { return epoch_; }
    [[nodiscard]] int64_t metadata_hash() const { return metadata_hash_; }
    // Kafka up to 4.0 left a record that is to be taken back.
    [[nodiscard]] bool has_topics_record() const { return has_topics_record_; }
    [[nodiscard]] int32_t target_epoch() const { return target_epoch_; }
    [[nodiscard]] int64_t target_timestamp() const { return target_timestamp_; }
    [[nodiscard]] ConsumerGroupState state() const;

    [[nodiscard]] const Members& members() const { return members_; }
    // Null when there is none.
    [[nodiscard]] const ConsumerMember* member(std::string_view member_id) const;
    [[nodiscard]] const ConsumerMember* static_member(std::string_view instance_id) const;
    [[nodiscard]] const Targets& targets() const { return targets_; }
    [[nodiscard]] const Target& target(std::string_view member_id) const;
    // Whether a member other than `member_id` has the partition or is giving it up.
    [[nodiscard]] bool owned_by_another(const Uuid& topic, int32_t partition,
                                        std::string_view member_id) const;

    [[nodiscard]] const Regexes& regexes() const { return regexes_; }
    // How many members are subscribed by it.
    [[nodiscard]] size_t regex_users(std::string_view regex) const;
    // All that its members are subscribed to, those of the resolved expressions too.
    [[nodiscard]] TopicNames subscribed_topics() const;
    [[nodiscard]] bool subscribes(std::string_view topic) const;
    [[nodiscard]] TopicNames topics_of(const ConsumerMember& member) const;

    // Whether every member but those named speaks the classic protocol.
    [[nodiscard]] bool all_classic_but(const std::set<std::string>& excepted) const;
    // Whether a member of the classic protocol with these can be one of this group.
    [[nodiscard]] bool supports(std::string_view type,
                                const std::vector<std::string>& protocols) const;

private:
    void remember(const ConsumerMember& member, int by);
    void own(const ConsumerMember& member);
    void disown(const ConsumerMember& member);

    std::string id_;
    bool logged_ = false;
    int32_t epoch_ = 0;
    int64_t metadata_hash_ = 0;
    bool has_topics_record_ = false;
    int32_t target_epoch_ = 0;
    int64_t target_timestamp_ = 0;
    Members members_;
    Targets targets_;
    Regexes regexes_;
    // What follows is derived.
    std::map<std::string, std::string, std::less<>> static_ids_;  // member id by instance
    std::map<std::string, int, std::less<>> subscribers_;         // by topic name
    std::map<std::string, int, std::less<>> regex_users_;
    std::map<std::string, int, std::less<>> classic_protocols_;  // members that support it
    int classic_members_ = 0;
    std::map<Uuid, std::map<int32_t, std::string>> owners_;  // member id
};

// ---- its records

[[nodiscard]] Record member_record(const std::string& group, const ConsumerMember& member);
[[nodiscard]] Record current_record(const std::string& group, const ConsumerMember& member);
[[nodiscard]] Record target_record(const std::string& group, const std::string& member_id,
                                   const Target& target);
// Those that take a member back, in the order in which Kafka does.
void add_member_tombstones(const std::string& group, const std::string& member_id,
                           std::vector<Record>& out);
// ... and the group with everything it has.
void add_group_tombstones(const ConsumerGroup& group, std::vector<Record>& out);

}  // namespace cambium::coord
