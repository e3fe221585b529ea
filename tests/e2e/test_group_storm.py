"""A rebalance storm: 200 members of one group come, leave and die within seconds, leaders among them, in both protocols.

cambium-load watches from within the members: one owner for each partition and generation throughout, and the group settles.
"""
import json
import pathlib

import harness

MEMBERS, STORM_MS, EVENTS_PER_SECOND = 200, 6_000, 35
SETTINGS = {"group.initial.rebalance.delay.ms": "0", "offsets.topic.num.partitions": "2", "group.min.session.timeout.ms": "3000",
            "group.consumer.min.session.timeout.ms": "3000", "group.consumer.session.timeout.ms": "3000",
            "group.consumer.min.heartbeat.interval.ms": "500", "group.consumer.heartbeat.interval.ms": "500"}
LOAD = pathlib.Path(harness.PROGRAM).parent / "cambium-load"
SESSION_MS, PATIENCE_MS, DEADLINE_S = 3_000, 60_000, 120


def weathered(protocol):
    with harness.Server(SETTINGS) as server:
        server.create_topic("shared", MEMBERS)
        options = {"server": server.address, "topic": "shared", "group": "storm", "protocol": protocol, "members": MEMBERS,
                   "storm_ms": STORM_MS, "events_per_second": EVENTS_PER_SECOND, "session_ms": SESSION_MS, "patience_ms": PATIENCE_MS}
        done = harness.run([LOAD, "storm", *(f"{name}={value}" for name, value in options.items())], timeout=DEADLINE_S)
    told = json.loads(done.stdout)
    print(f"{protocol}: {told}")
    harness.equal(told["violations"], 0, "partitions with two owners")
    harness.demand(told["settling_ms"] >= 0, "the group never settled")
    harness.demand(min(told["came"], told["left"], told["died"]) > 0, "it was no storm:", told)


harness.main("group_storm", [("classic_settles_with_one_owner_each", lambda: weathered("classic")),
                             ("consumer_settles_with_one_owner_each", lambda: weathered("consumer"))])
