"""kill -9 under an idempotent librdkafka producer: every acknowledged record exactly once, in order."""
import random

import harness
import kills

KILLS = 20


def exactly_once_across_kills():
    harness.librdkafka()
    seed = random.SystemRandom().randrange(10**6)
    try:
        count, _ = kills.run(KILLS, seed)
    except AssertionError as error:
        raise AssertionError(f"seed {seed}: {error}") from None
    harness.demand(count > 1000, f"only {count} records: the producer hardly ran")
    print(f"{count} records acknowledged across {KILLS} kills, seed {seed}")


harness.main("kill", [("exactly_once_across_kills", exactly_once_across_kills)])
