#include "coord/group.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/fault.hpp"
#include "coord/consumer_protocol.hpp"
#include "coord/consumer_side.hpp"

namespace cambium::coord {

std::string_view name(GroupState state) {
    switch (state) {
        case GroupState::empty: return "Empty";
        case GroupState::preparing_rebalance: return "PreparingRebalance";
        case GroupState::completing_rebalance: return "CompletingRebalance";
        case GroupState::stable: return "Stable";
    }
    return "Dead";
}

Group::Group(std::string group_id) : id(std::move(group_id)) {}
Group::~Group() = default;
Group::Group(Group&&) noexcept = default;
Group& Group::operator=(Group&&) noexcept = default;

const Protocol* Member::protocol(std::string_view name) const {
    const auto found = std::ranges::find(protocols, name, &Protocol::name);
    return found == protocols.end() ? nullptr : &*found;
}

Member* Group::member(std::string_view member_id) {
    const auto found = members.find(member_id);
    return found == members.end() ? nullptr : &found->second;
}

const Member* Group::member(std::string_view member_id) const {
    const auto found = members.find(member_id);
    return found == members.end() ? nullptr : &found->second;
}

size_t Group::joining() const {
    return static_cast<size_t>(
        std::ranges::count_if(members, [](const auto& one) { return one.second.joining != 0; }));
}

bool Group::everybody_joined() const { return pending.empty() && joining() == members.size(); }

std::chrono::milliseconds Group::patience() const {
    int32_t longest = 1;
    for (const auto& [member_id, member] : members)
        longest = std::max(longest, member.rebalance_timeout_ms);
    return std::chrono::milliseconds(longest);
}

bool Group::supports(std::string_view type, const std::vector<Protocol>& protocols) const {
    if (type.empty() || protocols.empty()) return false;
    if (in(GroupState::empty) || members.empty()) return true;
    if (type != protocol_type) return false;
    return std::ranges::any_of(protocols, [this](const Protocol& candidate) {
        return std::ranges::all_of(members, [&candidate](const auto& one) {
            return one.second.protocol(candidate.name) != nullptr;
        });
    });
}

std::string Group::select_protocol() const {
    const auto everybody_has = [this](const std::string& name) {
        return std::ranges::all_of(
            members, [&name](const auto& one) { return one.second.protocol(name) != nullptr; });
    };
    std::set<std::string> candidates;
    for (const Protocol& candidate : members.begin()->second.protocols)
        if (everybody_has(candidate.name)) candidates.insert(candidate.name);
    std::map<std::string, size_t> votes;
    for (const auto& [member_id, member] : members) {
        const auto vote = std::ranges::find_if(member.protocols, [&](const Protocol& candidate) {
            return candidates.contains(candidate.name);
        });
        if (vote != member.protocols.end()) ++votes[vote->name];
    }
    std::string best;
    size_t most = 0;
    for (const auto& [name, count] : votes)
        if (count > most) best = name, most = count;
    return best;
}

Errc Group::validate(std::string_view member_id, const std::optional<std::string>& instance_id,
                     int32_t said_generation) const {
    if (instance_id) {
        const auto known = static_ids.find(*instance_id);
        if (known == static_ids.end()) return Errc::unknown_member_id;
        // What it knows of a generation that is not in the log any more is lost, and so is the id
        // that it was given in it: nobody has fenced it.
        if (known->second != member_id)
            return said_generation > generation ? Errc::unknown_member_id
                                                : Errc::fenced_instance_id;
    }
    return member(member_id) == nullptr ? Errc::unknown_member_id : Errc::none;
}

Member& Group::add(Member member) {
    if (leader.empty()) leader = member.id;
    pending.erase(member.id);
    if (member.instance_id) static_ids[*member.instance_id] = member.id;
    std::string member_id = member.id;
    return members.insert_or_assign(std::move(member_id), std::move(member)).first->second;
}

void Group::remove(const std::string& member_id) {
    pending.erase(member_id);
    unsynced.erase(member_id);
    const auto found = members.find(member_id);
    if (found == members.end()) return;
    if (found->second.instance_id) static_ids.erase(*found->second.instance_id);
    members.erase(found);
    if (leader == member_id) leader = members.empty() ? std::string() : members.begin()->first;
}

Member Group::replace_static(const std::string& instance, const std::string& new_id) {
    const auto known = static_ids.find(instance);
    check(known != static_ids.end());
    const std::string old_id = std::exchange(known->second, new_id);
    auto node = members.extract(old_id);
    check(!node.empty());
    Member old = node.mapped();
    Member& replaced = node.mapped();
    replaced.id = new_id;
    replaced.joining = replaced.syncing = 0;
    node.key() = new_id;
    members.insert(std::move(node));
    if (leader == old_id) leader = new_id;
    if (unsynced.erase(old_id) > 0) unsynced.insert(new_id);
    return old;
}

bool Group::elect_joined_leader() {
    const Member* const now = member(leader);
    if (now != nullptr && now->joining != 0) return true;
    const auto found =
        std::ranges::find_if(members, [](const auto& one) { return one.second.joining != 0; });
    if (found == members.end()) return false;
    leader = found->first;
    return true;
}

void Group::next_generation(Timestamp now) {
    if (!mutant("coord.generation_not_raised"))
        generation = generation == INT32_MAX ? 1 : generation + 1;
    unsynced.clear();
    if (members.empty()) {
        protocol.reset();
        leader.clear();
        enter(GroupState::empty, now);
    } else {
        protocol = select_protocol();
        enter(GroupState::completing_rebalance, now);
    }
    look_at_subscriptions();
}

void Group::look_at_subscriptions() {
    subscribed.reset();
    if (protocol_type != consumer_protocol) return;
    std::set<std::string, std::less<>> topics;
    for (const auto& [member_id, member] : members) {
        const Protocol* const chosen = protocol ? member.protocol(*protocol) : nullptr;
        if (chosen == nullptr) return;
        const auto read = subscription_topics(chosen->metadata);
        if (!read.ok()) return;
        topics.insert(read->begin(), read->end());
    }
    subscribed = std::move(topics);
}

void Group::end_classic() {
    state = GroupState::empty;
    generation = 0;
    protocol_type.clear();
    protocol.reset();
    leader.clear();
    members.clear();
    static_ids.clear();
    pending.clear();
    unsynced.clear();
    subscribed.reset();
    initial = storing = logged = false;
}

std::vector<uint8_t> Group::metadata(const Member& member) const {
    const Protocol* const chosen = protocol ? member.protocol(*protocol) : nullptr;
    return chosen == nullptr ? std::vector<uint8_t>{} : chosen->metadata;
}

std::vector<wire::JoinGroupResponse::Member> Group::joined_members() const {
    std::vector<wire::JoinGroupResponse::Member> out;
    out.reserve(members.size());
    for (const auto& [member_id, member] : members)
        out.push_back({.member_id = member_id,
                       .group_instance_id = member.instance_id,
                       .metadata = metadata(member)});
    return out;
}

GroupMetadataValue Group::value() const {
    GroupMetadataValue value{.protocol_type = protocol_type,
                             .generation = generation,
                             .protocol = protocol,
                             .leader = {},
                             .current_state_timestamp = since.value(),
                             .members = {}};
    if (!leader.empty()) value.leader = leader;
    for (const auto& [member_id, member] : members)
        value.members.push_back({.member_id = member_id,
                                 .group_instance_id = member.instance_id,
                                 .client_id = member.client_id,
                                 .client_host = member.client_host,
                                 .rebalance_timeout = member.rebalance_timeout_ms,
                                 .session_timeout = member.session_timeout_ms,
                                 .subscription = metadata(member),
                                 .assignment = member.assignment});
    return value;
}

void Group::load(const GroupMetadataValue& value) {
    members.clear();
    static_ids.clear();
    generation = value.generation;
    protocol_type = value.protocol_type;
    protocol = value.protocol;
    leader = value.leader.value_or(std::string());
    unled = !value.leader && !value.members.empty();
    for (const GroupMetadataValue::Member& one : value.members) {
        Member member{.id = one.member_id,
                      .instance_id = one.group_instance_id,
                      .client_id = one.client_id,
                      .client_host = one.client_host,
                      .rebalance_timeout_ms =
                          one.rebalance_timeout >= 0 ? one.rebalance_timeout : one.session_timeout,
                      .session_timeout_ms = one.session_timeout,
                      .protocols = {},
                      .assignment = one.assignment};
        if (protocol) member.protocols.push_back({*protocol, one.subscription});
        (void)add(std::move(member));
    }
    enter(members.empty() ? GroupState::empty : GroupState::stable,
          Timestamp(value.current_state_timestamp));
    logged = true;
    look_at_subscriptions();
}

}  // namespace cambium::coord
