// State is made by replaying records, and in no other way (HOUSE, decision 2).
//
// The builder holds the state that grows with every change. Records of an open change are kept
// aside and applied at its end, so that a change is there whole or not at all. `publish` takes a
// picture. One thread.
//
// Errors are corrupt_data (the records contradict each other or the state) and unsupported_format
// (a feature level above what this program knows). The first one sticks: the state may be half of a
// change then and is never published again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "meta/image.hpp"
#include "meta/record.hpp"

namespace cambium::meta {

// A change larger than this is not believed.
inline constexpr uint32_t max_change_records = 1U << 20;

// The feature that says which metadata records there may be, and its highest level known here.
inline constexpr std::string_view metadata_feature = "cambium.metadata";
inline constexpr int16_t metadata_feature_level = 1;

class Builder {
public:
    Builder() = default;
    Builder(const Builder&) = delete;
    Builder& operator=(const Builder&) = delete;

    // The next record of the log, at `index`. Visible once its change is complete.
    [[nodiscard]] Status apply(Record record, MetadataIndex index);
    // A whole change whose last record is at `index`.
    [[nodiscard]] Status apply_change(const std::vector<Record>& change, MetadataIndex index);

    // Whether the records so far end inside a change.
    [[nodiscard]] bool inside_change() const { return open_; }
    // Forgets the open change, as AbortChange does, without a record. Whoever calls this makes sure
    // that the log says the same before it says anything else.
    void drop_open_change();
    [[nodiscard]] const Image& state() const { return state_; }

    // What changed since the last publish, and the picture of now.
    struct Publication {
        ImageRef before;
        ImageRef after;
        Delta delta;
    };
    [[nodiscard]] Publication publish();

private:
    Status step(Record record, MetadataIndex index);
    Status begin(const BeginChange& begin);
    Status end(MetadataIndex index);
    Status apply_fact(const Record& record);

    Status on(const ClusterRecord& record);
    Status on(const NodeRecord& record);
    Status on(const TopicRecord& record);
    Status on(const PartitionRecord& record);
    Status on(const TopicConfigRecord& record);
    Status on(const DeleteTopicRecord& record);
    Status on(const ProducerIdBlockRecord& record);
    Status on(const FeatureLevelRecord& record);
    Status on(const NodeConfigRecord& record);
    Status on(const GroupConfigRecord& record);

    Topic& changeable(const TopicRef& topic);

    Image state_;
    Status failed_;
    MetadataIndex last_;  // of the last record seen
    bool open_ = false;
    uint32_t expected_ = 0;        // facts of the open change
    std::vector<Record> waiting_;  // those of them that came
    ImageRef published_ = std::make_shared<const Image>();
    // The topics that changed since, as they are now (null: gone). Only state_ shares them, so they
    // may be changed in place.
    std::map<Uuid, std::shared_ptr<Topic>> touched_;
    bool nodes_changed_ = false;
    bool node_configs_changed_ = false;
};

// The facts that lead from nothing to `image`, in an order in which they apply: a snapshot.
[[nodiscard]] std::vector<Record> facts_of(const Image& image);

}  // namespace cambium::meta
