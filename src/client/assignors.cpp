#include "client/assignors.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

namespace cambium::client {
namespace {

constexpr std::array<std::pair<Assignor, std::string_view>, 3> assignor_names{
    {{Assignor::range, "range"},
     {Assignor::round_robin, "roundrobin"},
     {Assignor::cooperative_sticky, "cooperative-sticky"}}};

using Members = std::vector<AssignedMember>;

bool subscribed(const AssignedMember& member, const std::string& topic) {
    return std::ranges::find(member.subscription.topics, topic) != member.subscription.topics.end();
}

// Static members first, by their name, so that a restart does not change their places.
void sort_members(Members& members) {
    std::ranges::sort(members, {}, [](const AssignedMember& member) {
        return std::tuple(!member.instance.has_value(), member.instance.value_or(""), member.id);
    });
}

Assignments nothing_for(const Members& members) {
    Assignments out;
    for (const AssignedMember& member : members) out[member.id];
    return out;
}

Assignments by_range(const Members& members, const PartitionCounts& counts) {
    Assignments out = nothing_for(members);
    for (const auto& [topic, count] : counts) {
        Members takers;
        std::ranges::copy_if(
            members, std::back_inserter(takers),
            [&](const AssignedMember& member) { return subscribed(member, topic); });
        if (takers.empty()) continue;
        const auto takers_count = static_cast<int32_t>(takers.size());
        int32_t next = 0;
        for (int32_t i = 0; i < takers_count; ++i) {
            const int32_t share = count / takers_count + (i < count % takers_count ? 1 : 0);
            for (int32_t j = 0; j < share; ++j)
                out[takers[static_cast<size_t>(i)].id].push_back({topic, PartitionIndex(next++)});
        }
    }
    return out;
}

Assignments by_round_robin(const Members& members, const PartitionCounts& counts) {
    Assignments out = nothing_for(members);
    size_t turn = 0;
    for (const auto& [topic, count] : counts) {
        const auto takes = [&topic](const AssignedMember& member) {
            return subscribed(member, topic);
        };
        if (std::ranges::none_of(members, takes)) continue;
        for (int32_t index = 0; index < count; ++index) {
            while (!takes(members[turn % members.size()])) ++turn;
            out[members[turn++ % members.size()].id].push_back({topic, PartitionIndex(index)});
        }
    }
    return out;
}

// Who has which partition before, and who gets it now.
class Sticky {
public:
    Sticky(const Members& members, const PartitionCounts& counts)
        : members_(members), counts_(counts), shares_(members.size()) {}

    Assignments run() {
        keep_what_is_owned();
        deal_out_the_rest();
        even_out();
        return withheld();
    }

private:
    using Owner = size_t;  // index into members_

    [[nodiscard]] bool exists(const TopicPartition& partition) const {
        const auto found = counts_.find(partition.topic);
        return found != counts_.end() && partition.partition.value() < found->second;
    }

    // Of several that claim a partition the one of the newest generation has it; nobody has when
    // two of that generation do.
    void keep_what_is_owned() {
        std::map<TopicPartition, std::pair<int32_t, std::vector<Owner>>> claims;
        for (Owner owner = 0; owner < members_.size(); ++owner) {
            const Subscription& told = members_[owner].subscription;
            for (const TopicPartition& partition : told.owned) {
                if (!exists(partition)) continue;
                auto [at, fresh] =
                    claims.try_emplace(partition, told.generation, std::vector<Owner>{});
                auto& [generation, owners] = at->second;
                if (told.generation > generation) owners.clear();
                generation = std::max(generation, told.generation);
                if (told.generation == generation) owners.push_back(owner);
            }
        }
        for (const auto& [partition, claim] : claims) {
            const auto& owners = claim.second;
            const bool kept =
                owners.size() == 1 && subscribed(members_[owners.front()], partition.topic);
            if (!kept) continue;
            give(owners.front(), partition);
            kept_[partition] = owners.front();
        }
    }

    void deal_out_the_rest() {
        for (const auto& [topic, count] : counts_) {
            for (int32_t index = 0; index < count; ++index) {
                const TopicPartition partition{topic, PartitionIndex(index)};
                if (taken_.contains(partition)) continue;
                const std::optional<Owner> owner = least_loaded(topic);
                if (owner) give(*owner, partition);
            }
        }
    }

    // Moves partitions from the loaded to the idle until no move makes it more even. Each move
    // brings the loads closer, so it ends.
    void even_out() {
        bool moved = true;
        while (moved) {
            moved = false;
            for (Owner from = 0; from < members_.size(); ++from) moved |= relieve(from);
        }
    }
    bool relieve(Owner from) {
        bool moved = false;
        for (const TopicPartition& partition :
             std::vector(shares_[from].rbegin(), shares_[from].rend())) {
            const Owner to = *least_loaded(partition.topic);
            if (shares_[to].size() + 1 >= shares_[from].size()) continue;
            shares_[from].erase(partition);
            give(to, partition);
            moved = true;
        }
        return moved;
    }

    [[nodiscard]] std::optional<Owner> least_loaded(const std::string& topic) const {
        std::optional<Owner> best;
        for (Owner owner = 0; owner < members_.size(); ++owner) {
            if (!subscribed(members_[owner], topic)) continue;
            if (!best || shares_[owner].size() < shares_[*best].size()) best = owner;
        }
        return best;
    }

    void give(Owner owner, const TopicPartition& partition) {
        shares_[owner].insert(partition);
        taken_.insert(partition);
    }

    // What somebody else says to have is given to nobody in this round.
    Assignments withheld() {
        std::map<TopicPartition, std::set<Owner>> owners;
        for (Owner owner = 0; owner < members_.size(); ++owner)
            for (const TopicPartition& partition : members_[owner].subscription.owned)
                owners[partition].insert(owner);
        Assignments out = nothing_for(members_);
        for (Owner owner = 0; owner < members_.size(); ++owner) {
            for (const TopicPartition& partition : shares_[owner]) {
                const auto found = owners.find(partition);
                const auto kept = kept_.find(partition);
                const bool free = found == owners.end() || found->second == std::set{owner};
                // A claim of an older generation is no claim against who had it in this one.
                const bool stays = kept != kept_.end() && kept->second == owner;
                if (free || stays) out[members_[owner].id].push_back(partition);
            }
        }
        return out;
    }

    const Members& members_;
    const PartitionCounts& counts_;
    std::vector<std::set<TopicPartition>> shares_;
    std::set<TopicPartition> taken_;
    std::map<TopicPartition, Owner> kept_;  // by whom it was owned before
};

}  // namespace

std::string_view name(Assignor assignor) {
    return std::ranges::find(assignor_names, assignor, &decltype(assignor_names)::value_type::first)
        ->second;
}

std::optional<Assignor> assignor_named(std::string_view name) {
    for (const auto& [assignor, each] : assignor_names)
        if (each == name) return assignor;
    return std::nullopt;
}

Assignments assign(Assignor assignor, std::vector<AssignedMember> members,
                   const PartitionCounts& counts) {
    sort_members(members);
    switch (assignor) {
        case Assignor::range: return by_range(members, counts);
        case Assignor::round_robin: return by_round_robin(members, counts);
        case Assignor::cooperative_sticky: return Sticky(members, counts).run();
    }
    return nothing_for(members);
}

}  // namespace cambium::client
