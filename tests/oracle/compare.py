"""Two answers side by side: what must differ is named first, everything else has to be equal.

Named, because it is drawn by each server for itself: topic ids become the topics' names. Lists are sorted where Kafka takes them
out of hash maps. Text that is no UTF-8 is read as Java reads it. Ports, cluster ids, session ids, producer ids, directories, free space, the server's own
clock and the positions in its metadata log become words, but only where they are sound: a port must be the server's own,
an id must not be empty, a position not be negative.
"""
import re
import time
import uuid

import codec
import link
import schema

CLOSED, SILENT = "the connection is closed", "no answer in time"
CLOCK_SLACK_MS = 600_000
ABSENT = "absent"

# Answers about topics: Kafka takes them out of hash maps, so that they have no order, a topic that was named twice is answered in
# one place, and one of which nothing was asked is left out. (API, list) -> what names a topic, its partitions, and what names one.
GROUPED = {
    ("Produce", "Responses"): (("Name", "TopicId"), "PartitionResponses", "Index"),
    ("Fetch", "Responses"): (("Topic", "TopicId"), "Partitions", "PartitionIndex"),
    ("ListOffsets", "Topics"): (("Name",), "Partitions", "PartitionIndex"),
    ("DeleteRecords", "Topics"): (("Name",), "Partitions", "PartitionIndex"),
    ("OffsetForLeaderEpoch", "Topics"): (("Topic",), "Partitions", "Partition"),
    ("AlterReplicaLogDirs", "Results"): (("TopicName",), "Partitions", "PartitionIndex"),
    ("ElectLeaders", "ReplicaElectionResults"): (("Topic",), "PartitionResult", "PartitionId"),
    ("DescribeLogDirs", "Topics"): (("Name",), "Partitions", "PartitionIndex"),
    ("OffsetCommit", "Topics"): (("Name", "TopicId"), "Partitions", "PartitionIndex"),
    ("OffsetFetch", "Topics"): (("Name", "TopicId"), "Partitions", "PartitionIndex"),
    ("OffsetDelete", "Topics"): (("Name",), "Partitions", "PartitionIndex"),
}
# Other lists without an order: what their elements are sorted by.
UNORDERED = {
    ("Metadata", "Topics"): ("Name", "TopicId"),
    ("CreateTopics", "Topics"): ("Name",),
    ("CreatePartitions", "Results"): ("Name",),
    ("DeleteTopics", "Responses"): ("Name", "TopicId"),
    ("DescribeProducers", "ActiveProducers"): ("ProducerId",),
    ("ApiVersions", "SupportedFeatures"): ("Name",),
    ("ApiVersions", "FinalizedFeatures"): ("Name",),
    ("DescribeConfigs", "Results"): ("ResourceType", "ResourceName"),
    ("DescribeConfigs", "Configs"): ("Name",),
    ("AlterConfigs", "Responses"): ("ResourceType", "ResourceName"),
    ("IncrementalAlterConfigs", "Responses"): ("ResourceType", "ResourceName"),
    ("ListConfigResources", "ConfigResources"): ("ResourceType", "ResourceName"),
    ("OffsetFetch", "Groups"): ("GroupId",),
    ("DescribeGroups", "Groups"): ("GroupId",),
    ("ListGroups", "Groups"): ("GroupId",),
    ("DeleteGroups", "Results"): ("GroupId",),
    ("ConsumerGroupDescribe", "Groups"): ("GroupId",),
}
# Ids of members, which coordinators draw.
DRAWN = re.compile("-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
POSITIONS = ("HighWatermark", "LogEndOffset", "LeaderEpoch", "LastFetchTimestamp", "LastCaughtUpTimestamp")


def topic_name(side, value):
    if value == codec.ZERO_ID:
        return "no id"
    if value not in side.names:
        side.learn_topics()
    if value in side.names:
        return f"id of {side.names[value]}"
    return str(value) if value in side.made_up else "an id that no topic has"


def word_for(side, api, name, value):
    """What stands for a value that each server draws for itself; the value when it is not such a one, or not sound."""
    if isinstance(value, uuid.UUID):
        return "a directory id" if name == "ReplicaDirectoryId" and value != codec.ZERO_ID else topic_name(side, value)
    if name == "Port" and value == side.port:
        return "its port"
    if name == "ClusterId" and value:
        return "its cluster"
    if isinstance(value, int) and not isinstance(value, bool):
        return word_for_number(api, name, value)
    if isinstance(value, str) and f"127.0.0.1:{side.port}" in value:
        return value.replace(f":{side.port}", ":PORT")
    if name in ("MemberId", "Leader") and isinstance(value, str):
        return DRAWN.sub("-DRAWN", value)
    if isinstance(value, str) and side.data in value:
        return re.sub(f"(/private)?{re.escape(side.data)}", "DIRECTORY", value)
    return value


def word_for_number(api, name, value):
    if name == "SessionId" and value > 0:
        return "a session"
    if api == "InitProducerId" and name == "ProducerId" and value >= 0:
        return "a producer id"
    if name == "UsableBytes" and value > 0:
        return "free space"
    if name == "LogAppendTimeMs" and abs(value - time.time() * 1000) < CLOCK_SLACK_MS:
        return "now"
    if api == "DescribeQuorum" and name in POSITIONS and value >= 0:
        return "a position"
    return value


def grouped(topics, keys, inner, index):
    """One entry a topic, by name, its partitions by number; those without partitions are left out."""
    found = {}
    for topic in topics:
        key = tuple(str(topic.get(one)) for one in keys)
        found.setdefault(key, {**topic, inner: []})[inner].extend(topic[inner])
    for topic in found.values():
        topic[inner].sort(key=lambda item: item[index])
    return [found[key] for key in sorted(found) if found[key][inner]]


def normal(side, api, value, name=""):
    if isinstance(value, dict):
        return {key: normal(side, api, inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        items = [normal(side, api, inner, name) for inner in value]
        if (api, name) in GROUPED:
            return grouped(items, *GROUPED[api, name])
        keys = UNORDERED.get((api, name))
        return sorted(items, key=lambda item: [str(item.get(key)) for key in keys]) if keys else items
    return word_for(side, api, name, value)


def decoded(side, case, frame, version):
    """The answer as values, or what happened instead."""
    if not isinstance(frame, bytes):
        return CLOSED if frame is link.Closed else SILENT
    try:
        correlation, body = link.split_answer(case.api, version, frame)
        values = codec.Decoder(schema.response(case.api), version).decode(body)
    except (codec.Malformed, KeyError, IndexError) as error:
        return f"no answer of version {version}: {error}: {frame[:60].hex()}"
    if case.keep:
        case.keep(side, values)
    return {"CorrelationId": correlation, **values}


NAMES = (("Name",), ("ApiKey",), ("ResourceType", "ResourceName"))


def by_name(items):
    """Elements by what tells them apart, or None where nothing does."""
    for names in NAMES:
        found = {" ".join(str(item[name]) for name in names): item for item in items
                 if isinstance(item, dict) and all(name in item for name in names)}
        if items and len(found) == len(items):
            return found
    return None


def paired(theirs, ours):
    """(label, Kafka's element, ours); None when lists of different lengths cannot be matched."""
    left, right = by_name(theirs), by_name(ours)
    if left is None or right is None:
        return [("", one, other) for one, other in zip(theirs, ours)] if len(theirs) == len(ours) else None
    return [(key, left.get(key, ABSENT), right.get(key, ABSENT)) for key in {**left, **right}]


def differences(theirs, ours, path=""):
    """(path, Kafka's, ours) of every value that is not equal."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in {**theirs, **ours}:
            yield from differences(theirs.get(key, ABSENT), ours.get(key, ABSENT), f"{path}.{key}" if path else key)
    elif isinstance(theirs, list) and isinstance(ours, list) and (pairs := paired(theirs, ours)) is not None:
        for label, one, other in pairs:
            yield from differences(one, other, f"{path}[{label}]")
    elif theirs != ours or type(theirs) is not type(ours):
        yield path, theirs, ours
