"""Starting and stopping: what the server says, what it refuses, and what an operator can ask it."""
import time

import harness
import kcat

REFUSAL_DEADLINE_S = 5
STOP_LIMIT_S = 5


def refused(server):
    """Starts a server that must not come up; returns what it says."""
    server.start(wait=False)
    try:
        code = server.process.wait(timeout=REFUSAL_DEADLINE_S)
    except harness.subprocess.TimeoutExpired:
        raise AssertionError("it started although it should not") from None
    harness.demand(code not in (0, None) and code > 0, "exit code", code, server.log())
    return server.log()


def says_what_it_serves():
    with harness.Server() as server:
        said = harness.wait_until(lambda: "durable" in server.log() and server.log(), 5, "the start says that acks are durable")
        harness.demand(server.address in said, said)


def a_port_in_use_is_explained():
    with harness.Server() as first, harness.temporary_directory() as scratch:
        second = harness.Server(data=scratch / "data")
        second.port, second.address = first.port, first.address
        said = refused(second)
        harness.demand(str(first.port) in said and "in use" in said, said)
        harness.demand("--listen" in said, "it says what to do:", said)


def a_second_process_on_the_directory_is_refused():
    with harness.Server() as first:
        said = refused(harness.Server(data=first.data))
        harness.demand(str(first.data) in said, "it names the directory:", said)
        first.create_topic("still-works")
        kcat.produce(first, "still-works", [b"yes"])


def a_killed_server_leaves_no_lock_behind():
    with harness.Server() as server:
        server.kill()
        server.start()


def sigterm_stops_cleanly():
    with harness.Server() as server:
        server.create_topic("words")
        kcat.produce(server, "words", [b"one", b"two"])
        began = time.monotonic()
        harness.equal(server.stop(), 0, "exit code")
        harness.demand(time.monotonic() - began < STOP_LIMIT_S, "the stop took", time.monotonic() - began, "s")
        server.start()
        harness.equal(kcat.values(server, "words"), [b"one", b"two"], "values after the start")


def health_and_metrics_answer():
    with harness.Server() as server:
        harness.equal(server.get("/healthz")[0], 200, "status of /healthz")
        status, text = server.get("/metrics")
        harness.equal(status, 200, "status of /metrics")
        harness.demand("# TYPE" in text and text.endswith("\n"), text[:300])
        harness.equal(server.get("/no-such-page")[0], 404, "status of an unknown path")


def an_unknown_setting_is_refused():
    with harness.temporary_directory() as scratch:
        server = harness.Server({"log.segmnt.bytes": "1"}, data=scratch / "data")
        harness.demand("log.segmnt.bytes" in refused(server), "it names the setting:", server.log())


def a_setting_takes_effect():
    with harness.Server({"num.partitions": "4"}) as server:
        kcat.produce(server, "made", [b"x"])
        harness.equal(len(list(server.data.glob("made-*"))), 4, "partitions by --set")


harness.main("start", [
    ("says_what_it_serves", says_what_it_serves),
    ("a_port_in_use_is_explained", a_port_in_use_is_explained),
    ("a_second_process_on_the_directory_is_refused", a_second_process_on_the_directory_is_refused),
    ("a_killed_server_leaves_no_lock_behind", a_killed_server_leaves_no_lock_behind),
    ("sigterm_stops_cleanly", sigterm_stops_cleanly),
    ("health_and_metrics_answer", health_and_metrics_answer),
    ("an_unknown_setting_is_refused", an_unknown_setting_is_refused),
    ("a_setting_takes_effect", a_setting_takes_effect),
])
