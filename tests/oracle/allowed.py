"""Where cambium answers differently than Kafka 4.3, and why that is right. At most 20 lines; each must be needed."""
import dataclasses
import re
from typing import Callable

import compare

MOST = 20


@dataclasses.dataclass
class Difference:
    case: object
    path: str
    theirs: object   # what Kafka has there
    ours: object
    answers: list    # the whole answers, Kafka's first

    @property
    def field(self):
        """The last step of the path, without the name of an element, which may have dots in it."""
        return re.sub(r"\[[^]]*\]", "", self.path).rpartition(".")[2]


@dataclasses.dataclass
class Allowed:
    covers: Callable  # whether this line speaks of a Difference
    why: str


def holds(value, wanted):
    """Whether a field has a value anywhere in an answer."""
    if isinstance(value, dict):
        return any(inner == wanted[1] if key == wanted[0] else holds(inner, wanted) for key, inner in value.items())
    return isinstance(value, list) and any(holds(item, wanted) for item in value)


def of(api, *fields):
    return lambda one: one.case.api == api and (not fields or one.field in fields)


def named(*words):
    return lambda one: any(word in one.case.name for word in words)


def both(*conditions):
    return lambda one: all(condition(one) for condition in conditions)


def either(*conditions):
    return lambda one: any(condition(one) for condition in conditions)


def closed_by_us(one):
    return one.ours == compare.CLOSED


def cut_batch(one):
    """Kafka's bytes are ours and then a part of a batch."""
    if not (isinstance(one.theirs, bytes) and isinstance(one.ours, bytes) and one.theirs.startswith(one.ours)):
        return False
    rest = one.theirs[len(one.ours):]
    return len(rest) < 12 or len(rest) < 12 + int.from_bytes(rest[8:12], "big")


def text_for_people(one):
    return one.field in ("ErrorMessage", "BatchIndexErrorMessage", "Documentation") and isinstance(one.ours, str) and one.ours != ""


def for_the_whole_cluster(one):
    """min.insync.replicas as Kafka's formatting tool sets it, and nothing else."""
    only = isinstance(one.theirs, list) and [item.get("Name") for item in one.theirs] == ["min.insync.replicas"]
    return "[min.insync.replicas]." in one.path or (only and one.ours == [])


FEATURES_NOT_BUILT = {"eligible.leader.replicas.version", "kraft.version", "metadata.version", "share.version", "streams.version",
                      "transaction.version"}


def feature_not_built(one):
    """One of those that only Kafka has, or a list of them; group.version must be told as Kafka tells it."""
    if not of("ApiVersions", "SupportedFeatures", "FinalizedFeatures")(one):
        return False
    name = one.path.partition("[")[2].rstrip("]")
    told = {name} if name else {feature["Name"] for feature in one.theirs} if isinstance(one.theirs, list) else {None}
    return told <= FEATURES_NOT_BUILT


def internal_topic(one):
    """One that only Kafka has, and the sizes of the one that both have: each coordinator's batches are its own."""
    return "__transaction_state]" in one.path or ("__consumer_offsets]" in one.path and one.field == "PartitionSize")


WILD = both(of("Produce"), either(named("batch: "), named("odd"), named("twice")))

ALLOWED = [
    Allowed(lambda one: holds(one.answers[0], ("ErrorCode", -1)),
            "Kafka fails inside and says UNKNOWN_SERVER_ERROR; we answer what the request deserves"),
    Allowed(both(closed_by_us, named("the same tag twice", "tags out of order", "negative count")),
            "tags that do not ascend and lengths below null break the rules of the protocol: refused, not guessed at"),
    Allowed(text_for_people, "texts are for people: where Kafka says nothing or a general sentence, ours says what was wrong"),
    Allowed(both(of("ApiVersions"), lambda one: one.path.startswith("ApiKeys[") and one.ours == compare.ABSENT),
            "APIs that are not built yet are not advertised"),
    Allowed(either(of("ApiVersions", "FinalizedFeaturesEpoch"), feature_not_built),
            "no feature is told before what it promises is built"),
    Allowed(either(internal_topic, both(of("FindCoordinator"), named("KeyType = ", "of shares")),
                   both(of("InitProducerId"), named("TransactionalId = ")),
                   both(of("DescribeConfigs"), named("a group", "client metrics")),
                   both(of("Produce", "ErrorCode"), named("transactional"))),
            "transactions, share groups and clients' metrics are not built yet: no coordinators, no topics, no settings of theirs"),
    Allowed(named("what a refused member left"), "Kafka keeps a group that nobody could join until it looks for old offsets"),
    Allowed(both(of("Fetch", "Records"), cut_batch),
            "Kafka cuts a batch at the limit of bytes, and clients throw that part away; we end with a whole batch"),
    Allowed(both(of("DescribeQuorum"), lambda one: one.path.startswith("Nodes") or one.field == "ReplicaDirectoryId"),
            "one process decides and serves: there is no listener of its own for controllers"),
    Allowed(both(named("twice"), either(of("Produce"), of("DeleteRecords"), of("Fetch"), of("AlterReplicaLogDirs"))),
            "of a partition named twice in a request Kafka carries out one mention and forgets the other; we carry out both"),
    Allowed(either(both(WILD, lambda one: one.field in ("ErrorCode", "BaseOffset", "LogStartOffset")),
                   both(of("DescribeLogDirs", "PartitionSize"), lambda one: "[wild]" in one.path)),
            "Kafka stores batches whose records do not add up, or have bytes behind them, for readers to stumble over; we refuse them,"
            " so that the topic which they go to is smaller here"),
    Allowed(both(of("Produce", "LogAppendTimeMs"), named("sequence: ")),
            "Kafka tells a duplicate's own timestamp as the time of its append, where appends have no time of their own"),
    Allowed(for_the_whole_cluster,
            "Kafka's tool for formatting writes this setting for the whole cluster; it has the same value"),
    Allowed(lambda one: "[flush.policy]" in one.path, "a setting of our own: whether an acknowledgement waits for the disk"),
    Allowed(lambda one: one.theirs == compare.SILENT,
            "Kafka never answers a Produce with null for records, nor AlterConfigs that names a topic twice; we refuse both"),
    Allowed(both(lambda one: one.case.api.endswith("AlterConfigs"), named("an unknown setting of a broker")),
            "Kafka keeps any name for plug-ins that may know it; here nothing could, and a slip of the pen should be heard of"),
    Allowed(lambda one: "[node.id].Synonyms" in one.path, "a node of ours has a number by default, one of Kafka's must be given one"),
    Allowed(both(of("DescribeTopicPartitions", "NextCursor"), named("2147483647")), "Kafka's page number overflows"),
]


def line_for(case, path, theirs, ours, answers):
    """The first line that allows a difference, or None."""
    one = Difference(case, path, theirs, ours, answers)
    return next((line for line in ALLOWED if line.covers(one)), None)
