"""The list, part three: the cluster, its directories, its leaders, ids for producers."""
import struct

import codec
import link
import list_groups
from case import Case

COORDINATOR_LOAD_IN_PROGRESS = 14
SOFTWARE = {"ClientSoftwareName": "oracle", "ClientSoftwareVersion": "1.0"}


def versions():
    yield Case("ApiVersions", "plain", SOFTWARE)
    for name, version in [("", "1.0"), ("oracle", ""), ("with space", "1"), ("-begins", "1"), ("ends-", "1"), ("a" * 300, "1"),
                          ("ü", "1"), ("a.b-c", "1.2.3-4"), ("x", "v_1")]:
        yield Case("ApiVersions", f"software {name[:9]!r} {version!r}",
                   {"ClientSoftwareName": name, "ClientSoftwareVersion": version}, versions=(3, 4))
    for version in (5, 99, 32767, -1):
        yield Case("ApiVersions", f"version {version}", versions=(4, 4), answer_version=0,
                   frame=lambda _, sound, version=version: sound[:2] + struct.pack(">h", version) + sound[4:])
    yield Case("ApiVersions", "an unknown version and garbage", versions=(4, 4), answer_version=0,
               frame=lambda _, sound: sound[:2] + struct.pack(">h", 77) + sound[4:15] + b"\xff" * 9)


def cluster():
    for operations in (False, True):
        yield Case("DescribeCluster", f"operations {operations}", {"IncludeClusterAuthorizedOperations": operations})
    for endpoints in (0, 2, 3, -1):
        yield Case("DescribeCluster", f"endpoints of type {endpoints}", {"EndpointType": endpoints}, versions=(1, 2))
    yield Case("DescribeCluster", "with fenced ones", {"IncludeFencedBrokers": True}, versions=(2, 2))


def quorum():
    def asked(name, *pairs):
        return Case("DescribeQuorum", name, {"Topics": [
            {"TopicName": topic, "Partitions": [{"PartitionIndex": partition}]} for topic, partition in pairs]})
    yield asked("of the metadata", ("__cluster_metadata", 0))
    yield asked("partition 1", ("__cluster_metadata", 1))
    yield asked("a topic", ("plain", 0))
    yield asked("nothing")
    yield asked("two", ("__cluster_metadata", 0), ("plain", 0))
    yield asked("twice", ("__cluster_metadata", 0), ("__cluster_metadata", 0))


def features():
    def update(name, pairs, **more):
        return Case("UpdateFeatures", name, {"timeoutMs": 10000, "FeatureUpdates": [
            {"Feature": feature, "MaxVersionLevel": level, **rest} for feature, level, rest in pairs]}, **more)
    yield update("nothing", [])
    yield update("unknown", [("no.such.feature", 1, {})])
    yield update("unknown, level 0", [("no.such.feature", 0, {"UpgradeType": 2, "AllowDowngrade": True})])
    yield update("unknown, level below 0", [("no.such.feature", -1, {})])
    yield update("two unknown", [("no.such.feature", 1, {}), ("another", 2, {})])
    yield update("twice", [("no.such.feature", 1, {}), ("no.such.feature", 2, {})])
    yield update("no name", [("", 1, {})])
    for kind in (0, 3, 4, -1):
        yield update(f"upgrade type {kind}", [("no.such.feature", 1, {"UpgradeType": kind})], versions=(1, 2))


def elections():
    def elect(name, parts, kind=0, timeout=10000, **more):
        topics = None if parts is None else [{"Topic": topic, "Partitions": indexes} for topic, indexes in parts]
        return Case("ElectLeaders", name, {"ElectionType": kind, "TopicPartitions": topics, "TimeoutMs": timeout}, **more)
    for kind in (0, 1):
        yield elect(f"type {kind}", [("three", [0, 1])], kind)
        yield elect(f"type {kind} everywhere", None, kind)
        yield elect(f"type {kind} nowhere", [], kind)
        yield elect(f"type {kind} unknown", [("nowhere", [0]), ("three", [99, -1]), ("bad name", [0]), ("three", [2])], kind)
        yield elect(f"type {kind} twice", [("three", [0, 0])], kind)
        yield elect(f"type {kind} no partitions", [("three", [])], kind)
    for kind in (2, -1):
        yield elect(f"type {kind}", [("three", [0])], kind, versions=(1, 2))
    for timeout in (0, -1):
        yield elect(f"timeout {timeout}", [("three", [0])], 0, timeout)


def reassignments():
    def move(name, parts, **more):
        fields = {key: more.pop(key) for key in list(more) if key[0].isupper()}
        return Case("AlterPartitionReassignments", name, {"TimeoutMs": 10000, "Topics": [
            {"Name": topic, "Partitions": [{"PartitionIndex": partition, "Replicas": nodes}]} for topic, partition, nodes in parts],
            **fields}, changes=True, **more)
    yield move("to where it is", [("three", 0, [1])])
    yield move("cancelled", [("three", 0, None)])
    yield move("nothing", [])
    for nodes in ([], [9], [1, 1], [1, 9], [-1], [2147483647]):
        yield move(f"to {nodes}", [("three", 0, nodes)])
    yield move("more replicas, not allowed", [("three", 0, [1, 9])], AllowReplicationFactorChange=False, versions=(1, 1))
    yield move("unknown", [("nowhere", 0, [1]), ("three", 99, [1]), ("three", -1, [1]), ("bad name", 0, None), ("", 0, [1])])
    yield move("a partition twice", [("three", 0, [1]), ("three", 0, [1])])
    yield move("timeout 0", [("three", 0, [1])], TimeoutMs=0)
    for name, topics in [("everything", None), ("nothing", []), ("one", [("three", [0])]), ("no partitions", [("three", [])]),
                         ("unknown", [("nowhere", [0]), ("three", [99, -1])])]:
        asked = None if topics is None else [{"Name": topic, "PartitionIndexes": indexes} for topic, indexes in topics]
        yield Case("ListPartitionReassignments", name, {"Topics": asked, "TimeoutMs": 10000})
    yield Case("ListPartitionReassignments", "timeout 0", {"Topics": None, "TimeoutMs": 0})


