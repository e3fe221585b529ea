"""Groups of the consumer protocol (KIP-848) with real clients: as test_groups.py, and what that protocol has of its own."""
import shutil
import struct

import clients_here
import harness
import kcat
import raw
from test_groups import (EACH, JOIN_DEADLINE_S, PARTITIONS, TAKE_OVER_DEADLINE_S, check_content, committed, members, one_dies,
                         produce, resumes_after_restart)

SESSION_S = 6
QUICK = {"group.consumer.min.session.timeout.ms": "1000", "group.consumer.session.timeout.ms": str(SESSION_S * 1000),
         "group.consumer.min.heartbeat.interval.ms": "100", "group.consumer.heartbeat.interval.ms": "500",
         "group.initial.rebalance.delay.ms": "500"}
CONSUMER_GROUP_DESCRIBE = 69


def confluent(*more):
    def start(run, server, group):
        client = clients_here.CONFLUENT
        return run([client.interpreter(), clients_here.SCRIPTS / "group_confluent.py", server.address, "shared", group, *more],
                   client.environment())
    return start


confluent_consumer = confluent("group.protocol=consumer")
confluent_classic = confluent()


def java_consumer(run, server, group, *which):
    harness.need_kafka()
    return run([harness.PEER_KAFKA, "tool", "console-consumer", "--bootstrap-server", server.address,
                *(which or ("--topic", "shared")), "--group", group, "--from-beginning",
                "--formatter-property", "print.partition=true", "--formatter-property", "print.offset=true",
                "--formatter-property", "key.separator= ", "--command-property", "auto.commit.interval.ms=50",
                "--command-property", "group.protocol=consumer"])


def described_state(server, group):
    """What ConsumerGroupDescribe tells of it; None when it is no consumer group, or the coordinator does not serve."""
    name = bytes([len(group) + 1]) + group.encode()
    asked = b"\x00" + b"\x02" + name + b"\x00" + b"\x00"  # the tags of the header, one group, no operations, tags
    with raw.Link(server.port) as link:
        answer = link.ask(CONSUMER_GROUP_DESCRIBE, 1, asked)
    (error,) = struct.unpack_from(">h", answer, 1 + 4 + 1)  # behind the tags of the header, the throttle time and the count
    return None if error else answer


def tool(server, *words, ok=True):
    done = harness.kafka_tool("consumer-groups", "--bootstrap-server", server.address, *words, ok=ok)
    return done.stdout.decode() + done.stderr.decode()


def reads_all(server, member, total):
    harness.wait_until(lambda: member.alive() and len(member.seen()) >= total, JOIN_DEADLINE_S, "all is read")


def java_tools():
    """Kafka's own tool sees the group as it is, with its kind, and deletes it when it is empty."""
    harness.need_kafka()
    with harness.Server(QUICK) as server, members() as run:
        server.create_topic("shared", PARTITIONS)
        produce(server, "one")
        member = confluent_consumer(run, server, "team")
        reads_all(server, member, EACH * PARTITIONS)
        harness.wait_until(lambda: committed(server, "team") == [EACH] * PARTITIONS, 20, "all is committed")
        listed = tool(server, "--list", "--type", "consumer")
        harness.demand("team" in listed.split(), "listed as a consumer group:", listed)
        state = tool(server, "--describe", "--group", "team", "--state", "--verbose")
        harness.demand("Stable" in state and "uniform" in state, "state:", state)
        described = [line.split() for line in tool(server, "--describe", "--group", "team").splitlines() if line.startswith("team")]
        harness.equal(sorted((row[2], row[3], row[4], row[5]) for row in described),
                      [(str(p), str(EACH), str(EACH), "0") for p in range(PARTITIONS)], "partition, committed, end, lag")
        whole = tool(server, "--describe", "--group", "team", "--members", "--verbose")
        harness.demand("shared:0,1,2,3" in whole, "members:", whole)
        refused = tool(server, "--delete", "--group", "team", ok=False)
        harness.demand("NonEmpty" in refused or "not empty" in refused, "deleted although it has members:", refused)
        member.leave()
        harness.wait_until(lambda: "Empty" in tool(server, "--describe", "--group", "team", "--state"), TAKE_OVER_DEADLINE_S, "empty")
        tool(server, "--delete", "--group", "team")
        harness.demand("team" not in tool(server, "--list").split(), "still listed")


def java_reads_our_records():
    """Kafka's dump tool decodes what we wrote."""
    harness.need_kafka()
    with harness.Server({"offsets.topic.num.partitions": "1", **QUICK}) as server, members() as run:
        server.create_topic("shared", PARTITIONS)
        produce(server, "one")
        member = confluent_consumer(run, server, "team")
        reads_all(server, member, EACH * PARTITIONS)
        harness.equal(server.stop(), 0, "exit code")
        segment = server.segments("__consumer_offsets")[0]
        text = harness.kafka_tool("dump-log", "--offsets-decoder", "--files", segment).stdout.decode().replace(": ", ":")
        for part in ('"groupId":"team"', '"epoch":2', '"subscribedTopicNames":["shared"]', '"assignmentEpoch":2',
                     '"memberEpoch":2', '"assignedPartitions"', '"metadataHash"'):
            harness.demand(part in text, "not in the dump:", part, text[-2500:])


