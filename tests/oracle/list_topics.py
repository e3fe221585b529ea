"""The list, part one: topics are made, looked at, grown and deleted."""
from case import Case
from side import NOBODY

LONG_NAME = "n" * 249
NAMES = ["", ".", "..", "with space", "slash/slash", "ümlaut", LONG_NAME + "n", "colon:", "nul\0nul", "__cluster_metadata"]

# What the requests below are about: name, partitions, settings.
TOPICS = [
    ("barrier", 1, {}),
    ("plain", 1, {}),
    ("three", 3, {}),
    ("compacted", 1, {"cleanup.policy": "compact"}),
    ("appendtime", 1, {"message.timestamp.type": "LogAppendTime"}),
    ("small", 1, {"max.message.bytes": "1000"}),
    ("two-in-sync", 1, {"min.insync.replicas": "2"}),
    ("zipped", 1, {"compression.type": "gzip"}),
    ("strict", 1, {"message.timestamp.before.max.ms": "1000"}),
    ("trimmed", 3, {}),
    ("unwritten", 2, {}),
    ("with.dots", 1, {}),
    ("altered", 1, {}),
    ("wild", 1, {}),
]


def topic(name, partitions=1, factor=1, configs=None, **more):
    pairs = [{"Name": key, "Value": value} for key, value in (configs or {}).items()]
    return {"Name": name, "NumPartitions": partitions, "ReplicationFactor": factor, "Configs": pairs, **more}


def create(name, topics, **more):
    """`topics` is a list, or a function of the version."""
    def body(version, _):
        made = topics(version) if callable(topics) else topics
        fields = {key: value for key, value in more.items() if key in ("timeoutMs", "validateOnly")}
        return {"Topics": made, "timeoutMs": 20000, **fields}
    rest = {key: value for key, value in more.items() if key not in ("timeoutMs", "validateOnly")}
    return Case("CreateTopics", name, body, changes=not more.get("validateOnly"), **rest)


def assigned(*pairs, partitions=-1, factor=-1):
    assignments = [{"PartitionIndex": index, "BrokerIds": nodes} for index, nodes in pairs]
    return lambda version: [topic(f"assigned-{version}", partitions, factor, Assignments=assignments)]


def made():
    yield create("what the others are about", [topic(*one[:2], 1, one[2]) for one in TOPICS], versions=(7, 7))


def created():
    """validate-only first, so that one name can be used by the others."""
    checked = {"validateOnly": True}
    for name in NAMES:
        yield create(f"name {name[:12]!r}", [topic(name)], **checked)
    yield create("no topics", [])
    yield create("longest name", [topic(LONG_NAME)], **checked)
    yield create("exists", [topic("plain")])
    yield create("collides", [topic("with_dots")], **checked)
    yield create("twice in one request", [topic("twin"), topic("twin"), topic("other")], **checked)
    for partitions, factor in [(0, 1), (-1, 1), (-2, 1), (1, 0), (1, -1), (1, -2), (1, 2), (1, 32767), (-1, -1),
                               (10001, 1), (2147483647, 1), (-2147483648, 1)]:
        yield create(f"{partitions} partitions, factor {factor}", [topic("sized", partitions, factor)], **checked)
    for key, value in [("retention.ms", "-1"), ("retention.ms", "-2"), ("retention.ms", "soon"), ("retention.ms", ""),
                       ("segment.bytes", "200"), ("no.such.setting", "1"), ("cleanup.policy", "compact,delete"),
                       ("cleanup.policy", "shred"), ("cleanup.policy", ""), ("compression.type", "brotli"),
                       ("min.insync.replicas", "0"), ("max.message.bytes", "-1"), ("segment.ms", "0"),
                       ("message.timestamp.type", "Sundial"), ("unclean.leader.election.enable", "perhaps"),
                       ("compression.gzip.level", "11"), ("compression.zstd.level", "-1"), ("retention.ms", None),
                       ("index.interval.bytes", "-1"), ("retention.bytes", "99999999999999999999"), ("", "1"),
                       ("file.delete.delay.ms", "-1"), ("min.cleanable.dirty.ratio", "1.5"), ("preallocate", "TRUE"),
                       ("flush.messages", "0"), ("delete.retention.ms", "-1"), ("segment.jitter.ms", "-1")]:
        yield create(f"setting {key}={value}", [topic("configured", 1, 1, {key: value})], **checked)
    yield create("one bad of three", [topic("good1"), topic("bad!"), topic("good2", 2)], **checked)
    yield create("assigned", assigned((0, [1]), (1, [1])), **checked)
    for name, pairs, more in [("unknown node", [(0, [9])], {}), ("no replicas", [(0, [])], {}),
                              ("a node twice", [(0, [1, 1])], {}), ("a gap", [(0, [1]), (2, [1])], {}),
                              ("not from 0", [(1, [1])], {}), ("a partition twice", [(0, [1]), (0, [1])], {}),
                              ("uneven", [(0, [1]), (1, [])], {}), ("with partitions", [(0, [1])], {"partitions": 1}),
                              ("with factor", [(0, [1])], {"factor": 1}), ("negative", [(-1, [1])], {}),
                              ("negative node", [(0, [-1])], {})]:
        yield create(f"assigned: {name}", assigned(*pairs, **more), **checked)
    yield create("timeout 0", lambda version: [topic(f"late-{version}")], timeoutMs=0)
    yield create("timeout below 0", lambda version: [topic(f"later-{version}")], timeoutMs=-1)
    yield create("real ones", lambda version: [topic(f"made-{version}", 2), topic(f"made-so-{version}", 1, 1, {
        "retention.ms": "86400000", "cleanup.policy": "compact"})])
    yield create("the same again", lambda version: [topic(f"made-{version}", 2)])
    yield create("a setting twice", lambda version: [topic(f"double-{version}", Configs=[
        {"Name": "retention.ms", "Value": "1000000"}, {"Name": "retention.ms", "Value": "2000000"}])])
    yield create("really assigned", assigned((1, [1]), (0, [1])))


