// Every message there is, for what treats them all alike (tests, the fuzz program).
#pragma once

#include "wire/messages/alter_configs.hpp"
#include "wire/messages/api_versions.hpp"
#include "wire/messages/consumer_group.hpp"
#include "wire/messages/create_partitions.hpp"
#include "wire/messages/delete_records.hpp"
#include "wire/messages/describe_cluster.hpp"
#include "wire/messages/describe_configs.hpp"
#include "wire/messages/describe_producers.hpp"
#include "wire/messages/describe_quorum.hpp"
#include "wire/messages/describe_topic_partitions.hpp"
#include "wire/messages/elect_leaders.hpp"
#include "wire/messages/fetch.hpp"
#include "wire/messages/find_coordinator.hpp"
#include "wire/messages/group_membership.hpp"
#include "wire/messages/group_offsets.hpp"
#include "wire/messages/groups.hpp"
#include "wire/messages/init_producer_id.hpp"
#include "wire/messages/list_config_resources.hpp"
#include "wire/messages/list_offsets.hpp"
#include "wire/messages/log_dirs.hpp"
#include "wire/messages/metadata.hpp"
#include "wire/messages/offset_for_leader_epoch.hpp"
#include "wire/messages/partition_reassignments.hpp"
#include "wire/messages/produce.hpp"
#include "wire/messages/topics.hpp"
#include "wire/messages/unregister_broker.hpp"
#include "wire/messages/update_features.hpp"

namespace cambium::wire {

template <class... M> struct MessageList {
    // Calls visit.operator()<M>() for every message.
    static void each(auto&& visit) { (visit.template operator()<M>(), ...); }
};

// FetchResponse appears as the form that can be read.
using EveryMessage = MessageList<
    ProduceRequest, ProduceResponse, FetchRequest, FetchedResponse, ListOffsetsRequest,
    ListOffsetsResponse, MetadataRequest, MetadataResponse, FindCoordinatorRequest,
    FindCoordinatorResponse, ApiVersionsRequest, ApiVersionsResponse, CreateTopicsRequest,
    CreateTopicsResponse, DeleteTopicsRequest, DeleteTopicsResponse, DeleteRecordsRequest,
    DeleteRecordsResponse, InitProducerIdRequest, InitProducerIdResponse,
    OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, DescribeConfigsRequest,
    DescribeConfigsResponse, AlterConfigsRequest, AlterConfigsResponse,
    IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, ListConfigResourcesRequest,
    ListConfigResourcesResponse, DescribeClusterRequest, DescribeClusterResponse,
    AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse, DescribeLogDirsRequest,
    DescribeLogDirsResponse, CreatePartitionsRequest, CreatePartitionsResponse, ElectLeadersRequest,
    ElectLeadersResponse, AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse,
    ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse, DescribeQuorumRequest,
    DescribeQuorumResponse, UpdateFeaturesRequest, UpdateFeaturesResponse, DescribeProducersRequest,
    DescribeProducersResponse, UnregisterBrokerRequest, UnregisterBrokerResponse,
    DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse, JoinGroupRequest,
    JoinGroupResponse, SyncGroupRequest, SyncGroupResponse, HeartbeatRequest, HeartbeatResponse,
    LeaveGroupRequest, LeaveGroupResponse, DescribeGroupsRequest, DescribeGroupsResponse,
    ListGroupsRequest, ListGroupsResponse, DeleteGroupsRequest, DeleteGroupsResponse,
    OffsetCommitRequest, OffsetCommitResponse, OffsetFetchRequest, OffsetFetchResponse,
    OffsetDeleteRequest, OffsetDeleteResponse, ConsumerGroupHeartbeatRequest,
    ConsumerGroupHeartbeatResponse, ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse>;

}  // namespace cambium::wire
