// Members of the classic protocol in a group of the consumer protocol, and groups that become the
// other kind while their members are there (KIP-848, migration).
//
// Such a member is told by REBALANCE_IN_PROGRESS that there is something new, joins with what it
// has, and gets what it is to have by SyncGroup; its generation is its member epoch. Nobody leads.
#include <algorithm>
#include <utility>

#include "base/fault.hpp"
#include "coord/consumer_draft.hpp"
#include "coord/consumer_protocol.hpp"

namespace cambium::coord {

namespace {

constexpr int first_join_with_required_ids = 4;

// Topics that are not there are left out.
Target targets_of(const NamedPartitions& named, const meta::Image& image) {
    Target out;
    for (const auto& [name, partitions] : named) {
        const meta::TopicRef topic = image.topic(name);
        if (topic != nullptr) out[topic->id].insert(partitions.begin(), partitions.end());
    }
    return out;
}

std::vector<std::string> names_of(const std::vector<Protocol>& protocols) {
    std::vector<std::string> out;
    out.reserve(protocols.size());
    for (const Protocol& one : protocols) out.push_back(one.name);
    return out;
}

ConsumerMemberValue::Classic classic_of(int32_t session_ms,
                                        const std::vector<Protocol>& protocols) {
    ConsumerMemberValue::Classic out;
    out.session_timeout_ms = session_ms;
    for (const Protocol& one : protocols) out.protocols.push_back({one.name, one.metadata});
    return out;
}

// With what it may still have, not with what it was to get: another upgrade may come before it has
// heard of any of this.
Member classic_member(const ConsumerMember& member, const meta::Image& image) {
    Member out{.id = member.id,
               .instance_id = member.said.instance_id,
               .client_id = member.said.client_id,
               .client_host = member.said.client_host,
               .rebalance_timeout_ms = member.said.rebalance_timeout_ms,
               .session_timeout_ms = member.said.classic->session_timeout_ms,
               .protocols = {},
               .assignment = {}};
    for (const auto& protocol : member.said.classic->protocols)
        out.protocols.push_back({protocol.name, protocol.metadata});
    Target has = partitions_of(member.assigned);
    for (const auto& [topic, partitions] : partitions_of(member.revoking))
        has[topic].insert(partitions.begin(), partitions.end());
    out.assignment = assignment_for(*member.said.classic, has, image);
    return out;
}

}  // namespace

std::vector<uint8_t> assignment_for(const ConsumerMemberValue::Classic& classic,
                                    const Target& target, const meta::Image& image) {
    NamedPartitions named;
    for (const auto& [id, partitions] : target) {
        const meta::TopicRef topic = image.topic(id);
        if (topic != nullptr) named[topic->name].assign(partitions.begin(), partitions.end());
    }
    const auto& metadata = classic.protocols.front().metadata;
    return assignment_bytes(subscription_version(ByteView(metadata)), named);
}

// ---- a classic group becomes one of these

Status ConsumerDraft::take_over(const Group& classic) {
    // What is on its way into the log may say that it is there.
    if (classic.logged || classic.writes_in_flight > 0)
        records.emplace_back(GroupRecord{{classic.id}, std::nullopt});
    std::vector<ConsumerMember> members;
    for (const auto& [member_id, before] : classic.members) {
        const Protocol* protocol = classic.protocol ? before.protocol(*classic.protocol) : nullptr;
        if (protocol == nullptr) protocol = &before.protocols.front();
        const Result<Subscription> said = read_subscription(ByteView(protocol->metadata));
        if (!said.ok()) return said.error();
        const Result<NamedPartitions> assigned = read_assignment(ByteView(before.assignment));
        if (!assigned.ok()) return assigned.error();
        ConsumerMember& member = members.emplace_back();
        member.id = member_id;
        member.epoch = member.previous_epoch = classic.generation;
        member.said.instance_id = before.instance_id;
        member.said.rack_id = said->rack;
        member.said.client_id = before.client_id;
        member.said.client_host = before.client_host;
        member.said.topics = said->topics;
        member.said.regex.emplace();
        member.said.rebalance_timeout_ms = before.rebalance_timeout_ms;
        member.said.classic = classic_of(before.session_timeout_ms, before.protocols);
        if (mutant("coord.upgrade_forgets_shares")) continue;
        for (const auto& [topic, partitions] : targets_of(*assigned, *around_.image))
            for (const int32_t partition : partitions)
                member.assigned[topic][partition] = classic.generation;
    }
    for (const ConsumerMember& member : members) put(member_record(group().id(), member));
    ConsumerGroupValue now;
    now.epoch = classic.generation;
    put(ConsumerGroupRecord{{group().id()}, now});
    for (ConsumerMember& member : members) {
        // A leader may have given a partition twice; here it has one owner.
        for (auto& [topic, partitions] : member.assigned)
            std::erase_if(partitions, [&](const auto& one) {
                return group().owned_by_another(topic, one.first, member.id);
            });
        std::erase_if(member.assigned, [](const auto& topic) { return topic.second.empty(); });
        put(target_record(group().id(), member.id, partitions_of(member.assigned)));
        put(current_record(group().id(), member));
        set(DueKind::session, member.id, member.said.classic->session_timeout_ms);
    }
    ConsumerTargetEpochValue epoch;
    epoch.epoch = classic.generation;
    put(ConsumerTargetEpochRecord{{group().id()}, epoch});
    return {};
}

// ---- and back

bool ConsumerDraft::may_downgrade(const std::set<std::string>& without, size_t left) const {
    return left > 0 && around_.limits->downgrades && group().all_classic_but(without) &&
           left <= static_cast<size_t>(around_.classic_members_max);
}

void ConsumerDraft::become_classic(const std::set<std::string>& without, bool rejoins) {
    Group classic(group().id());
    classic.generation = group().epoch();
    classic.protocol_type = consumer_protocol;
    for (const auto& [member_id, member] : group().members())
        if (!without.contains(member_id)) (void)classic.add(classic_member(member, *around_.image));
    classic.protocol = classic.select_protocol();
    classic.enter(GroupState::stable, around_.now.wall);
    std::vector<Record> tombstones;
    add_group_tombstones(group(), tombstones);
    for (Record& record : tombstones) put(std::move(record));
    Downgrade& out = downgrade.emplace(Downgrade{});
    out.value = classic.value();
    out.rejoins = rejoins;
    // What the one who went had is nobody's until all have joined: whoever coordinates the group by
    // then learns it from the log.
    if (rejoins) out.value.leader.reset();
    for (auto& [member_id, member] : classic.members) out.members.push_back(std::move(member));
    records.emplace_back(GroupRecord{{group().id()}, out.value});
}

// ---- JoinGroup

Result<wire::JoinGroupResponse> ConsumerDraft::join_classic(const wire::JoinGroupRequest& request,
                                                            const Caller& caller) {
    const bool nameless = request.member_id.empty();
    const std::string member_id = nameless ? around_.random->uuid().text() : request.member_id;
    if (Status room = check_room(member_id); !room.ok()) return room.error();
    if (!group().supports(request.protocol_type, names_of(request.protocols)))
        return Errc::inconsistent_group_protocol;
    const Result<Subscription> said = read_subscription(ByteView(request.protocols[0].metadata));
    if (!said.ok()) return Errc::inconsistent_group_protocol;
    wire::JoinGroupResponse out;
    out.member_id = member_id;
    if (nameless && !request.group_instance_id && caller.version >= first_join_with_required_ids) {
        out.error_code = wire_code(Errc::member_id_required);
        return out;
    }
    bool takes_over = false;
    if (request.group_instance_id) {
        const ConsumerMember* const holder = group().static_member(*request.group_instance_id);
        if (holder == nullptr && !nameless) return Errc::unknown_member_id;
        if (holder != nullptr && holder->id != member_id) {
            if (!nameless) return Errc::fenced_instance_id;
            replace(ConsumerMember(*holder), member_id);
            takes_over = true;
        }
    }
    const ConsumerMember* const known = group().member(member_id);
    ConsumerMember member;
    member.id = member_id;
    if (known != nullptr) member = *known;
    ConsumerMemberValue now = member.said;
    if (request.group_instance_id) now.instance_id = request.group_instance_id;
    if (said->rack) now.rack_id = said->rack;
    now.client_id = caller.client_id;
    now.client_host = caller.host;
    now.topics = said->topics;
    if (!now.regex) now.regex.emplace();
    now.rebalance_timeout_ms = request.rebalance_timeout_ms >= 0 ? request.rebalance_timeout_ms
                                                                 : request.session_timeout_ms;
    now.classic = classic_of(request.session_timeout_ms, request.protocols);
    update(member, now, targets_of(said->owned, *around_.image));
    cancel(DueKind::rejoin, member_id);
    set(DueKind::session, member_id, request.session_timeout_ms);
    set(DueKind::resync, member_id, now.rebalance_timeout_ms);
    out.generation_id = group().member(member_id)->epoch;
    out.protocol_type = std::string(consumer_protocol);
    out.protocol_name = request.protocols[0].name;
    // The last member of the consumer protocol was a static one, and this is who it is now.
    // Others that are not where they are to be learn it by joining again.
    if (takes_over && may_downgrade({}, group().members().size()))
        become_classic({}, group().state() != ConsumerGroupState::stable);
    return out;
}

}  // namespace cambium::coord
