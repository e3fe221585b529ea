"""SIGSTOP: the coordinator stands still for longer than every session, and then a member does.

A commit that reached a coordinator which stood still is answered once it wakes, and holds then or was refused; a member that
stood still is fenced when it comes back, and what the others committed stays.
"""
import signal
import struct

import harness
import raw

TOPIC = "shared"
OFFSET_COMMIT, OFFSET_FETCH, FIND_COORDINATOR, JOIN_GROUP, HEARTBEAT, SYNC_GROUP = 8, 9, 10, 11, 12, 14
GROUP, SESSION_MS, PAUSE_S = "paused", 1_000, 2.5
SETTINGS = {"group.initial.rebalance.delay.ms": "0", "offsets.topic.num.partitions": "1", "group.min.session.timeout.ms": "500"}
NONE, ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID = 0, 22, 25
DEADLINE_S = 20


def data(content):
    return struct.pack(">i", len(content)) + content


class Member:
    """A dynamic member, alone or with others, over the bare protocol."""

    def __init__(self, server):
        self.link, self.id, self.generation = raw.Link(server.port), "", -1

    def join(self):
        """Version 3, in which ids are given at once; the error."""
        body = raw.text(GROUP) + struct.pack(">ii", SESSION_MS, 10_000) + raw.text(self.id) + raw.text("consumer")
        answer = self.link.ask(JOIN_GROUP, 3, body + struct.pack(">i", 1) + raw.text("range") + data(b""))
        error, self.generation, at = *struct.unpack_from(">hi", answer, 4), 10
        for _ in range(3):  # the protocol, the leader, this member
            (length,) = struct.unpack_from(">h", answer, at)
            self.id = answer[at + 2:at + 2 + length].decode()
            at += 2 + length
        return error

    def named(self):
        return raw.text(GROUP) + struct.pack(">i", self.generation) + raw.text(self.id)

    def enter(self):
        harness.equal(self.join(), NONE, "error of JoinGroup")
        answer = self.link.ask(SYNC_GROUP, 1, self.named() + struct.pack(">i", 1) + raw.text(self.id) + data(b"all"))
        harness.equal(struct.unpack_from(">h", answer, 4)[0], NONE, "error of SyncGroup")

    def heartbeat(self):
        return struct.unpack_from(">h", self.link.ask(HEARTBEAT, 1, self.named()), 4)[0]

    def commit_body(self, offset):
        return self.named() + struct.pack(">i", 1) + raw.text(TOPIC) + struct.pack(">iiqi", 1, 0, offset, -1) + raw.text(None)

    def commit(self, offset):
        answer = self.link.ask(OFFSET_COMMIT, 6, self.commit_body(offset))
        return struct.unpack_from(">h", answer, len(answer) - 2)[0]


def committed(server):
    with raw.Link(server.port) as link:
        answer = link.ask(OFFSET_FETCH, 5, raw.text(GROUP) + struct.pack(">i", 1) + raw.text(TOPIC) + struct.pack(">ii", 1, 0))
    harness.equal(struct.unpack_from(">h", answer, len(answer) - 2)[0], NONE, "error of OffsetFetch")
    return struct.unpack_from(">q", answer, 4 + 4 + 2 + len(TOPIC) + 4 + 4)[0]


def serving(server):
    def there():
        with raw.Link(server.port) as link:
            link.ask(FIND_COORDINATOR, 0, raw.text(GROUP))
            answer = link.ask(OFFSET_FETCH, 5, raw.text(GROUP) + struct.pack(">i", 1) + raw.text(TOPIC) + struct.pack(">ii", 1, 0))
        return struct.unpack_from(">h", answer, len(answer) - 2)[0] == NONE
    harness.wait_until(there, DEADLINE_S, "a coordinator")


def a_coordinator_that_stood_still_takes_nothing_back():
    with harness.Server(SETTINGS) as server:
        server.create_topic(TOPIC)
        serving(server)
        member = Member(server)
        member.enter()
        harness.equal(member.commit(5), NONE, "error of OffsetCommit")
        server.process.send_signal(signal.SIGSTOP)
        member.link.send(OFFSET_COMMIT, 6, member.commit_body(6))
        harness.pause(PAUSE_S)
        server.process.send_signal(signal.SIGCONT)
        _, answer = member.link.receive()
        error = struct.unpack_from(">h", answer, len(answer) - 2)[0]
        harness.demand(error in (NONE, UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION), "a commit of the pause is answered with", error)
        harness.equal(committed(server), 6 if error == NONE else 5, "the offset after the pause")
        # It goes on, as the member that it was or as another one.
        if member.heartbeat() != NONE:
            member.id = ""
            member.enter()
        harness.equal(member.commit(7), NONE, "error of OffsetCommit")
        server.kill()
        server.start()
        serving(server)
        harness.equal(committed(server), 7, "the offset after a kill")


def a_member_that_stood_still_is_fenced():
    with harness.Server(SETTINGS) as server:
        server.create_topic(TOPIC)
        serving(server)
        zombie, other = Member(server), Member(server)
        zombie.enter()
        harness.equal(zombie.commit(5), NONE, "error of OffsetCommit")
        # The other's JoinGroup is answered when the zombie, of which nothing is heard, is put out.
        other.enter()
        harness.demand(other.generation > zombie.generation, "no new generation")
        harness.equal(other.commit(9), NONE, "error of OffsetCommit")
        harness.equal(zombie.commit(6), UNKNOWN_MEMBER_ID, "error of a commit of the zombie")
        harness.equal(zombie.heartbeat(), UNKNOWN_MEMBER_ID, "error of a heartbeat of the zombie")
        harness.equal(committed(server), 9, "the offset")
        zombie.id, zombie.generation = other.id, other.generation - 1
        harness.equal(zombie.commit(6), ILLEGAL_GENERATION, "error of a commit of an old generation")
        harness.equal(committed(server), 9, "the offset")


harness.main("group_pause", [
    ("a_coordinator_that_stood_still_takes_nothing_back", a_coordinator_that_stood_still_takes_nothing_back),
    ("a_member_that_stood_still_is_fenced", a_member_that_stood_still_is_fenced)])
