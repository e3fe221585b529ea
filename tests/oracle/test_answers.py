"""Kafka and cambium are asked the same, raw and in every version that we serve; their answers are compared field by field.

The full list (every oddity of every field in every version) runs with --full, as `./dev soak` does it; without it the
oddities of the newest version of each API only. --show prints every difference, --only WORD asks what contains it.
"""
import collections
import sys
import time

import e2e  # noqa: F401 (finds what stands there)
import allowed
import bases
import compare
import harness
import kafka
import list_cluster
import list_configs
import list_consumer_groups
import list_groups
import list_records
import list_topics
import odd
import schema
from side import KafkaSide, Side

AGAIN_DEADLINE_S = 30
TEXT_SHOWN = 300


def written_cases():
    """In the order in which they are asked; later ones look at what earlier ones did."""
    topics, records, cluster, configs, groups = list_topics, list_records, list_cluster, list_configs, list_groups
    for part in (topics.made, cluster.versions, topics.created, topics.grown, topics.looked, topics.made_on_use, topics.paged,
                 records.filled, records.read, records.in_sessions, records.looked_up, records.epochs, records.written,
                 records.producers, records.trimmed, cluster.cluster, cluster.quorum, cluster.features, cluster.elections,
                 cluster.reassignments, cluster.nodes, cluster.directories, cluster.producer_ids, cluster.coordinators,
                 groups.strangers, groups.simple_consumers, groups.lives, list_consumer_groups.cases, cluster.frames, configs.told,
                 configs.replaced, configs.changed, configs.listed, topics.deleted):
        yield from part()


def odd_cases(served, full):
    for api, (first, last) in served.items():
        base = bases.BASES.get(api)
        if not base:
            continue
        known = [version for version in range(first, last + 1) if version in schema.request(api).versions]
        for version in known if full else known[-1:]:
            yield from odd.field_cases(api, base, version, lambda field, value, api=api: bases.harmful(api, field, value))
            yield from odd.frame_cases(api, base, version)
        yield from odd.version_cases(api, base, first, last)


def served_by(ours):
    """API -> versions that we advertise, of those that Kafka 4.3 serves."""
    advertised = ours.versions()
    theirs = {key: (name, first, last) for name, (key, first, last) in schema.versions_of_kafka().items()}
    served = {}
    for key, (first, last) in advertised.items():
        harness.demand(key in theirs, f"we advertise the API {key}, which Kafka 4.3 does not have")
        name, lowest, highest = theirs[key]
        harness.demand(lowest <= first and last <= highest, f"{name}: we advertise {first}-{last}, Kafka {lowest}-{highest}")
        served[name] = (first, last)
    return served


class Comparison:
    def __init__(self, kafka, ours):
        self.kafka, self.ours = kafka, ours
        self.asked = collections.Counter()    # (API, version) -> requests written by hand
        self.used = collections.Counter()     # allowed line -> differences
        self.found = collections.OrderedDict()  # (API, path, theirs, ours) -> where it was seen
        self.requests = 0

    def ask(self, case, version):
        self.requests += 1
        if not case.odd:
            self.asked[case.api, version] += 1
        sides = (self.kafka, self.ours)
        answers = [self._answer(side, case, version) for side in sides]
        if case.changes:
            self.kafka.settle()
            for side in sides:
                side.learn_topics()
        answers = [compare.normal(side, case.api, answer) for side, answer in zip(sides, answers)]
        for path, theirs, ours in compare.differences(*answers):
            if line := allowed.line_for(case, path, theirs, ours, answers):
                self.used[line.why] += 1
                continue
            key = (case.api, path, repr(theirs)[:TEXT_SHOWN], repr(ours)[:TEXT_SHOWN])
            self.found.setdefault(key, []).append(f"{version} {case.name}")

    def _answer(self, side, case, version):
        frame = case.bytes_for(version, side)
        if not case.answered:
            return "no answer, and goes on" if side.ask_without_answer(frame) else compare.CLOSED
        answered = version if case.answer_version is None else case.answer_version
        answer = compare.decoded(side, case, side.ask(frame), answered)
        if case.again and isinstance(answer, dict) and case.again(answer):
            return self._answer_in_time(side, case, frame, answered)
        return answer

    @staticmethod
    def _answer_in_time(side, case, frame, answered):
        answers = []

        def there():
            answers.append(compare.decoded(side, case, side.ask(frame), answered))
            return not case.again(answers[-1])

        harness.wait_until(there, AGAIN_DEADLINE_S, f"{side.name} answers {case.api}")
        return answers[-1]

    def report(self):
        for (api, path, theirs, ours), seen in list(self.found.items()):
            print(f"  {api} {path or 'answer'}: Kafka {theirs}, cambium {ours}\n      {len(seen)} times: {'; '.join(seen[:6])}")


def unlisted(served, asked):
    return [f"{api} {version}" for api, (first, last) in served.items() for version in range(first, last + 1)
            if not asked[api, version]]


def our_server():
    """Told in its settings what Kafka's are told."""
    server = harness.Server({"node.id": "1", "num.partitions": "1", **kafka.SETTINGS})
    server.settings["advertised.listeners"] = f"PLAINTEXT://{server.address}"
    return server


def answers(full, only):
    def check():
        harness.need_kafka()
        with kafka.Kafka() as peer, our_server() as server:
            theirs = KafkaSide("Kafka", peer.port, peer.logs)
            ours = Side("cambium", server.port, server.data)
            served = served_by(ours)
            comparison = Comparison(theirs, ours)
            began = time.monotonic()
            for case in [*written_cases(), *odd_cases(served, full)]:
                needed = case.name.startswith(("what the others", "fills"))
                if case.api in served and (needed or not only or only in f"{case.api} {case.name}"):
                    for version in case.served(*served[case.api]):
                        comparison.ask(case, version)
            comparison.report()
            print(f"  {comparison.requests} requests to each, {len(served)} APIs, {time.monotonic() - began:.0f} s; "
                  f"differences allowed: {len(comparison.used)} kinds, {sum(comparison.used.values())} times; "
                  f"not allowed: {len(comparison.found)} kinds")
            if only:
                return
            harness.equal(unlisted(served, comparison.asked), [], "served, but without a request in the list")
            harness.demand(not comparison.found, f"{len(comparison.found)} kinds of differences")
            idle = [line.why for line in allowed.ALLOWED if not comparison.used[line.why]]
            harness.demand(not full or not idle, "allowed, but no longer there:", idle)
    return check


def the_list_of_differences_is_short():
    harness.demand(len(allowed.ALLOWED) <= allowed.MOST, len(allowed.ALLOWED))
    harness.demand(all(line.why for line in allowed.ALLOWED), "each line says why")


FULL = "--full" in sys.argv
ONLY = next((word.removeprefix("--only=") for word in sys.argv if word.startswith("--only=")), "")
sys.argv = [word for word in sys.argv if not word.startswith("--")]
harness.main("answers", [
    ("the_list_of_differences_is_short", the_list_of_differences_is_short),
    ("equal_to_kafka", answers(FULL, ONLY)),
])
