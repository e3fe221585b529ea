"""The list, part four: settings are described and changed."""
from case import Case

TOPIC, BROKER, LOGGER, METRICS, GROUP = 2, 4, 8, 16, 32
SET, DELETE, APPEND, SUBTRACT = range(4)
# Said of a topic in full; what differs in this table between us and Kafka would differ for every topic.
BROKER_NAMES = ["num.partitions", "default.replication.factor", "message.max.bytes", "log.retention.ms", "compression.type",
                "background.threads", "log.cleanup.policy", "advertised.listeners", "node.id", "auto.create.topics.enable",
                "log.segment.bytes", "min.insync.replicas", "no.such.setting"]


def described(name, resources, **more):
    fields = {key: more.pop(key) for key in list(more) if key[0].isupper()}
    return Case("DescribeConfigs", name, {"Resources": [
        {"ResourceType": kind, "ResourceName": resource, "ConfigurationKeys": keys} for kind, resource, keys in resources],
        **fields}, **more)


def told():
    every = {"IncludeSynonyms": True, "IncludeDocumentation": False}
    yield described("a topic", [(TOPIC, "plain", None)], **every)
    yield described("a topic with settings", [(TOPIC, "small", None), (TOPIC, "compacted", None)], **every)
    yield described("without synonyms", [(TOPIC, "small", None)])
    yield described("some", [(TOPIC, "small", ["max.message.bytes", "retention.ms", "no.such.setting"])], **every)
    yield described("none", [(TOPIC, "small", [])], **every)
    yield described("a setting twice", [(TOPIC, "small", ["retention.ms", "retention.ms"])])
    yield described("unknown topics", [(TOPIC, "nowhere", None), (TOPIC, "plain", ["retention.ms"]), (TOPIC, "bad name", None),
                                       (TOPIC, "", None)])
    yield described("the broker", [(BROKER, "1", BROKER_NAMES)], **every)
    yield described("all brokers", [(BROKER, "", BROKER_NAMES)], **every)
    for name in ("9", "one", "-1", "1 ", "99999999999"):
        yield described(f"broker {name!r}", [(BROKER, name, ["num.partitions"])])
    for kind in (0, 1, 3, 64, 127, -1):
        yield described(f"resource type {kind}", [(kind, "plain", None)])
    yield described("a logger", [(LOGGER, "9", None)])
    yield described("a group", [(GROUP, "somebody", ["consumer.session.timeout.ms"])])
    yield described("client metrics", [(METRICS, "somebody", None)])
    yield described("nothing", [])
    yield described("a resource twice", [(TOPIC, "plain", ["retention.ms"]), (TOPIC, "plain", ["segment.ms"])])


VALUES = [("retention.ms", "7200000"), ("retention.ms", "-1"), ("retention.ms", "-2"), ("retention.ms", "soon"), ("retention.ms", ""),
          ("retention.ms", None), ("segment.bytes", "200"), ("segment.bytes", "1048576"), ("no.such.setting", "1"), ("", "1"),
          ("cleanup.policy", "compact,delete"), ("cleanup.policy", "shred"), ("cleanup.policy", ""), ("compression.type", "zstd"),
          ("min.insync.replicas", "0"), ("max.message.bytes", "99999999999"), ("preallocate", "perhaps"), ("flush.ms", "-1")]


def replaced():
    """AlterConfigs: what is not said goes back to its default."""
    def alter(name, resources, **more):
        fields = {key: more.pop(key) for key in list(more) if key[0].isupper()}
        return Case("AlterConfigs", name, {"Resources": [
            {"ResourceType": kind, "ResourceName": resource, "Configs": [{"Name": key, "Value": value} for key, value in pairs]}
            for kind, resource, pairs in resources], **fields}, changes=True, **more)
    for key, value in VALUES:
        yield alter(f"{key}={value}", [(TOPIC, "altered", [(key, value)])])
        yield described(f"after {key}={value}", [(TOPIC, "altered", [key])], versions=(4, 4))
    yield alter("validate only", [(TOPIC, "altered", [("retention.ms", "5")])], ValidateOnly=True)
    yield alter("nothing", [])
    yield alter("all gone", [(TOPIC, "altered", [])])
    yield described("all gone", [(TOPIC, "altered", None)], versions=(4, 4))
    yield from refused("AlterConfigs", lambda name, resources: alter(name, [
        (kind, resource, [(key, value) for key, value, _ in changes]) for kind, resource, changes in resources]))


