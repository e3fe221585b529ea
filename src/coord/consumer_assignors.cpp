#include "coord/consumer_assignors.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace cambium::coord {

namespace {

using Subscribers = std::map<Uuid, std::vector<size_t>>;  // places of members, by topic

Subscribers subscribers_of(const AssignorInput& input) {
    Subscribers out;
    for (size_t i = 0; i < input.members.size(); ++i)
        for (const Uuid& topic : *input.members[i].topics)
            if (input.topics.contains(topic)) out[topic].push_back(i);
    return out;
}

// Static members first, by their instance, so that they keep their place under another id.
bool ranged_before(const AssignorMember& a, const AssignorMember& b) {
    const auto rank = [](const AssignorMember& one) {
        return std::tuple(!one.instance, one.instance.value_or(std::string()), std::cref(one.id));
    };
    const auto [a_dynamic, a_instance, a_id] = rank(a);
    const auto [b_dynamic, b_instance, b_id] = rank(b);
    return std::tie(a_dynamic, a_instance, a_id.get()) <
           std::tie(b_dynamic, b_instance, b_id.get());
}

std::vector<Target> assign_ranges(const AssignorInput& input) {
    std::vector<Target> out(input.members.size());
    Subscribers subscribers = subscribers_of(input);
    for (auto& [topic, members] : subscribers) {
        std::ranges::sort(members, [&input](size_t a, size_t b) {
            return ranged_before(input.members[a], input.members[b]);
        });
        const auto count = static_cast<size_t>(input.topics.at(topic));
        const size_t each = count / members.size();
        const size_t larger = count % members.size();
        int32_t next = 0;
        for (size_t i = 0; i < members.size(); ++i)
            for (size_t left = each + (i < larger ? 1 : 0); left > 0; --left)
                out[members[i]][topic].insert(next++);
    }
    return out;
}

// One run of `uniform`: keep what may be kept, hand out the rest, then even out.
class Uniform {
public:
    explicit Uniform(const AssignorInput& input)
        : input_(input),
          subscribers_(subscribers_of(input)),
          shares_(input.members.size()),
          loads_(input.members.size()) {}

    std::vector<Target> run() {
        keep();
        hand_out();
        even_out();
        return std::move(shares_);
    }

private:
    void give(size_t member, const Uuid& topic, int32_t partition) {
        shares_[member][topic].insert(partition);
        ++loads_[member];
    }
    void take(size_t member, const Uuid& topic, int32_t partition) {
        const auto found = shares_[member].find(topic);
        found->second.erase(partition);
        if (found->second.empty()) shares_[member].erase(found);
        --loads_[member];
    }

    void keep() {
        for (const auto& [topic, count] : input_.topics)
            if (subscribers_.contains(topic))
                taken_[topic].assign(static_cast<size_t>(count), false);
        for (size_t i = 0; i < input_.members.size(); ++i) {
            const AssignorMember& member = input_.members[i];
            if (member.before == nullptr) continue;
            for (const auto& [topic, partitions] : *member.before) {
                const auto taken = taken_.find(topic);
                if (taken == taken_.end() || !member.topics->contains(topic)) continue;
                for (const int32_t partition : partitions) keep(i, topic, partition, taken->second);
            }
        }
    }
    void keep(size_t member, const Uuid& topic, int32_t partition, std::vector<bool>& taken) {
        const auto at = static_cast<size_t>(partition);
        if (partition < 0 || at >= taken.size() || taken[at]) return;
        taken[at] = true;
        give(member, topic, partition);
    }

    // Topics that few can read go first. Who has least gets the next partition.
    void hand_out() {
        std::vector<std::pair<size_t, Uuid>> order;
        for (const auto& [topic, members] : subscribers_) order.emplace_back(members.size(), topic);
        std::ranges::sort(order);
        for (const auto& [count, topic] : order) {
            std::set<std::pair<size_t, size_t>> by_load;  // load, member
            for (const size_t member : subscribers_.at(topic))
                by_load.emplace(loads_[member], member);
            const std::vector<bool>& taken = taken_.at(topic);
            for (size_t partition = 0; partition < taken.size(); ++partition) {
                if (taken[partition]) continue;
                const size_t member = by_load.begin()->second;
                by_load.erase(by_load.begin());
                give(member, topic, static_cast<int32_t>(partition));
                by_load.emplace(loads_[member], member);
            }
        }
    }

    // Moves partitions from who has more to who could have them and has at least two fewer, until
    // nobody has. Every move makes the sum of the squares of the loads smaller, so that it ends.
    void even_out() {
        while (true) {
            bool moved = false;
            for (const auto& [topic, members] : subscribers_)
                if (members.size() > 1) moved = even_out(topic, members) || moved;
            if (!moved) return;
        }
    }
    bool even_out(const Uuid& topic, const std::vector<size_t>& members) {
        std::set<std::pair<size_t, size_t>> readers;  // everybody who may have it
        std::set<std::pair<size_t, size_t>> givers;   // those of them who do
        for (const size_t member : members) {
            readers.emplace(loads_[member], member);
            if (shares_[member].contains(topic)) givers.emplace(loads_[member], member);
        }
        bool moved = false;
        while (!givers.empty()) {
            const auto [most, from] = *givers.rbegin();
            const auto [least, to] = *readers.begin();
            if (most < least + 2) return moved;
            readers.erase({most, from});
            readers.erase({least, to});
            givers.erase({most, from});
            givers.erase({least, to});
            const int32_t partition = *shares_[from].at(topic).rbegin();
            take(from, topic, partition);
            give(to, topic, partition);
            for (const size_t member : {from, to}) {
                readers.emplace(loads_[member], member);
                if (shares_[member].contains(topic)) givers.emplace(loads_[member], member);
            }
            moved = true;
        }
        return moved;
    }

    const AssignorInput& input_;
    Subscribers subscribers_;
    std::map<Uuid, std::vector<bool>> taken_;
    std::vector<Target> shares_;
    std::vector<size_t> loads_;
};

}  // namespace

bool is_assignor(std::string_view name) {
    return name == uniform_assignor || name == range_assignor;
}

std::vector<Target> assign(std::string_view assignor, const AssignorInput& input) {
    return assignor == range_assignor ? assign_ranges(input) : Uniform(input).run();
}

}  // namespace cambium::coord
