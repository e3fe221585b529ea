"""The list, part five: groups. A member lives through each version, alone in a group of its own; then what nobody should ask."""
import struct

import schema
from case import Case

NOT_READY = {14, 15, 16}  # the coordinator is loading, not there yet, elsewhere
SUBSCRIPTION = struct.pack(">hi", 0, 1) + struct.pack(">h", 5) + b"three" + struct.pack(">i", -1)
TOPIC = "three"
BY_ID = 10


def not_ready(answer):
    """Kafka makes its topic and reads it only after somebody asked."""
    if isinstance(answer, dict):
        return any(value in NOT_READY if key == "ErrorCode" else not_ready(value) for key, value in answer.items())
    return isinstance(answer, list) and any(not_ready(one) for one in answer)


def case(api, name, body, **more):
    return Case(api, name, body, again=not_ready, **more)


def in_version(api, number, name, body, **more):
    """The case in the version nearest to `number`: a member's life uses old and new versions of all APIs."""
    _, low, high = schema.versions_of_kafka()[api]
    version = max(low, min(high, number))
    return case(api, f"{name}, life {number}", body, versions=(version, version), **more)


def join_body(group, member="", protocol="range", session=30000, kind="consumer"):
    return {"GroupId": group, "SessionTimeoutMs": session, "RebalanceTimeoutMs": 20000, "MemberId": member, "ProtocolType": kind,
            "Protocols": [{"Name": protocol, "Metadata": SUBSCRIPTION}] if protocol else []}


def sync_body(version, group, member, generation, kind="consumer", protocol="range"):
    body = {"GroupId": group, "GenerationId": generation, "MemberId": member, "Assignments": [
        {"MemberId": member, "Assignment": b"yours"}]}
    return {**body, "ProtocolType": kind, "ProtocolName": protocol} if version >= 5 else body


def leave_body(version, group, *members):
    if version < 3:
        return {"GroupId": group, "MemberId": members[0]}
    return {"GroupId": group, "Members": [{"MemberId": member} for member in members]}


def commit_body(version, side, group, generation=-1, member="", topic=TOPIC, partition=0, offset=3, metadata="note"):
    key = {"TopicId": side.topic_id(topic)} if version >= BY_ID else {"Name": topic}
    return {"GroupId": group, "GenerationIdOrMemberEpoch": generation, "MemberId": member, "Topics": [{**key, "Partitions": [
        {"PartitionIndex": partition, "CommittedOffset": offset, "CommittedLeaderEpoch": 0, "CommittedMetadata": metadata}]}]}


def fetch_body(version, side, *groups, topics=((TOPIC, (0, 1)),), stable=False):
    def keyed(name):
        return {"TopicId": side.topic_id(name)} if version >= BY_ID else {"Name": name}
    asked = None if topics is None else [{**keyed(name), "PartitionIndexes": list(indexes)} for name, indexes in topics]
    body = {"RequireStable": stable} if version >= 7 else {}
    if version < 8:
        return {**body, "GroupId": groups[0], "Topics": [] if asked is None and version < 2 else asked}
    return {**body, "Groups": [{"GroupId": group, "Topics": asked} for group in groups]}


def remembered(group):
    def keep(side, answer):
        side.kept[group] = answer["MemberId"]
    return keep


def life(number):
    """One member from its first join to the deletion of its group."""
    group = f"life-{number}"

    def me(side):
        return side.kept[group]

    def ask(api, name, body, **more):
        return in_version(api, number, name, body, **more)
    yield ask("JoinGroup", "first", join_body(group), keep=remembered(group))
    if number >= 4:
        yield ask("JoinGroup", "with its id", lambda _, side: join_body(group, me(side)))
    for name, generation, kind in [("of another generation", 7, "consumer"), ("of another kind", 1, "other"), ("sound", 1, "consumer")]:
        yield ask("SyncGroup", name, lambda version, side, generation=generation, kind=kind: sync_body(
            version, group, me(side), generation, kind))
    for generation in (1, 0, 2):
        yield ask("Heartbeat", f"generation {generation}", lambda _, side, generation=generation: {
            "GroupId": group, "GenerationId": generation, "MemberId": me(side)})
    yield ask("JoinGroup", "of another kind", join_body(group, kind="other"))
    yield ask("JoinGroup", "with another protocol", join_body(group, protocol="other"))
    yield ask("OffsetCommit", "by a member", lambda version, side: commit_body(version, side, group, 1, me(side)))
    yield ask("OffsetCommit", "of another generation", lambda version, side: commit_body(version, side, group, 2, me(side)))
    yield ask("OffsetCommit", "by nobody", lambda version, side: commit_body(version, side, group, -1, "", offset=9))
    yield ask("OffsetCommit", "by a stranger", lambda version, side: commit_body(version, side, group, 1, "stranger"))
    yield ask("OffsetFetch", "committed", lambda version, side: fetch_body(version, side, group, stable=version >= 7))
    yield ask("OffsetFetch", "all of it", lambda version, side: fetch_body(version, side, group, topics=None))
    yield ask("DescribeGroups", "stable", {"Groups": [group]})
    yield ask("OffsetDelete", "subscribed to", delete_body(group))
    yield ask("DeleteGroups", "with a member", {"GroupsNames": [group]})
    yield ask("LeaveGroup", "a stranger", lambda version, _: leave_body(version, group, "stranger"))
    yield ask("LeaveGroup", "itself", lambda version, side: leave_body(version, group, me(side)))
    yield ask("Heartbeat", "after it left", lambda _, side: {"GroupId": group, "GenerationId": 1, "MemberId": me(side)})
    yield ask("DescribeGroups", "empty", {"Groups": [group]})
    if number % 2:
        yield ask("OffsetDelete", "of an empty group", delete_body(group))
        yield ask("DeleteGroups", "empty", {"GroupsNames": [group, group]})