def shares(server, both, phases):
    """Produces until both have read something of a phase; gives the partitions that each read of the next one.

    Of the phase in which a partition moves both may read: who gets it begins at the committed offset.
    """
    def attempt():
        phases.append(f"p{len(phases)}")
        produce(server, phases[-1])
        total = len(phases) * EACH * PARTITIONS
        harness.wait_until(lambda: all(one.alive() for one in both) and sum(len(one.seen()) for one in both) >= total,
                           JOIN_DEADLINE_S, "all records are read")
        read = [{p for p, _, value in one.seen() if value.startswith(phases[-1] + "-")} for one in both]
        return read if all(read) else None
    harness.wait_until(attempt, JOIN_DEADLINE_S, "two members share the partitions")
    return harness.wait_until(attempt, JOIN_DEADLINE_S, "two members share them still")


def upgrade_and_back():
    """A classic member, then one of the consumer protocol joins its group; then that one leaves, and the group is classic again."""
    harness.need_kafka()
    with harness.Server(QUICK) as server, members() as run:
        server.create_topic("shared", PARTITIONS)
        old = confluent_classic(run, server, "team")
        produce(server, "p0")
        phases = ["p0"]
        reads_all(server, old, EACH * PARTITIONS)
        harness.equal(described_state(server, "team"), None, "a consumer group before it is one")
        new = confluent_consumer(run, server, "team")
        last = shares(server, (old, new), phases)
        harness.equal(last[0] & last[1], set(), "partitions that both have")
        harness.demand(described_state(server, "team") is not None, "the group is not one of the consumer protocol")
        new.leave()
        harness.wait_until(lambda: described_state(server, "team") is None, TAKE_OVER_DEADLINE_S, "a classic group again")
        phases.append("after")
        before = len(old.seen())
        produce(server, "after")
        harness.wait_until(lambda: old.alive() and len(old.seen()) >= before + EACH * PARTITIONS, TAKE_OVER_DEADLINE_S,
                           "the classic member has everything again")
        found = {(partition, offset, value) for one in (old, new) for partition, offset, value in one.seen()}
        check_content(found, phases)


def pattern():
    """A regular expression, resolved by the server: also a topic that comes later is read."""
    harness.need_kafka()
    with harness.Server(QUICK) as server, members() as run:
        server.create_topic("shared", PARTITIONS)
        produce(server, "one")
        member = confluent("group.protocol=consumer", "pattern=^shar.*")(run, server, "team")
        reads_all(server, member, EACH * PARTITIONS)
        server.create_topic("sharks", 1)
        harness.run(kcat.command(server, "-P", "-t", "sharks", "-p", "0"), stdin=b"late\n")
        harness.wait_until(lambda: any(value == "late" for _, _, value in member.seen()), JOIN_DEADLINE_S, "the later topic is read")


def settings_of_a_group():
    """kafka-configs sets and shows them; a member is told the interval."""
    harness.need_kafka()
    with harness.Server(QUICK) as server:
        def configs(*words, ok=True):
            done = harness.kafka_tool("configs", "--bootstrap-server", server.address, "--entity-type", "groups", "--entity-name",
                                      "team", *words, ok=ok)
            return done.stdout.decode() + done.stderr.decode()
        configs("--alter", "--add-config", "consumer.session.timeout.ms=7000,consumer.heartbeat.interval.ms=700")
        shown = configs("--describe")
        harness.demand("consumer.session.timeout.ms=7000" in shown and "consumer.heartbeat.interval.ms=700" in shown, shown)
        refused = configs("--alter", "--add-config", "consumer.session.timeout.ms=999000", ok=False)
        harness.demand("less than or equal" in refused, "refused:", refused)
        server.kill()
        server.start()
        harness.demand("consumer.session.timeout.ms=7000" in configs("--describe"), "settings after a restart")


def all_checks():
    def quick(check_of, start):
        return check_of(start, QUICK)
    starts = [("confluent", confluent_consumer), ("java", java_consumer)]
    for name, start in starts:
        yield f"{name}_one_dies", quick(one_dies, start)
        yield f"{name}_resumes_after_a_kill", quick(resumes_after_restart, start)
    yield "upgrade_and_back", upgrade_and_back
    yield "pattern", pattern
    yield "java_tools", java_tools
    yield "java_reads_our_records", java_reads_our_records
    yield "settings_of_a_group", settings_of_a_group


if __name__ == "__main__":
    if not shutil.which("kcat"):
        print("not run groups_848: kcat is not installed")
    else:
        harness.main("groups_848", list(all_checks()), at_once=2)
