"""The bytes that a server gives for a partition, as they come over the wire: without a client library.

Other clients decode batches and show records; here the batches themselves matter, to the last byte.
"""
import batches
import harness
import raw

WAIT_MS = 500
NOT_YET = {3, 6}  # Kafka names a leader before that serves: unknown topic or partition, not the leader
SERVING_DEADLINE_S = 30


def fetch(port, topic, partition, offset):
    with raw.Link(port) as link:
        return link.fetch(topic, partition, offset, WAIT_MS)


def fetch_when_served(port, topic, partition, offset):
    answers = []

    def served():
        answers.append(fetch(port, topic, partition, offset))
        return answers[-1].error not in NOT_YET

    harness.wait_until(served, SERVING_DEADLINE_S, f"{topic}-{partition} served")
    return answers[-1]


def all_bytes(port, topic, partition=0, offset=0):
    """Every batch from `offset` up to the high watermark, one after the other."""
    parts = []
    while True:
        answer = fetch_when_served(port, topic, partition, offset)
        harness.demand(answer.error == 0, f"fetch of {topic}-{partition} at {offset}: error {answer.error}")
        if offset >= answer.high_watermark:
            return b"".join(parts)
        whole = list(batches.whole(answer.records))
        harness.demand(whole, f"nothing at {offset}, below the high watermark {answer.high_watermark}")
        parts += [batch for _, batch in whole]
        offset = whole[-1][0]