def grow(name, topics, **more):
    fields = {key: more.pop(key) for key in ("TimeoutMs", "ValidateOnly") if key in more}
    return Case("CreatePartitions", name, {"Topics": topics, "TimeoutMs": 20000, **fields},
                changes=not fields.get("ValidateOnly"), **more)


def grown():
    for count in (3, 2, 1, 0, -1, -2147483648):
        yield grow(f"three to {count}", [{"Name": "three", "Count": count, "Assignments": None}])
    checked = {"ValidateOnly": True}
    yield grow("validate only", [{"Name": "three", "Count": 5, "Assignments": None}], **checked)
    yield grow("no topics", [])
    yield grow("unknown, bad and twice", [{"Name": name, "Count": 4, "Assignments": None}
                                          for name in ("nowhere", "bad name", "", "plain", "plain")], **checked)
    for name, lists in [("one", [[1]]), ("two", [[1], [1]]), ("none", []), ("unknown node", [[9]]), ("empty", [[]]),
                        ("twice", [[1, 1]]), ("negative", [[-1]])]:
        yield grow(f"assigned {name}", [{"Name": "three", "Count": 4, "Assignments": [{"BrokerIds": nodes} for nodes in lists]}],
                   **checked)
    yield grow("timeout 0", [{"Name": "three", "Count": 9, "Assignments": None}], TimeoutMs=0)
    yield Case("CreatePartitions", "by one", lambda version, _: {"TimeoutMs": 20000, "Topics": [
        {"Name": f"made-{version + 2}", "Count": 3, "Assignments": None}]}, changes=True)


def look(name, topics, **more):
    fields = {key: more.pop(key) for key in list(more) if key[0].isupper()}
    return Case("Metadata", name, {"Topics": topics, "AllowAutoTopicCreation": False, **fields}, **more)


