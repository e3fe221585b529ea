"""kill -9 of the server under 20 consuming groups, again and again: no committed offset goes back, no group forgets its member.

Each group has one static member, which commits one offset after the other over the bare protocol while the server dies under it.
After each restart the coordinator must tell at least what it acknowledged and nothing that was never sent, and the member is still
a member of the same generation, by its id and its instance.
"""
import random
import struct
import threading

import harness
import raw

GROUPS = 20
KILLS = 20
LONGEST_LIFE_S = 0.5
SERVING_DEADLINE_S = 30
TOPIC = "shared"
OFFSET_COMMIT, OFFSET_FETCH, FIND_COORDINATOR, JOIN_GROUP, HEARTBEAT, SYNC_GROUP = 8, 9, 10, 11, 12, 14
SETTINGS = {"group.initial.rebalance.delay.ms": "0", "offsets.topic.num.partitions": "10"}


def data(content):
    return struct.pack(">i", len(content)) + content


class Member:
    """Alone in its group; its sessions outlive the kills."""

    def __init__(self, number):
        self.group, self.instance = f"group-{number}", f"instance-{number}"
        self.id, self.generation = "", -1
        self.sent = self.acknowledged = -1

    def named(self):
        return raw.text(self.group) + struct.pack(">i", self.generation) + raw.text(self.id) + raw.text(self.instance)

    def enter(self, link):
        body = raw.text(self.group) + struct.pack(">ii", 600_000, 600_000) + raw.text("") + raw.text(self.instance)
        answer = link.ask(JOIN_GROUP, 5, body + raw.text("consumer") + struct.pack(">i", 1) + raw.text("range") + data(b""))
        error, self.generation, at = *struct.unpack_from(">hi", answer, 4), 10
        harness.equal(error, 0, "error of JoinGroup")
        for _ in range(3):  # the protocol, the leader, this member
            (length,) = struct.unpack_from(">h", answer, at)
            self.id = answer[at + 2:at + 2 + length].decode()
            at += 2 + length
        answer = link.ask(SYNC_GROUP, 3, self.named() + struct.pack(">i", 1) + raw.text(self.id) + data(b"all"))
        harness.equal(struct.unpack_from(">h", answer, 4)[0], 0, "error of SyncGroup")

    def commit_until_the_end(self, port):
        """Until the server dies."""
        try:
            with raw.Link(port) as link:
                while True:
                    self.commit(link)
        except OSError:
            pass

    def commit(self, link):
        self.sent += 1
        body = self.named() + struct.pack(">i", 1) + raw.text(TOPIC) + struct.pack(">iiqi", 1, 0, self.sent, -1) + raw.text(None)
        answer = link.ask(OFFSET_COMMIT, 7, body)
        error = struct.unpack_from(">h", answer, len(answer) - 2)[0]
        harness.equal(error, 0, f"error of OffsetCommit of {self.group}")
        self.acknowledged = self.sent

    def committed(self, link):
        """The offset, or None while its coordinator reads its log."""
        answer = link.ask(OFFSET_FETCH, 5, raw.text(self.group) + struct.pack(">i", 1) + raw.text(TOPIC) + struct.pack(">ii", 1, 0))
        if struct.unpack_from(">h", answer, len(answer) - 2)[0]:
            return None
        return struct.unpack_from(">q", answer, 4 + 4 + 2 + len(TOPIC) + 4 + 4)[0]

    def check(self, link):
        """The server is up again."""
        offset = self.committed_in_time(link)
        harness.demand(self.acknowledged <= offset <= self.sent, self.group, "is at", offset, "after", self.acknowledged,
                       "was acknowledged of", self.sent)
        error = struct.unpack_from(">h", link.ask(HEARTBEAT, 3, self.named()), 4)[0]
        harness.equal(error, 0, f"error of a heartbeat of {self.group}")
        self.sent = self.acknowledged = offset

    def committed_in_time(self, link):
        found = []

        def told():
            found.append(self.committed(link))
            return found[-1] is not None
        harness.wait_until(told, SERVING_DEADLINE_S, "the coordinator serves")
        return found[-1]


def coordinator_is_there(port):
    with raw.Link(port) as link:
        return struct.unpack_from(">h", link.ask(FIND_COORDINATOR, 0, raw.text("any")))[0] == 0


def no_offset_goes_back():
    seed = random.SystemRandom().randrange(10**6)
    draw = random.Random(seed)
    members = [Member(number) for number in range(GROUPS)]
    try:
        with harness.Server(SETTINGS) as server:
            server.create_topic(TOPIC)
            harness.wait_until(lambda: coordinator_is_there(server.port), SERVING_DEADLINE_S, "a coordinator")
            with raw.Link(server.port) as link:
                for member in members:
                    member.enter(link)
            for _ in range(KILLS):
                live_and_die(server, members, draw.uniform(0.05, LONGEST_LIFE_S))
                server.start()
                with raw.Link(server.port) as link:
                    for member in members:
                        member.check(link)
    except AssertionError as error:
        raise AssertionError(f"seed {seed}: {error}") from None
    total = sum(member.acknowledged for member in members)
    harness.demand(all(member.acknowledged >= KILLS for member in members), "a group hardly committed")
    print(f"{total} commits of {GROUPS} groups across {KILLS} kills, seed {seed}")


def live_and_die(server, members, life_s):
    """Every member commits at least once before the end."""
    before = [member.acknowledged for member in members]
    threads = [threading.Thread(target=member.commit_until_the_end, args=(server.port,)) for member in members]
    for thread in threads:
        thread.start()
    harness.wait_until(lambda: all(member.acknowledged > count for member, count in zip(members, before)), SERVING_DEADLINE_S,
                       "every group commits")
    harness.pause(life_s)
    server.kill()
    for thread in threads:
        thread.join()


harness.main("group_kills", [("no_offset_goes_back", no_offset_goes_back)])
