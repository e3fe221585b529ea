"""A valid request for each API, harmless when any field of it is replaced: what odd.py starts from."""
import batches
from side import NOBODY

HARMFUL = {  # (API, field): values that would do something to the test itself
    ("UnregisterBroker", "BrokerId"): {1},
    ("CreatePartitions", "Topics.Count"): {2147483647},  # Kafka has no limit here: 10,000 new ones keep it busy for minutes
}


def keyed(version, side, name, first, field="Name"):
    """`side` is None when only the shape of the request matters."""
    if version < first:
        return {field: name}
    return {"TopicId": side.topic_id(name) if side else NOBODY}


def produce(version, side):
    return {"Acks": -1, "TimeoutMs": 5000, "TopicData": [{**keyed(version, side, "wild", 13), "PartitionData": [
        {"Index": 0, "Records": batches.values("odd")}]}]}


def fetch(version, side):
    body = {"MaxWaitMs": 0, "MinBytes": 1, "MaxBytes": 1 << 20, "IsolationLevel": 0, "Topics": [
        {**keyed(version, side, "three", 13, "Topic"), "Partitions": [
            {"Partition": 0, "FetchOffset": 0, "PartitionMaxBytes": 1 << 20}]}]}
    if version >= 7:
        body["ForgottenTopicsData"] = [{**keyed(version, side, "three", 13, "Topic"), "Partitions": [1]}]
    return body


def create_topics(version, _):
    """Only looked at, so that it can be said again and again."""
    return {"timeoutMs": 20000, "validateOnly": True, "Topics": [{
        "Name": f"odd-{version}", "NumPartitions": 1, "ReplicationFactor": 1,
        "Configs": [{"Name": "retention.ms", "Value": "1000000"}]}]}


def delete_topics(version, _):
    named = {"TopicNames": [f"nowhere-{version}"]} if version < 6 else {"Topics": [{"Name": f"nowhere-{version}"}]}
    return {**named, "TimeoutMs": 20000}


def fixed(body):
    return lambda *_: body


def coordinator(version, _):
    return {"KeyType": 9, "CoordinatorKeys": ["a"]} if version >= 4 else {"KeyType": 9, "Key": "a"} if version else {"Key": "a"}


def topics_of(name, field, items):
    return [{name: "three", field: items}]


def sync_group(version, _):
    return {"GroupId": "odd", "GenerationId": 1, "MemberId": "nobody", "Assignments": [{"MemberId": "nobody", "Assignment": b"a"}],
            **({"ProtocolType": "consumer", "ProtocolName": "range"} if version >= 5 else {})}


def join_group(version, _):
    """Where who has no name joins at once, times are shorter than the harness waits for an answer: of members whose connection
    is gone, any may be the leader. Later, a name that nobody joined with keeps the group until its session is over."""
    patience = 6000 if version < 4 else 30000
    return {"GroupId": "odd", "SessionTimeoutMs": patience, "RebalanceTimeoutMs": patience, "MemberId": "nobody",
            "ProtocolType": "consumer", "Protocols": [{"Name": "range", "Metadata": b"m"}]}


def leave_group(version, _):
    return {"GroupId": "odd", **({"MemberId": "nobody"} if version < 3 else {"Members": [{"MemberId": "nobody"}]})}


def offset_commit(version, side):
    return {"GroupId": "odd-offsets", "GenerationIdOrMemberEpoch": -1, "MemberId": "", "Topics": [
        {**keyed(version, side, "three", 10), "Partitions": [{"PartitionIndex": 0, "CommittedOffset": 1, "CommittedMetadata": "a"}]}]}


def list_groups(version, _):
    return {**({"StatesFilter": ["Stable"]} if version >= 4 else {}), **({"TypesFilter": ["classic"]} if version >= 5 else {})}


def offset_fetch(version, side):
    topics = [{**keyed(version, side, "three", 10), "PartitionIndexes": [0]}]
    return {"Groups": [{"GroupId": "odd-offsets", "Topics": topics}]} if version >= 8 else {"GroupId": "odd-offsets", "Topics": topics}