def looked():
    """Before version 4 whoever names a topic wants it made: unknown names come later."""
    yield look("everything", None, versions=(1, 13))
    yield look("everything or nothing", [])
    yield look("one", [{"Name": "three"}])
    yield look("several, one twice", [{"Name": "three"}, {"Name": "plain"}, {"Name": "three"}])
    yield look("bad names", [{"Name": name} for name in NAMES])
    yield look("unknown", [{"Name": "nowhere"}, {"Name": "plain"}], versions=(4, 13))
    yield look("operations", [{"Name": "plain"}, {"Name": "nowhere"}], versions=(8, 13),
               IncludeClusterAuthorizedOperations=True, IncludeTopicAuthorizedOperations=True)
    yield Case("Metadata", "by id", lambda _, side: {"AllowAutoTopicCreation": False, "Topics": [
        {"Name": None, "TopicId": side.topic_id("three")}, {"Name": None, "TopicId": NOBODY}]}, versions=(10, 13))
    yield look("by name and id", [{"Name": "plain", "TopicId": NOBODY}], versions=(10, 13))
    yield look("by id here, by name there", [{"Name": "plain"}, {"Name": None, "TopicId": NOBODY}], versions=(10, 13))
    yield look("neither name nor id", [{"Name": None}], versions=(10, 13))
    yield look("no topics", [], IncludeClusterAuthorizedOperations=True, versions=(8, 10))


def made_on_use():
    """Asked once, and again when it is there."""
    for name in ("first time", "when it is there"):
        yield Case("Metadata", f"creates, {name}", lambda version, _: {
            "Topics": [{"Name": f"on-use-{version}"}], "AllowAutoTopicCreation": True}, changes=name == "first time")


def page(name, topics, limit=2000, cursor=None):
    pages = {"Topics": [{"Name": one} for one in topics], "ResponsePartitionLimit": limit, "Cursor": cursor}
    return Case("DescribeTopicPartitions", name, pages)


def paged():
    names = ["three", "plain", "trimmed"]
    yield page("everything", [])
    yield page("some", names)
    yield page("twice, unknown, bad", ["plain", "plain", "nowhere", "bad name", ""])
    for limit in (1, 2, 3, 4, 7, 0, -1, 2147483647):
        yield page(f"{limit} at a time", names, limit)
    for topic_name, partition in [("three", 1), ("three", 3), ("plain", 0), ("nowhere", 0), ("three", -1), ("", 0),
                                  ("zzz", 0), ("three", 99), ("unwritten", 1)]:
        cursor = {"TopicName": topic_name, "PartitionIndex": partition}
        yield page(f"from {topic_name} {partition}", names, 2, cursor)
        yield page(f"from {topic_name} {partition} of everything", [], 3, cursor)


def delete(name, topics, first_with_states=6, **more):
    def body(version, side):
        named = topics(version, side) if callable(topics) else topics
        fields = {"TimeoutMs": more_fields.get("TimeoutMs", 20000)}
        if version < first_with_states:
            return {"TopicNames": [one["Name"] for one in named], **fields}
        return {"Topics": named, **fields}
    more_fields = {key: more.pop(key) for key in ("TimeoutMs",) if key in more}
    return Case("DeleteTopics", name, body, changes=True, **more)


def deleted():
    yield delete("no topics", [])
    yield delete("unknown and bad", [{"Name": "nowhere"}, {"Name": "bad name"}, {"Name": ""}])
    yield delete("twice", lambda version, _: [{"Name": f"made-{version + 1}"}] * 2)
    yield delete("timeout 0", [{"Name": "plain"}], TimeoutMs=0)
    yield delete("one", lambda version, _: [{"Name": f"made-{version + 1}"}, {"Name": "nowhere"}])
    yield delete("the same again", lambda version, _: [{"Name": f"made-{version + 1}"}])
    ids = {"versions": (6, 6)}
    yield delete("unknown id", [{"Name": None, "TopicId": NOBODY}], **ids)
    yield delete("neither", [{"Name": None}], **ids)
    yield delete("both", lambda _, side: [{"Name": "plain", "TopicId": side.topic_id("plain")}], **ids)
    yield delete("by name and by id", lambda _, side: [{"Name": "made-so-5"}, {
        "Name": None, "TopicId": side.topic_id("made-so-5")}], **ids)
    yield delete("by id twice", lambda _, side: [{"Name": None, "TopicId": side.topic_id("made-so-5")}] * 2, **ids)
    yield delete("by id", lambda _, side: [{"Name": None, "TopicId": side.topic_id("made-so-5")}], **ids)
    yield create("made again", [topic("made-so-5", 3)], versions=(7, 7))
    yield look("made again", [{"Name": "made-so-5"}], versions=(13, 13))