def nodes():
    for node in (99, 0, -1, 2147483647, -2147483648):
        yield Case("UnregisterBroker", f"node {node}", {"BrokerId": node}, changes=True)


def directories():
    def sizes(name, parts):
        topics = None if parts is None else [{"Topic": topic, "Partitions": indexes} for topic, indexes in parts]
        return Case("DescribeLogDirs", name, {"Topics": topics})
    yield sizes("some", [("three", [0, 1, 2]), ("trimmed", [0])])
    yield sizes("empty ones", [("unwritten", [0, 1])])
    yield sizes("nothing", [])
    yield sizes("no partitions", [("three", [])])
    yield sizes("unknown", [("nowhere", [0]), ("three", [77, -1]), ("bad name", [0])])
    yield sizes("twice", [("three", [0, 0]), ("three", [0])])

    def move(name, *parts):
        return Case("AlterReplicaLogDirs", name, lambda _, side: {"Dirs": [
            {"Path": side.data if path == "HERE" else path, "Topics": [{"Name": topic, "Partitions": indexes}]}
            for path, topic, indexes in parts]})
    yield move("nothing")
    yield move("to an unknown place", ("/no/such/directory", "three", [0, 1]))
    yield move("to no absolute place", ("relative", "three", [0]))
    yield move("to where it is", ("HERE", "three", [0]))
    yield move("unknown, here", ("HERE", "nowhere", [0]), ("HERE", "three", [99, -1]))
    yield move("unknown, to nowhere", ("/no/such/directory", "nowhere", [0]), ("", "three", [99]))
    yield move("twice", ("/no/such/directory", "three", [0]), ("/no/such/other", "three", [0]))


def loading(answer):
    """Kafka answers so until it has ids to give away."""
    return answer.get("ErrorCode") == COORDINATOR_LOAD_IN_PROGRESS


def producer_ids():
    def ask(name, **more):
        return Case("InitProducerId", name, {"TransactionalId": None, "TransactionTimeoutMs": 60000, **more}, again=loading)
    yield ask("new")
    yield ask("another")
    yield ask("timeout 0", TransactionTimeoutMs=0)
    yield ask("timeout below 0", TransactionTimeoutMs=-1)
    yield ask("empty transactional id", TransactionalId="")
    for producer, epoch in [(5, 0), (5, -1), (-1, 5), (-2, -2), (999999999, 3), (5, 32767)]:
        yield Case("InitProducerId", f"from {producer} {epoch}", {
            "TransactionalId": None, "TransactionTimeoutMs": 60000, "ProducerId": producer, "ProducerEpoch": epoch}, versions=(3, 5),
                   again=loading)


def coordinators():
    def find(name, keys, kind=0, **more):
        return Case("FindCoordinator", name, lambda version, _: {"KeyType": kind, "CoordinatorKeys": keys} if version >= 4 else
                    {"KeyType": kind, "Key": keys[0]} if version >= 1 else {"Key": keys[0]}, **more)
    yield find("of unknown kind", ["somebody"], 9, versions=(1, 6))
    yield find("of negative kind", ["somebody"], -1, versions=(1, 6))
    yield find("of nobody", [], versions=(4, 6))
    yield find("of shares, too early", ["g:AAAAAAAAAAAAAAAAAAAAAA:0"], 2, versions=(1, 5))
    yield find("of a group", ["somebody"], again=list_groups.not_ready, changes=True)


def frames():
    """What is no request at all; each of these connections is closed."""
    for name, data in [("unknown key", struct.pack(">hhih", 999, 0, 7, -1)), ("negative key", struct.pack(">hhih", -1, 0, 7, -1)),
                       ("between brokers", struct.pack(">hhih", 4, 0, 7, -1)), ("empty", b""), ("one byte", b"\0"),
                       ("half a header", struct.pack(">hh", 3, 0)), ("a client id that is not there", struct.pack(">hhih", 3, 0, 7, 50)),
                       ("negative client id", struct.pack(">hhih", 3, 0, 7, -5) + struct.pack(">i", 0))]:
        yield Case("Metadata", f"frame: {name}", versions=(0, 0), frame=lambda _, sound, data=data: data)
    yield Case("Metadata", "frame: of another listener", versions=(0, 0), frame=lambda _, sound: struct.pack(
        ">hhih", 62, 0, 7, -1) + codec.tag_section({}))
    yield Case("Metadata", "frame: no client", {"Topics": []}, frame=lambda version, sound: link.request_header(
        "Metadata", version, None) + sound[len(link.request_header("Metadata", version)):])
