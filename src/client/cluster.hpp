// What a client knows of the cluster: servers, topics, and who leads their partitions.
//
// A pure cache, filled from Metadata answers, which are not trusted: partitions that are not
// numbered 0 to n-1 make their topic unusable. One loop.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "io/network.hpp"
#include "wire/messages/metadata.hpp"

namespace cambium::client {

struct PartitionInfo {
    Errc error = Errc::none;
    NodeId leader;  // -1 when there is none
    LeaderEpoch leader_epoch;
    std::vector<NodeId> replicas;
    std::vector<NodeId> in_sync;
};

struct TopicInfo {
    std::string name;
    Uuid id;  // zero when the server speaks no version with ids
    Errc error = Errc::none;
    bool internal = false;
    std::vector<PartitionInfo> partitions;  // by index
};

// A snapshot that its holder keeps across refreshes; that is why it is shared.
using TopicRef = std::shared_ptr<const TopicInfo>;

[[nodiscard]] TopicInfo topic_info(const wire::MetadataResponse::Topic& topic);

class Cluster {
public:
    // Servers are replaced, topics in the answer too; others stay.
    void apply(const wire::MetadataResponse& response);
    // Forgets a topic whose leaders turned out to be others than known.
    void forget(std::string_view topic);

    // Null when it is not known. The topic may have an error.
    [[nodiscard]] TopicRef find(std::string_view topic) const;
    [[nodiscard]] TopicRef find(const Uuid& id) const;
    [[nodiscard]] const std::map<NodeId, io::Address>& servers() const { return servers_; }
    [[nodiscard]] NodeId controller() const { return controller_; }
    [[nodiscard]] const std::string& id() const { return id_; }

private:
    std::map<NodeId, io::Address> servers_;
    std::map<std::string, TopicRef, std::less<>> topics_;
    NodeId controller_;
    std::string id_;
};

}  // namespace cambium::client
