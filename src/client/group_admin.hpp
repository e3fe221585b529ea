// Groups as people and tools see them: which there are, who is in them, where they are.
//
// As Admin (client/admin.hpp): every call retries what is worth retrying until its deadline, also
// while coordinators load or move; other errors come back with the server's own words. Repeating
// any of these is no harm. One loop; the client outlives it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "client/client.hpp"
#include "client/coordinator.hpp"
#include "io/task.hpp"
#include "wire/messages/consumer_group.hpp"
#include "wire/messages/group_offsets.hpp"
#include "wire/messages/groups.hpp"

namespace cambium::client {

struct ListedGroup {
    std::string id;
    std::string type;           // "classic", "consumer", ...; empty when the server does not say
    std::string protocol_type;  // "consumer" for consumers; empty when only offsets are known
    std::string state;
    NodeId coordinator;
};

enum class GroupType : uint8_t { classic, consumer };
// "classic", "consumer": as ListGroups tells it.
[[nodiscard]] std::string_view name(GroupType type);

struct GroupMemberInfo {
    std::string id;
    std::optional<std::string> instance;
    std::string client_id;
    std::string host;
    std::vector<std::string> topics;         // that it takes, if it says so in a way we know
    std::vector<TopicPartition> partitions;  // that it was given; sorted in consumer groups
    // In a group of the consumer protocol (KIP-848):
    std::string regex{};                   // topics that it takes; may be empty
    std::vector<TopicPartition> target{};  // that it is to have in the end, sorted
    int32_t epoch = -1;                    // how far it has come
    GroupType speaks = GroupType::classic;
};

struct DescribedGroup {
    std::string id;
    std::string state;  // Stable, Empty, PreparingRebalance, Assigning, Reconciling, ...
    std::string protocol_type;
    std::string assignor;
    std::vector<GroupMemberInfo> members;
    NodeId coordinator;
    GroupType type = GroupType::classic;
    // Of a group of the consumer protocol: raised with every change of members and topics, and the
    // one that the targets of its members were computed for.
    int32_t epoch = -1;
    int32_t assignment_epoch = -1;
};

struct CommittedOffset {
    TopicPartition partition;
    Offset offset;
    LeaderEpoch leader_epoch{};
    std::string metadata{};
};

// As the coordinator told it.
[[nodiscard]] DescribedGroup described(const wire::ConsumerGroupDescribeResponse::Group& group,
                                       NodeId coordinator);

class GroupAdmin {
public:
    explicit GroupAdmin(Client& client) : client_(client) {}

    // Of all servers, by name.
    io::Task<Result<std::vector<ListedGroup>>> list();
    // Of either type. Errors: group_id_not_found, ...
    io::Task<Result<DescribedGroup>> describe(std::string group);
    // Everything the group has committed, by partition; a group that is not known has nothing.
    io::Task<Result<std::vector<CommittedOffset>>> committed(std::string group);
    // As a consumer without a group does it: only into a group without members. All are tried, the
    // first failure is told. Errors: unknown_member_id or illegal_generation when it has members,
    // unknown_topic_or_partition, ...
    io::Task<Status> commit(std::string group, std::vector<CommittedOffset> offsets);
    // Errors: group_subscribed_to_topic, group_id_not_found, ...
    io::Task<Status> delete_offsets(std::string group, std::vector<TopicPartition> partitions);
    // Errors: non_empty_group, group_id_not_found, ...
    io::Task<Status> delete_group(std::string group);

private:
    // Asks the coordinator until `verdict` finds nothing in the answer that is worth retrying.
    template <class Response, class Request>
    io::Task<Result<Response>> ask(std::string group, Request request, int16_t version_max,
                                   Errc (*verdict)(const Response&));
    template <class Response, class Request>
    io::Task<Result<Response>> ask_once(std::string group, Request request, int16_t version_max,
                                        io::Monotonic deadline);
    io::Task<Result<DescribedGroup>> describe_consumer(std::string group);
    io::Task<Result<DescribedGroup>> describe_classic(std::string group);
    io::Task<Result<std::vector<ListedGroup>>> list_once(NodeId node, io::Monotonic deadline);

    Client& client_;
    NodeId coordinator_;  // that answered last
};

}  // namespace cambium::client