def refused(api, alter):
    """Resources that are not there, or named twice."""
    one = [("retention.ms", "5000000", SET)]
    yield alter("unknown topics", [(TOPIC, "nowhere", one), (TOPIC, "bad name", one), (TOPIC, "", one), (TOPIC, "altered", one)])
    yield alter("a topic twice", [(TOPIC, "altered", one), (TOPIC, "altered", one)])
    yield alter("a setting twice", [(TOPIC, "altered", [*one, ("retention.ms", "6000000", SET)])])
    for name in ("9", "one", "-1"):
        yield alter(f"broker {name!r}", [(BROKER, name, [("background.threads", "11", SET)])])
    yield alter("a setting that only a start reads", [(BROKER, "1", [("node.id", "2", SET)])])
    yield alter("an unknown setting of a broker", [(BROKER, "1", [("no.such.setting", "2", SET)])])
    yield alter("an invalid value of a broker", [(BROKER, "1", [("background.threads", "none", SET)])])
    for kind in (0, 1, 3, 64, -1):
        yield alter(f"resource type {kind}", [(kind, "altered", one)])


def changed():
    """IncrementalAlterConfigs: what is not said stays."""
    def alter(name, resources, **more):
        fields = {key: more.pop(key) for key in list(more) if key[0].isupper()}
        return Case("IncrementalAlterConfigs", name, {"Resources": [
            {"ResourceType": kind, "ResourceName": resource, "Configs": [
                {"Name": key, "Value": value, "ConfigOperation": operation} for key, value, operation in changes]}
            for kind, resource, changes in resources], **fields}, changes=True, **more)
    for key, value in VALUES:
        yield alter(f"{key}={value}", [(TOPIC, "altered", [(key, value, SET)])])
        yield described(f"after set {key}={value}", [(TOPIC, "altered", [key])], versions=(4, 4))
    steps = [("cleanup.policy", "compact", SET), ("cleanup.policy", "delete", APPEND), ("cleanup.policy", "delete", APPEND),
             ("cleanup.policy", "compact", SUBTRACT), ("cleanup.policy", "compact", SUBTRACT), ("cleanup.policy", "shred", APPEND),
             ("cleanup.policy", None, APPEND), ("cleanup.policy", None, DELETE), ("cleanup.policy", "compact", APPEND),
             ("retention.ms", "1", APPEND), ("retention.ms", "1", SUBTRACT), ("retention.ms", None, DELETE),
             ("retention.ms", "ignored", DELETE), ("no.such.setting", None, DELETE), ("retention.ms", "1", 4), ("retention.ms", "1", -1)]
    for number, (key, value, operation) in enumerate(steps):
        yield alter(f"step {number}: {key} {value} by {operation}", [(TOPIC, "altered", [(key, value, operation)])])
        yield described(f"after step {number}", [(TOPIC, "altered", [key])], versions=(4, 4))
    yield alter("validate only", [(TOPIC, "altered", [("retention.ms", "5", SET)])], ValidateOnly=True)
    yield alter("nothing", [])
    yield alter("no change", [(TOPIC, "altered", [])])
    yield described("all that is left", [(TOPIC, "altered", None)], versions=(4, 4))
    yield from refused("IncrementalAlterConfigs", alter)
    yield alter("the broker", [(BROKER, "1", [("background.threads", "11", SET), ("log.cleanup.policy", "compact", APPEND)])])
    yield described("the broker, changed", [(BROKER, "1", ["background.threads", "log.cleanup.policy"])], IncludeSynonyms=True)
    yield alter("the broker, back", [(BROKER, "1", [("background.threads", None, DELETE), ("log.cleanup.policy", None, DELETE)])])
    yield alter("all brokers", [(BROKER, "", [("log.retention.ms", "90000000", SET)])])
    yield described("all brokers, changed", [(BROKER, "", ["log.retention.ms"]), (BROKER, "1", ["log.retention.ms"]), (
        TOPIC, "plain", ["retention.ms"])], IncludeSynonyms=True)
    yield alter("all brokers, back", [(BROKER, "", [("log.retention.ms", None, DELETE)])])


def listed():
    for name, kinds in [("all", []), ("topics", [TOPIC]), ("brokers and groups", [BROKER, GROUP]), ("metrics", [METRICS]),
                        ("unknown", [99]), ("negative", [-1]), ("twice", [TOPIC, TOPIC]), ("loggers", [LOGGER])]:
        yield Case("ListConfigResources", name, {"ResourceTypes": kinds}, versions=(1, 1))
    yield Case("ListConfigResources", "of clients' metrics", {}, versions=(0, 0))
