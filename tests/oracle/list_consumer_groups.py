"""The list, part six: groups of the consumer protocol (KIP-848). One member at a time: who comes when is nobody's to say."""
import list_groups
from case import Case

TOPIC = "three"
VERSIONS = (0, 1)
NOBODY_JOINED = "never-joined"


def case(api, name, body, **more):
    return Case(api, name, body, again=list_groups.not_ready, **more)


def in_version(api, version, name, body):
    return case(api, f"{name}, life {version}", body, versions=(version, version))


def beat(group, member="m", epoch=0, **more):
    """A heartbeat; the first one says everything."""
    first = {"RebalanceTimeoutMs": 20000, "SubscribedTopicNames": [TOPIC], "TopicPartitions": []} if epoch == 0 else {}
    return {"GroupId": group, "MemberId": member, "MemberEpoch": epoch, **first, **more}


def owned(*partitions):
    return lambda side: [{"TopicId": side.topic_id(TOPIC), "Partitions": list(partitions)}]


def life(version):
    """A member from its first heartbeat to the deletion of its group."""
    group = f"consumers-{version}"

    def ask(api, name, body, **more):
        return in_version(api, version, name, body, **more)

    def beats(name, **more):
        return ask("ConsumerGroupHeartbeat", name, beat(group, **more))
    yield beats("first")
    yield beats("nothing new", epoch=1)
    yield ask("ConsumerGroupHeartbeat", "with what it has", lambda _, side: beat(group, epoch=1, TopicPartitions=owned(0, 1, 2)(side)))
    yield ask("ConsumerGroupHeartbeat", "with everything", lambda _, side: beat(
        group, epoch=1, RebalanceTimeoutMs=20000, SubscribedTopicNames=[TOPIC], TopicPartitions=owned(0, 1, 2)(side)))
    yield beats("of an epoch to come", epoch=2)
    yield beats("a stranger", member="stranger", epoch=1)
    yield beats("another assignor", epoch=1, ServerAssignor="range")
    yield beats("an unknown assignor", epoch=1, ServerAssignor="mine")
    yield beats("an unknown instance", epoch=1, InstanceId="i")
    yield ask("ConsumerGroupDescribe", "stable", {"GroupIds": [group]})
    yield ask("ConsumerGroupDescribe", "with what may be done", {"GroupIds": [group], "IncludeAuthorizedOperations": True})
    yield case("DescribeGroups", f"a group of the other protocol, life {version}", {"Groups": [group]})
    for kind in (["consumer"], ["classic"]):
        yield case("ListGroups", f"{kind[0]}, life {version}", {"TypesFilter": kind}, versions=(5, 5))
    for name, generation, member in [("by the member", 1, "m"), ("of an epoch to come", 2, "m"), ("of an epoch that is over", 0, "m"),
                                     ("by a stranger", 1, "stranger"), ("by nobody", -1, "")]:
        yield case("OffsetCommit", f"{name}, life {version}", lambda number, side, generation=generation, member=member:
                   list_groups.commit_body(number, side, group, generation, member))
    for name, epoch, member in [("by the member", 1, "m"), ("of another epoch", 7, "m"), ("by a stranger", 1, "stranger")]:
        yield case("OffsetFetch", f"{name}, life {version}", lambda number, side, epoch=epoch, member=member: {"Groups": [
            {**one, "MemberId": member, "MemberEpoch": epoch} for one in list_groups.fetch_body(number, side, group)["Groups"]]},
            versions=(9, 10))
    yield case("OffsetDelete", f"subscribed to, life {version}", list_groups.delete_body(group))
    yield case("DeleteGroups", f"with a member of the consumer protocol, life {version}", {"GroupsNames": [group]})
    yield case("Heartbeat", f"of the other protocol, life {version}", {"GroupId": group, "GenerationId": 1, "MemberId": "m"})
    yield case("SyncGroup", f"of the other protocol, life {version}", lambda number, _: list_groups.sync_body(number, group, "m", 1))
    yield case("LeaveGroup", f"of the other protocol, life {version}", lambda number, _: list_groups.leave_body(number, group, "m"))
    yield beats("a stranger leaves", member="stranger", epoch=-1)
    yield beats("leaves", epoch=-1)
    yield beats("leaves again", epoch=-1)
    yield ask("ConsumerGroupDescribe", "empty", {"GroupIds": [group]})
    yield case("DeleteGroups", f"empty, of the consumer protocol, life {version}", {"GroupsNames": [group]}, versions=(2, 2))
    yield ask("ConsumerGroupDescribe", "deleted", {"GroupIds": [group]})


def static_life(version):
    group = f"static-{version}"

    def beats(name, **more):
        return in_version("ConsumerGroupHeartbeat", version, f"static: {name}", beat(group, InstanceId="i", **more))
    yield beats("first")
    yield beats("another one with its instance", member="n")
    yield beats("another one at its epoch", member="n", epoch=1)
    yield beats("leaves for a while", epoch=-2)
    yield in_version("ConsumerGroupDescribe", version, "static: away", {"GroupIds": [group]})
    yield beats("comes back", member="n")
    yield beats("its old self", epoch=1)
    yield beats("its old self leaves", epoch=-1)
    yield beats("leaves for good", member="n", epoch=-1)


def refusals():
    def beats(name, **more):
        return case("ConsumerGroupHeartbeat", name, beat(NOBODY_JOINED, **more))
    yield beats("no member id, and an epoch", member="", epoch=1)
    yield case("ConsumerGroupHeartbeat", "no member id", beat(NOBODY_JOINED, member=""), versions=(1, 1))
    yield case("ConsumerGroupHeartbeat", "no group", beat(""))
    yield case("ConsumerGroupHeartbeat", "no subscription", {**beat(NOBODY_JOINED), "SubscribedTopicNames": None})
    yield case("ConsumerGroupHeartbeat", "no timeout", {**beat(NOBODY_JOINED), "RebalanceTimeoutMs": -1})
    yield case("ConsumerGroupHeartbeat", "no partitions", {**beat(NOBODY_JOINED), "TopicPartitions": None})
    yield case("ConsumerGroupHeartbeat", "partitions at once", lambda _, side: {
        **beat(NOBODY_JOINED), "TopicPartitions": owned(0)(side)})
    for field in ("InstanceId", "RackId"):
        yield beats(f"an empty {field}", **{field: ""})
    for epoch in (-3, -2, -1, 1):
        yield beats(f"epoch {epoch} of a group that is not there", epoch=epoch)
    yield beats("an assignor that is not there", ServerAssignor="mine")
    yield case("ConsumerGroupHeartbeat", "a pattern that is none", beat(NOBODY_JOINED, SubscribedTopicRegex="("), versions=(1, 1))
    yield case("ConsumerGroupDescribe", "nobody", {"GroupIds": [NOBODY_JOINED, ""]})
    yield case("ConsumerGroupDescribe", "of the other protocol", {"GroupIds": ["alone", "life-8"]})


def cases():
    yield from refusals()
    for version in VERSIONS:
        yield from life(version)
        yield from static_life(version)
