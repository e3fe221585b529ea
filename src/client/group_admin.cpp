#include "client/group_admin.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

#include "client/consumer_protocol.hpp"
#include "client/server_error.hpp"

namespace cambium::client {
namespace {

// From the next version on OffsetFetch asks for many groups, and both name topics by id later.
constexpr int16_t fetch_of_one_group = 7;
constexpr int16_t commit_by_name = 9;
constexpr const char* consumers = "consumer";
constexpr const char* dead = "Dead";

Error about_group(Errc code, const std::string& group) { return {code, "group '" + group + "'"}; }

// The first code of all partitions that is an error, one worth retrying before others.
template <class Topics> Errc code_of(const Topics& topics) {
    Errc first = Errc::none;
    for (const auto& topic : topics) {
        for (const auto& partition : topic.partitions) {
            const Errc code = from_wire_code(partition.error_code);
            if (worth_retrying(code) && code != Errc::unknown_topic_or_partition) return code;
            if (first == Errc::none) first = code;
        }
    }
    return first;
}

// The first partition that failed.
template <class Topics> Status outcome_of(const Topics& topics) {
    for (const auto& topic : topics)
        for (const auto& partition : topic.partitions)
            if (partition.error_code != 0)
                return Error{
                    from_wire_code(partition.error_code),
                    TopicPartition{topic.name, PartitionIndex(partition.partition_index)}.text()};
    return {};
}

template <class List> void sort_by_partition(List& list) {
    std::ranges::sort(list, {}, [](const auto& each) { return each.partition; });
}

wire::OffsetCommitRequest commit_request(const std::string& group,
                                         std::vector<CommittedOffset> offsets) {
    sort_by_partition(offsets);
    wire::OffsetCommitRequest request;
    request.group_id = group;
    for (const CommittedOffset& each : offsets) {
        const auto& name = each.partition.topic;
        if (request.topics.empty() || request.topics.back().name != name)
            request.topics.emplace_back().name = name;
        request.topics.back().partitions.push_back({each.partition.partition.value(),
                                                    each.offset.value(), each.leader_epoch.value(),
                                                    each.metadata});
    }
    return request;
}

wire::OffsetDeleteRequest offset_delete_request(const std::string& group,
                                                std::vector<TopicPartition> partitions) {
    std::ranges::sort(partitions);
    wire::OffsetDeleteRequest request;
    request.group_id = group;
    for (const TopicPartition& each : partitions) {
        if (request.topics.empty() || request.topics.back().name != each.topic)
            request.topics.emplace_back().name = each.topic;
        request.topics.back().partitions.push_back({each.partition.value()});
    }
    return request;
}

// Errors are left out: what a member says of itself in a way we do not know is not shown.
GroupMemberInfo member_info(const wire::DescribeGroupsResponse::Group::Member& member,
                            bool consumer) {
    GroupMemberInfo out{.id = member.member_id,
                        .instance = member.group_instance_id,
                        .client_id = member.client_id,
                        .host = member.client_host,
                        .topics = {},
                        .partitions = {}};
    if (!consumer) return out;
    auto subscription = decoded_subscription(member.member_metadata);
    if (subscription.ok()) out.topics = std::move(subscription->topics);
    auto partitions = decoded_assignment(member.member_assignment);
    if (partitions.ok()) out.partitions = std::move(*partitions);
    return out;
}

DescribedGroup described(const wire::DescribeGroupsResponse::Group& group, NodeId coordinator) {
    DescribedGroup out{.id = group.group_id,
                       .state = group.group_state,
                       .protocol_type = group.protocol_type,
                       .assignor = group.protocol_data,
                       .members = {},
                       .coordinator = coordinator};
    for (const auto& member : group.members)
        out.members.push_back(member_info(member, group.protocol_type == consumers));
    std::ranges::sort(out.members, {}, &GroupMemberInfo::id);
    return out;
}

std::vector<TopicPartition> flat(
    const wire::ConsumerGroupDescribeResponse::Assignment& assignment) {
    std::vector<TopicPartition> out;
    for (const auto& topic : assignment.topic_partitions)
        for (const int32_t partition : topic.partitions)
            out.push_back({topic.topic_name, PartitionIndex(partition)});
    std::ranges::sort(out);
    return out;
}

// It is no group of the consumer protocol, or the cluster knows none.
bool is_of_another_type(Errc code) {
    return code == Errc::group_id_not_found || code == Errc::unsupported_version;
}

}  // namespace

std::string_view name(GroupType type) {
    return type == GroupType::consumer ? "consumer" : "classic";
}

DescribedGroup described(const wire::ConsumerGroupDescribeResponse::Group& group,
                         NodeId coordinator) {
    using Member = wire::ConsumerGroupDescribeResponse::Member;
    DescribedGroup out{.id = group.group_id,
                       .state = group.group_state,
                       .protocol_type = consumers,
                       .assignor = group.assignor_name,
                       .members = {},
                       .coordinator = coordinator,
                       .type = GroupType::consumer,
                       .epoch = group.group_epoch,
                       .assignment_epoch = group.assignment_epoch};
    for (const Member& member : group.members)
        out.members.push_back({.id = member.member_id,
                               .instance = member.instance_id,
                               .client_id = member.client_id,
                               .host = member.client_host,
                               .topics = member.subscribed_topic_names,
                               .partitions = flat(member.assignment),
                               .regex = member.subscribed_topic_regex.value_or(""),
                               .target = flat(member.target_assignment),
                               .epoch = member.member_epoch,
                               .speaks = member.member_type == Member::classic_type
                                             ? GroupType::classic
                                             : GroupType::consumer});
    std::ranges::sort(out.members, {}, &GroupMemberInfo::id);
    return out;
}

template <class Response, class Request>
io::Task<Result<Response>> GroupAdmin::ask_once(std::string group, Request request,
                                                int16_t version_max, io::Monotonic deadline) {
    const Result<FoundCoordinator> found = co_await find_coordinator(&client_, group, deadline);
    if (!found.ok()) co_return found.error();
    if (!client_.cluster().servers().contains(found->node)) {
        const std::vector<std::string> none;
        const Status known = co_await client_.refresh(none, false, deadline);
        if (!known.ok()) co_return known.error();
    }
    coordinator_ = found->node;
    auto reply =
        co_await client_.call<Response>(found->node, std::move(request), deadline, version_max);
    if (!reply.ok()) co_return reply.error();
    co_return std::move(reply->message);
}

template <class Response, class Request>
io::Task<Result<Response>> GroupAdmin::ask(std::string group, Request request, int16_t version_max,
                                           Errc (*verdict)(const Response&)) {
    const io::Monotonic deadline = client_.operation_deadline();
    Retry attempts = client_.retry(deadline);
    while (true) {
        Result<Response> answer =
            co_await ask_once<Response>(group, request, version_max, deadline);
        const Errc code = answer.ok() ? verdict(*answer) : answer.code();
        if (!worth_retrying(code) || code == Errc::unknown_topic_or_partition) co_return answer;
        const Error last = answer.ok() ? about_group(code, group) : answer.error();
        const Status again = co_await attempts.pause();
        if (!again.ok()) co_return final_error(again, last);
    }
}

io::Task<Result<std::vector<ListedGroup>>> GroupAdmin::list_once(NodeId node,
                                                                 io::Monotonic deadline) {
    auto reply =
        co_await client_.call<wire::ListGroupsResponse>(node, wire::ListGroupsRequest{}, deadline);
    if (!reply.ok()) co_return reply.error();
    if (reply->message.error_code != 0) co_return from_wire_code(reply->message.error_code);
    std::vector<ListedGroup> groups;
    for (auto& group : reply->message.groups)
        groups.push_back(
            {group.group_id, group.group_type, group.protocol_type, group.group_state, node});
    co_return groups;
}

io::Task<Result<std::vector<ListedGroup>>> GroupAdmin::list() {
    const io::Monotonic deadline = client_.operation_deadline();
    const std::vector<std::string> none;
    const Status known = co_await client_.refresh(none, false, deadline);
    if (!known.ok()) co_return known.error();
    std::vector<NodeId> nodes;
    for (const auto& [node, address] : client_.cluster().servers()) nodes.push_back(node);
    std::vector<ListedGroup> all;
    for (const NodeId node : nodes) {
        Retry attempts = client_.retry(deadline);
        while (true) {
            Result<std::vector<ListedGroup>> groups = co_await list_once(node, deadline);
            if (groups.ok()) {
                std::ranges::move(*groups, std::back_inserter(all));
                break;
            }
            if (!worth_retrying(groups.code())) co_return groups.error();
            const Status again = co_await attempts.pause();
            if (!again.ok()) co_return final_error(again, groups.error());
        }
    }
    std::ranges::sort(all, {}, &ListedGroup::id);
    co_return all;
}

io::Task<Result<DescribedGroup>> GroupAdmin::describe(std::string group) {
    Result<DescribedGroup> found = co_await describe_consumer(group);
    if (found.ok() || !is_of_another_type(found.code())) co_return found;
    found = co_await describe_classic(group);
    co_return found;
}

io::Task<Result<DescribedGroup>> GroupAdmin::describe_consumer(std::string group) {
    using Response = wire::ConsumerGroupDescribeResponse;
    wire::ConsumerGroupDescribeRequest request;
    request.group_ids.push_back(group);
    constexpr auto verdict = [](const Response& response) {
        return response.groups.size() != 1 ? Errc::none
                                           : from_wire_code(response.groups.front().error_code);
    };
    Result<Response> answer =
        co_await ask<Response>(group, std::move(request), wire::latest, +verdict);
    if (!answer.ok()) co_return answer.error();
    if (answer->groups.size() != 1) co_return Errc::malformed;
    const Response::Group& found = answer->groups.front();
    if (found.error_code != 0) {
        const Error error = said(found.error_code, found.error_message, "group '" + group + "'");
        co_return error;
    }
    co_return described(found, coordinator_);
}

io::Task<Result<DescribedGroup>> GroupAdmin::describe_classic(std::string group) {
    using Response = wire::DescribeGroupsResponse;
    wire::DescribeGroupsRequest request;
    request.groups.push_back(group);
    constexpr auto verdict = [](const Response& response) {
        return response.groups.size() != 1 ? Errc::none
                                           : from_wire_code(response.groups.front().error_code);
    };
    Result<Response> answer =
        co_await ask<Response>(group, std::move(request), wire::latest, +verdict);
    if (!answer.ok()) co_return answer.error();
    if (answer->groups.size() != 1) co_return Errc::malformed;
    const Response::Group& found = answer->groups.front();
    if (found.error_code != 0) {
        const Error error = said(found.error_code, found.error_message, "group '" + group + "'");
        co_return error;
    }
    // So older versions say that there is no such group.
    if (found.group_state == dead && found.members.empty())
        co_return about_group(Errc::group_id_not_found, group);
    co_return described(found, coordinator_);
}

io::Task<Result<std::vector<CommittedOffset>>> GroupAdmin::committed(std::string group) {
    using Response = wire::OffsetFetchResponse;
    wire::OffsetFetchRequest request;
    request.group_id = group;
    constexpr auto verdict = [](const Response& response) {
        return response.error_code != 0 ? from_wire_code(response.error_code)
                                        : code_of(response.topics);
    };
    Result<Response> answer =
        co_await ask<Response>(group, std::move(request), fetch_of_one_group, +verdict);
    if (!answer.ok()) co_return answer.error();
    if (answer->error_code != 0) co_return about_group(from_wire_code(answer->error_code), group);
    std::vector<CommittedOffset> out;
    for (const auto& topic : answer->topics) {
        for (const auto& partition : topic.partitions) {
            if (partition.error_code != 0 || partition.committed_offset < 0) continue;
            out.push_back({{topic.name, PartitionIndex(partition.partition_index)},
                           Offset(partition.committed_offset),
                           LeaderEpoch(partition.committed_leader_epoch),
                           partition.metadata.value_or("")});
        }
    }
    sort_by_partition(out);
    co_return out;
}

io::Task<Status> GroupAdmin::commit(std::string group, std::vector<CommittedOffset> offsets) {
    using Response = wire::OffsetCommitResponse;
    if (offsets.empty()) co_return Status();
    wire::OffsetCommitRequest request = commit_request(group, std::move(offsets));
    constexpr auto verdict = [](const Response& response) { return code_of(response.topics); };
    const Result<Response> answer =
        co_await ask<Response>(group, std::move(request), commit_by_name, +verdict);
    if (!answer.ok()) co_return answer.error();
    co_return outcome_of(answer->topics);
}

io::Task<Status> GroupAdmin::delete_offsets(std::string group,
                                            std::vector<TopicPartition> partitions) {
    using Response = wire::OffsetDeleteResponse;
    if (partitions.empty()) co_return Status();
    wire::OffsetDeleteRequest request = offset_delete_request(group, std::move(partitions));
    constexpr auto verdict = [](const Response& response) {
        return response.error_code != 0 ? from_wire_code(response.error_code)
                                        : code_of(response.topics);
    };
    const Result<Response> answer =
        co_await ask<Response>(group, std::move(request), wire::latest, +verdict);
    if (!answer.ok()) co_return answer.error();
    if (answer->error_code != 0) co_return about_group(from_wire_code(answer->error_code), group);
    co_return outcome_of(answer->topics);
}

io::Task<Status> GroupAdmin::delete_group(std::string group) {
    using Response = wire::DeleteGroupsResponse;
    wire::DeleteGroupsRequest request;
    request.groups_names.push_back(group);
    constexpr auto verdict = [](const Response& response) {
        return response.results.size() != 1 ? Errc::none
                                            : from_wire_code(response.results.front().error_code);
    };
    const Result<Response> answer =
        co_await ask<Response>(group, std::move(request), wire::latest, +verdict);
    if (!answer.ok()) co_return answer.error();
    if (answer->results.size() != 1) co_return Errc::malformed;
    const auto code = from_wire_code(answer->results.front().error_code);
    co_return code == Errc::none ? Status() : Status(about_group(code, group));
}

}  // namespace cambium::client
