#include "coord/consumer_group.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/fault.hpp"
#include "coord/group.hpp"

namespace cambium::coord {

namespace {

void count(std::map<std::string, int, std::less<>>& counts, const std::string& what, int by) {
    const auto found = counts.try_emplace(what, 0).first;
    found->second += by;
    if (found->second == 0) counts.erase(found);
}

Held held_of(const std::vector<ConsumerCurrentValue::Topic>& topics, int32_t epoch) {
    Held held;
    for (const ConsumerCurrentValue::Topic& topic : topics)
        for (size_t i = 0; i < topic.partitions.size(); ++i) {
            const bool told = topic.epochs && i < topic.epochs->size();
            held[topic.topic_id][topic.partitions[i]] = told ? (*topic.epochs)[i] : epoch;
        }
    return held;
}

std::vector<ConsumerCurrentValue::Topic> logged_held(const Held& held) {
    std::vector<ConsumerCurrentValue::Topic> topics;
    for (const auto& [topic, partitions] : held) {
        auto& one = topics.emplace_back();
        one.topic_id = topic;
        auto& epochs = one.epochs.emplace();
        for (const auto& [partition, epoch] : partitions) {
            one.partitions.push_back(partition);
            epochs.push_back(epoch);
        }
    }
    return topics;
}

const Target no_target;

}  // namespace

std::string_view name(ConsumerGroupState state) {
    switch (state) {
        case ConsumerGroupState::empty: return "Empty";
        case ConsumerGroupState::assigning: return "Assigning";
        case ConsumerGroupState::reconciling: return "Reconciling";
        case ConsumerGroupState::stable: return "Stable";
    }
    return "Unknown";
}

bool holds(const Held& held, const Uuid& topic, int32_t partition) {
    const auto found = held.find(topic);
    return found != held.end() && found->second.contains(partition);
}

bool same_partitions(const Held& a, const Held& b) { return partitions_of(a) == partitions_of(b); }

Target partitions_of(const Held& held) {
    Target out;
    for (const auto& [topic, partitions] : held)
        for (const auto& [partition, epoch] : partitions) out[topic].insert(partition);
    return out;
}

// ---- replay

void ConsumerGroup::replay(const Record& record) {
    std::visit(
        [this](const auto& one) {
            if constexpr (requires { this->replay(one); }) replay(one);
        },
        record);
}

void ConsumerGroup::replay(const ConsumerGroupRecord& record) {
    logged_ = record.value.has_value();
    epoch_ = logged_ ? record.value->epoch : 0;
    metadata_hash_ = logged_ ? record.value->metadata_hash : 0;
}

void ConsumerGroup::replay(const ConsumerTopicsRecord& record) {
    has_topics_record_ = record.value.has_value();
}

void ConsumerGroup::replay(const ConsumerMemberRecord& record) {
    const auto found = members_.find(record.key.member);
    if (found != members_.end()) remember(found->second, -1);
    if (record.value) {
        ConsumerMember& member =
            found != members_.end() ? found->second : members_[record.key.member];
        member.id = record.key.member;
        member.said = *record.value;
        remember(member, 1);
    } else if (found != members_.end()) {
        disown(found->second);
        members_.erase(found);
    }
}

void ConsumerGroup::replay(const ConsumerTargetEpochRecord& record) {
    target_epoch_ = record.value ? record.value->epoch : 0;
    target_timestamp_ = record.value ? record.value->timestamp : 0;
}

void ConsumerGroup::replay(const ConsumerTargetRecord& record) {
    targets_.erase(record.key.member);
    if (!record.value) return;
    Target& target = targets_[record.key.member];
    for (const ConsumerTargetValue::Topic& topic : record.value->topics)
        target[topic.topic_id].insert(topic.partitions.begin(), topic.partitions.end());
}

void ConsumerGroup::replay(const ConsumerCurrentRecord& record) {
    const auto found = members_.find(record.key.member);
    if (found == members_.end() && !record.value) return;
    ConsumerMember& member = found != members_.end() ? found->second : members_[record.key.member];
    member.id = record.key.member;
    disown(member);
    const ConsumerCurrentValue value = record.value.value_or(ConsumerCurrentValue{});
    member.epoch = value.epoch;
    member.previous_epoch = value.previous_epoch;
    const bool known = value.state >= 0 && value.state <= 2;
    member.state = known ? ConsumerState{value.state} : ConsumerState::unknown;
    member.assigned = held_of(value.assigned, value.epoch);
    member.revoking = held_of(value.revoking, value.epoch);
    own(member);
}

void ConsumerGroup::replay(const ConsumerRegexRecord& record) {
    if (record.value) regexes_.insert_or_assign(record.key.member, *record.value);
    else regexes_.erase(record.key.member);
}

// Counts in (by 1) or out (by -1) what the member says of itself.
void ConsumerGroup::remember(const ConsumerMember& member, int by) {
    for (const std::string& topic : member.said.topics) count(subscribers_, topic, by);
    if (member.said.regex && !member.said.regex->empty())
        count(regex_users_, *member.said.regex, by);
    if (member.said.classic) {
        classic_members_ += by;
        std::set<std::string> names;
        for (const auto& protocol : member.said.classic->protocols) names.insert(protocol.name);
        for (const std::string& one : names) count(classic_protocols_, one, by);
    }
    if (!member.said.instance_id) return;
    const std::string& instance = *member.said.instance_id;
    if (by > 0) {
        static_ids_[instance] = member.id;
    } else if (const auto known = static_ids_.find(instance);
               known != static_ids_.end() && known->second == member.id) {
        static_ids_.erase(known);
    }
}

void ConsumerGroup::own(const ConsumerMember& member) {
    for (const Held* held : {&member.assigned, &member.revoking})
        for (const auto& [topic, partitions] : *held)
            for (const auto& [partition, epoch] : partitions) owners_[topic][partition] = member.id;
}

void ConsumerGroup::disown(const ConsumerMember& member) {
    for (const Held* held : {&member.assigned, &member.revoking})
        for (const auto& [topic, partitions] : *held) {
            const auto owned = owners_.find(topic);
            if (owned == owners_.end()) continue;
            for (const auto& [partition, epoch] : partitions) {
                const auto owner = owned->second.find(partition);
                if (owner != owned->second.end() && owner->second == member.id)
                    owned->second.erase(owner);
            }
            if (owned->second.empty()) owners_.erase(owned);
        }
}

// ---- questions

ConsumerGroupState ConsumerGroup::state() const {
    if (members_.empty()) return ConsumerGroupState::empty;
    if (epoch_ > target_epoch_) return ConsumerGroupState::assigning;
    const bool reconciled = std::ranges::all_of(
        members_, [this](const auto& one) { return one.second.reconciled_to(target_epoch_); });
    return reconciled ? ConsumerGroupState::stable : ConsumerGroupState::reconciling;
}

const ConsumerMember* ConsumerGroup::member(std::string_view member_id) const {
    const auto found = members_.find(member_id);
    return found == members_.end() ? nullptr : &found->second;
}

const ConsumerMember* ConsumerGroup::static_member(std::string_view instance_id) const {
    const auto found = static_ids_.find(instance_id);
    return found == static_ids_.end() ? nullptr : member(found->second);
}

const Target& ConsumerGroup::target(std::string_view member_id) const {
    const auto found = targets_.find(member_id);
    return found == targets_.end() ? no_target : found->second;
}

bool ConsumerGroup::owned_by_another(const Uuid& topic, int32_t partition,
                                     std::string_view member_id) const {
    if (mutant("coord.given_before_released")) return false;
    const auto owned = owners_.find(topic);
    if (owned == owners_.end()) return false;
    const auto owner = owned->second.find(partition);
    return owner != owned->second.end() && owner->second != member_id;
}

size_t ConsumerGroup::regex_users(std::string_view regex) const {
    const auto found = regex_users_.find(regex);
    return found == regex_users_.end() ? 0 : static_cast<size_t>(found->second);
}

ConsumerGroup::TopicNames ConsumerGroup::subscribed_topics() const {
    TopicNames out;
    for (const auto& [topic, members] : subscribers_) out.insert(topic);
    for (const auto& [regex, value] : regexes_)
        if (regex_users_.contains(regex)) out.insert(value.topics.begin(), value.topics.end());
    return out;
}

bool ConsumerGroup::subscribes(std::string_view topic) const {
    if (subscribers_.contains(topic)) return true;
    return std::ranges::any_of(regexes_, [this, topic](const auto& one) {
        return regex_users_.contains(one.first) &&
               std::ranges::find(one.second.topics, topic) != one.second.topics.end();
    });
}

ConsumerGroup::TopicNames ConsumerGroup::topics_of(const ConsumerMember& member) const {
    TopicNames out(member.said.topics.begin(), member.said.topics.end());
    if (!member.said.regex) return out;
    const auto resolved = regexes_.find(*member.said.regex);
    if (resolved != regexes_.end())
        out.insert(resolved->second.topics.begin(), resolved->second.topics.end());
    return out;
}

bool ConsumerGroup::all_classic_but(const std::set<std::string>& excepted) const {
    return std::ranges::all_of(members_, [&excepted](const auto& one) {
        return one.second.classic() || excepted.contains(one.first);
    });
}

bool ConsumerGroup::supports(std::string_view type,
                             const std::vector<std::string>& protocols) const {
    if (type.empty() || protocols.empty()) return false;
    if (members_.empty()) return true;
    if (type != consumer_protocol) return false;
    return std::ranges::any_of(protocols, [this](const std::string& protocol) {
        if (classic_members_ == 0) return true;
        const auto found = classic_protocols_.find(protocol);
        return found != classic_protocols_.end() && found->second == classic_members_;
    });
}

// ---- its records

Record member_record(const std::string& group, const ConsumerMember& member) {
    return ConsumerMemberRecord{{group, member.id}, member.said};
}

Record current_record(const std::string& group, const ConsumerMember& member) {
    ConsumerCurrentValue value;
    value.epoch = member.epoch;
    value.previous_epoch = member.previous_epoch;
    value.state = static_cast<int8_t>(member.state);
    value.assigned = logged_held(member.assigned);
    value.revoking = logged_held(member.revoking);
    return ConsumerCurrentRecord{{group, member.id}, std::move(value)};
}

Record target_record(const std::string& group, const std::string& member_id, const Target& target) {
    ConsumerTargetValue value;
    for (const auto& [topic, partitions] : target)
        value.topics.push_back({topic, {partitions.begin(), partitions.end()}});
    return ConsumerTargetRecord{{group, member_id}, std::move(value)};
}

void add_member_tombstones(const std::string& group, const std::string& member_id,
                           std::vector<Record>& out) {
    out.emplace_back(ConsumerCurrentRecord{{group, member_id}, std::nullopt});
    out.emplace_back(ConsumerTargetRecord{{group, member_id}, std::nullopt});
    out.emplace_back(ConsumerMemberRecord{{group, member_id}, std::nullopt});
}

void add_group_tombstones(const ConsumerGroup& group, std::vector<Record>& out) {
    const std::string& id = group.id();
    for (const auto& [member_id, member] : group.members())
        out.emplace_back(ConsumerCurrentRecord{{id, member_id}, std::nullopt});
    for (const auto& [member_id, target] : group.targets())
        out.emplace_back(ConsumerTargetRecord{{id, member_id}, std::nullopt});
    out.emplace_back(ConsumerTargetEpochRecord{{id}, std::nullopt});
    for (const auto& [member_id, member] : group.members())
        out.emplace_back(ConsumerMemberRecord{{id, member_id}, std::nullopt});
    for (const auto& [regex, resolved] : group.regexes())
        out.emplace_back(ConsumerRegexRecord{{id, regex}, std::nullopt});
    if (group.has_topics_record()) out.emplace_back(ConsumerTopicsRecord{{id}, std::nullopt});
    out.emplace_back(ConsumerGroupRecord{{id}, std::nullopt});
}

}  // namespace cambium::coord