BASES = {
    "Produce": produce,
    "Fetch": fetch,
    "ListOffsets": fixed({"ReplicaId": -1, "TimeoutMs": 1000, "Topics": topics_of(
        "Name", "Partitions", [{"PartitionIndex": 0, "Timestamp": -1}])}),
    "Metadata": fixed({"Topics": [{"Name": "plain"}], "AllowAutoTopicCreation": False}),
    "FindCoordinator": coordinator,
    "OffsetCommit": offset_commit,
    "OffsetFetch": offset_fetch,
    "JoinGroup": join_group,
    "SyncGroup": sync_group,
    "Heartbeat": fixed({"GroupId": "odd", "GenerationId": 1, "MemberId": "nobody"}),
    "LeaveGroup": leave_group,
    "DescribeGroups": fixed({"Groups": ["odd"]}),
    "ListGroups": list_groups,
    "DeleteGroups": fixed({"GroupsNames": ["odd"]}),
    "ConsumerGroupHeartbeat": fixed({"GroupId": "odd", "MemberId": "nobody", "MemberEpoch": 3, "TopicPartitions": []}),
    "ConsumerGroupDescribe": fixed({"GroupIds": ["odd"]}),
    "OffsetDelete": fixed({"GroupId": "odd", "Topics": topics_of("Name", "Partitions", [{"PartitionIndex": 0}])}),
    "ApiVersions": fixed({"ClientSoftwareName": "oracle", "ClientSoftwareVersion": "1"}),
    "CreateTopics": create_topics,
    "DeleteTopics": delete_topics,
    "DeleteRecords": fixed({"TimeoutMs": 5000, "Topics": [{"Name": "trimmed", "Partitions": [
        {"PartitionIndex": 2, "Offset": 0}]}]}),
    "InitProducerId": fixed({"TransactionalId": None, "TransactionTimeoutMs": 60000}),
    "OffsetForLeaderEpoch": fixed({"ReplicaId": -1, "Topics": topics_of(
        "Topic", "Partitions", [{"Partition": 0, "LeaderEpoch": 0}])}),
    "DescribeConfigs": fixed({"Resources": [{"ResourceType": 2, "ResourceName": "small", "ConfigurationKeys": ["retention.ms"]}]}),
    "AlterConfigs": fixed({"ValidateOnly": True, "Resources": [{"ResourceType": 2, "ResourceName": "altered", "Configs": [
        {"Name": "retention.ms", "Value": "5000000"}]}]}),
    "IncrementalAlterConfigs": fixed({"ValidateOnly": True, "Resources": [{"ResourceType": 2, "ResourceName": "altered", "Configs": [
        {"Name": "retention.ms", "ConfigOperation": 0, "Value": "5000000"}]}]}),
    "ListConfigResources": fixed({"ResourceTypes": [2]}),
    "AlterReplicaLogDirs": fixed({"Dirs": [{"Path": "/no/such/directory", "Topics": [{"Name": "three", "Partitions": [0]}]}]}),
    "DescribeLogDirs": fixed({"Topics": topics_of("Topic", "Partitions", [0])}),
    "CreatePartitions": fixed({"TimeoutMs": 20000, "ValidateOnly": True, "Topics": [
        {"Name": "three", "Count": 4, "Assignments": [{"BrokerIds": [1]}]}]}),
    "ElectLeaders": fixed({"ElectionType": 0, "TimeoutMs": 10000, "TopicPartitions": topics_of("Topic", "Partitions", [0])}),
    "AlterPartitionReassignments": fixed({"TimeoutMs": 10000, "Topics": topics_of(
        "Name", "Partitions", [{"PartitionIndex": 0, "Replicas": [1]}])}),
    "ListPartitionReassignments": fixed({"TimeoutMs": 10000, "Topics": topics_of("Name", "PartitionIndexes", [0])}),
    "DescribeQuorum": fixed({"Topics": [{"TopicName": "__cluster_metadata", "Partitions": [{"PartitionIndex": 0}]}]}),
    "UpdateFeatures": fixed({"timeoutMs": 10000, "FeatureUpdates": [{"Feature": "no.such.feature", "MaxVersionLevel": 1}]}),
    "DescribeCluster": fixed({"IncludeClusterAuthorizedOperations": False}),
    "DescribeProducers": fixed({"Topics": topics_of("Name", "PartitionIndexes", [0])}),
    "UnregisterBroker": fixed({"BrokerId": 99}),
    "DescribeTopicPartitions": fixed({"Topics": [{"Name": "three"}], "ResponsePartitionLimit": 2, "Cursor": {
        "TopicName": "three", "PartitionIndex": 1}}),
}


def harmful(api, field, value):
    """Values that hurt the test; a millisecond is sometimes enough for Kafka and sometimes not, and what an old Metadata
    asks for is made, by Kafka at some time later."""
    if (api, field, value) == ("Metadata", "Topics.Name", "nowhere"):
        return True
    if not isinstance(value, int):
        return False
    return value in HARMFUL.get((api, field), ()) or (value == 1 and field.lower() == "timeoutms")