def lives():
    for number in range(0, 10):
        yield from life(number)


def delete_body(group, *topics):
    return {"GroupId": group, "Topics": [{"Name": topic, "Partitions": [{"PartitionIndex": index}]}
                                         for topic, index in topics or ((TOPIC, 0), (TOPIC, 1), ("nowhere", 0))]}


def strangers():
    """Groups that nobody knows, and what cannot be one."""
    for group in ("unknown", ""):
        word = group or "no name"
        yield case("JoinGroup", f"{word}: a made-up id", join_body(group, "made-up"))
        yield case("SyncGroup", f"{word}: sync", lambda version, _, group=group: sync_body(version, group, "made-up", 1))
        yield case("Heartbeat", f"{word}: heartbeat", {"GroupId": group, "GenerationId": 1, "MemberId": "made-up"})
        yield case("LeaveGroup", f"{word}: leave", lambda version, _, group=group: leave_body(version, group, "made-up"))
        yield case("OffsetCommit", f"{word}: as a member", lambda version, side, group=group: commit_body(
            version, side, group, 1, "made-up"))
        yield case("OffsetFetch", f"{word}: offsets", lambda version, side, group=group: fetch_body(version, side, group))
        yield case("OffsetFetch", f"{word}: all offsets", lambda version, side, group=group: fetch_body(
            version, side, group, topics=None))
        yield case("OffsetDelete", f"{word}: offsets", delete_body(group))
        yield case("DescribeGroups", f"{word}: described", {"Groups": [group]})
        yield case("DeleteGroups", f"{word}: deleted", {"GroupsNames": [group]})
    for session in (0, 5999, 1800001, -1):
        yield case("JoinGroup", f"a session of {session}", join_body("unknown", session=session))
    for version in range(0, 10):
        only = {"versions": (version, version)}
        yield case("JoinGroup", f"without protocols, {version}", join_body("refused", protocol=None), **only)
        yield case("JoinGroup", f"without a kind, {version}", join_body("refused", kind=""), **only)
    yield case("DeleteGroups", "what a refused member left", {"GroupsNames": ["refused"]}, versions=(2, 2))


def simple_consumers():
    """Offsets without members, as tools and consumers that assign themselves write them."""
    yield case("OffsetCommit", "alone", lambda version, side: commit_body(version, side, "alone", offset=version))
    yield case("OffsetCommit", "no such partition", lambda version, side: commit_body(version, side, "alone", partition=99))
    yield case("OffsetCommit", "below zero", lambda version, side: commit_body(version, side, "alone", partition=2, offset=-5))
    yield case("OffsetCommit", "a long note", lambda version, side: commit_body(version, side, "alone", metadata="x" * 4097))
    yield case("OffsetCommit", "no note", lambda version, side: commit_body(version, side, "alone", partition=1, metadata=None))
    yield case("OffsetCommit", "no such topic", lambda version, side: commit_body(version, side, "alone", topic="nowhere"),
               versions=(2, 9))
    yield case("OffsetFetch", "alone", lambda version, side: fetch_body(version, side, "alone", topics=((TOPIC, (0, 1, 2, 99)),)))
    yield case("OffsetFetch", "two groups", lambda version, side: fetch_body(version, side, "alone", "unknown"), versions=(8, 10))
    yield case("OffsetFetch", "no such topic", lambda version, side: fetch_body(version, side, "alone", topics=(("nowhere", (0,)),)),
               versions=(1, 9))
    yield case("DescribeGroups", "several", {"Groups": ["alone", "unknown", "alone"]})
    yield case("ListGroups", "all", {})
    for states in (["Stable"], ["eMpTy"], ["nonsense"]):
        yield case("ListGroups", f"in state {states[0]}", {"StatesFilter": states}, versions=(4, 5))
    for types in (["classic"], ["CONSUMER"], ["nonsense"]):
        yield case("ListGroups", f"of type {types[0]}", {"TypesFilter": types}, versions=(5, 5))
    yield case("OffsetDelete", "alone", delete_body("alone"))
    yield case("DeleteGroups", "alone", {"GroupsNames": ["alone", "unknown"]}, versions=(2, 2))
