#include "coord/offsets.hpp"

#include "base/fault.hpp"

namespace cambium::coord {

void Offsets::replay(const OffsetRecord& record) {
    const OffsetCommitKey& key = record.key;
    if (record.value) {
        TopicOffsets& topic = groups_[key.group][key.topic];
        const auto before = topic.find(key.partition);
        if (mutant("coord.smaller_offset_ignored") && before != topic.end() &&
            record.value->offset < before->second.offset)
            return;
        if (topic.insert_or_assign(key.partition, *record.value).second) ++size_;
        return;
    }
    const auto group = groups_.find(key.group);
    if (group == groups_.end()) return;
    const auto topic = group->second.find(key.topic);
    if (topic == group->second.end()) return;
    size_ -= topic->second.erase(key.partition);
    if (topic->second.empty()) group->second.erase(topic);
    if (group->second.empty()) groups_.erase(group);
}

const GroupOffsets* Offsets::of(std::string_view group) const {
    const auto found = groups_.find(group);
    return found == groups_.end() ? nullptr : &found->second;
}

const Committed* Offsets::of(std::string_view group, std::string_view topic,
                             int32_t partition) const {
    const GroupOffsets* const all = of(group);
    if (all == nullptr) return nullptr;
    const auto topics = all->find(topic);
    if (topics == all->end()) return nullptr;
    const auto found = topics->second.find(partition);
    return found == topics->second.end() ? nullptr : &found->second;
}

}  // namespace cambium::coord
