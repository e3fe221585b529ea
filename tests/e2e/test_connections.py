"""Connections of a real server: order, slow readers, idleness, caps, descriptors, several listeners, IPv6, resets."""
import contextlib
import resource
import select
import socket
import struct
import time

import harness
import raw

IDLE_MS = 1_500
SPARE_DESCRIPTORS = 40
MEGABYTE = 1 << 20


class Listening(harness.Server):
    """A server whose listeners come from its settings, not from --listen."""

    def __init__(self, listeners, settings=None):
        super().__init__(settings)
        self.settings = {"listeners": ",".join(listeners), **self.settings}
        self.address = listeners[0].split("://")[1]

    def command(self):
        words = super().command()
        at = words.index("--listen")
        return words[:at] + words[at + 2:]


def refusal(server):
    server.start(wait=False)
    harness.demand(server.process.wait(timeout=5) not in (0, None), "it started although it should not", server.log())
    return server.log()


def have_ipv6():
    with contextlib.suppress(OSError):
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
            return True
    return False


def broker_address(link):
    """The host and port that Metadata of version 1 names."""
    answer = link.ask(raw.METADATA, 1, raw.metadata_body())
    (size,) = struct.unpack_from(">h", answer, 8)
    return answer[10:10 + size].decode(), struct.unpack_from(">i", answer, 10 + size)[0]


def pipelined_requests_are_answered_in_order():
    """More requests than may be in flight, of several kinds, some that wait: answers come in the order of the requests."""
    with harness.Server({"queued.max.requests": "20"}) as server, raw.Link(server.port) as link:
        harness.equal(link.create_topic("t", 3), 0, "error of creating the topic")
        batch, sent = raw.batch([b"x"]), []
        link.socket.settimeout(30)
        for number in range(200):
            sent.append(link.send(raw.PRODUCE, 3, raw.produce_body("t", batch, number % 3)))
            sent.append(link.send(raw.METADATA, 1, raw.metadata_body("t")))
            sent.append(link.send(raw.PRODUCE, 3, raw.produce_body("nowhere", batch)))
            if number % 20 == 0:
                sent.append(link.send(raw.FETCH, 4, raw.fetch_body("t", 0, number + 1_000_000, wait_ms=5)))
        harness.equal([link.receive()[0] for _ in sent], sent, "correlation ids")


def a_slow_reader_is_closed_only_after_idle_time():
    """One that reads a little now and then is kept, however slow; one that reads nothing goes after the idle time."""
    with harness.Server({"connections.max.idle.ms": IDLE_MS, "connection.unsent.max.bytes": MEGABYTE}) as server:
        with raw.Link(server.port) as link:
            harness.equal(link.create_topic("t"), 0, "error of creating the topic")
            for _ in range(40):
                harness.equal(link.produce("t", raw.batch([bytes(900_000)]))[0], 0, "error of filling")
        with slow_link(server) as slow, slow_link(server), raw.Link(server.port) as honest:
            began, closed_after = time.monotonic(), None
            while time.monotonic() - began < 3 * IDLE_MS / 1000:
                harness.demand(slow.socket.recv(200_000), "the slow reader was closed")
                if closed_after is None and raw.metric(server, "cambium_connections") == 2:
                    closed_after = time.monotonic() - began
                honest.api_versions()
                harness.pause(0.1)
            harness.demand(closed_after is not None, "the silent reader was never closed")
            harness.demand(0.9 * IDLE_MS / 1000 < closed_after < 2.5 * IDLE_MS / 1000, "the silent reader was closed after", closed_after)


def slow_link(server):
    link = raw.Link.__new__(raw.Link)
    link.socket, link.correlation = socket.socket(), 0
    link.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    link.socket.connect(("127.0.0.1", server.port))
    for _ in range(10):
        link.send(raw.FETCH, 4, raw.fetch_body("t", size=50 * MEGABYTE))
    return link


def was_closed(link):
    poll = select.poll()
    poll.register(link.socket, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))


def idle_connections_and_half_frames_are_closed():
    with harness.Server({"connections.max.idle.ms": IDLE_MS}) as server:
        with raw.Link(server.port) as active:
            began = time.monotonic()
            links = [raw.Link(server.port) for _ in range(20)]
            for link in links[::2]:
                link.socket.sendall(struct.pack(">i", 1000) + bytes(10))
            while time.monotonic() - began < 2.5 * IDLE_MS / 1000:
                active.api_versions()
                harness.pause(0.1)
            harness.demand(all(was_closed(link) for link in links), "idle connections are closed")
            active.api_versions()
            for link in links:
                link.close()


def addresses_are_capped():
    settings = {"max.connections.per.ip": "3", "max.connections.per.ip.overrides": "127.0.0.5:5, 127.0.0.6:0"}
    with harness.Server(settings) as server:
        for source, allowed in (("127.0.0.4", 3), ("127.0.0.5", 5), ("127.0.0.6", 0)):
            links = [raw.Link(server.port, source=source) for _ in range(allowed)]
            for link in links:
                link.api_versions()
            with raw.Link(server.port, source=source) as beyond:
                harness.demand(beyond.closed(within_s=5), f"connection {allowed + 1} from {source} is closed")
            if links:
                links.pop().close()
                harness.wait_until(lambda source=source: admitted(server, source), 5, f"a place of {source} is free again")
            for link in links:
                link.close()
        harness.demand(raw.metric(server, "cambium_connections_refused_total") >= 3, "refused connections are counted")


def admitted(server, source):
    with contextlib.suppress(OSError):
        with raw.Link(server.port, source=source) as link:
            link.api_versions()
            return True
    return False


def without_descriptors_accepting_pauses():
    """The limit is lowered under the running server: who is there is served, the processor rests, and it goes on by itself."""
    with harness.Server() as server:
        with raw.Link(server.port) as there:
            harness.equal(there.create_topic("t", 3), 0, "error of creating the topic")
            open_now = server.descriptors()
            _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
            resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (open_now + SPARE_DESCRIPTORS, hard))
            crowd = [raw.Link(server.port) for _ in range(3 * SPARE_DESCRIPTORS)]
            harness.pause(0.5)
            used = server.cpu_seconds()
            for number in range(20):
                harness.equal(there.produce("t", raw.batch([b"x"]), number % 3)[0], 0, "error of a produce meanwhile")
                harness.pause(0.05)
            used = server.cpu_seconds() - used
            harness.demand(used < 0.5, f"{used:.2f} s of processor time in a second of waiting")
            harness.equal(server.get("/healthz")[0], 200, "status of /healthz meanwhile")
            for link in crowd:
                link.close()
            harness.wait_until(lambda: admitted(server, "127.0.0.1"), 5, "connections are accepted again")
            harness.demand(raw.metric(server, "cambium_accept_errors_total") > 0, "the failures are counted")
            harness.demand("accepts no connections" in server.log(), "and told", server.log()[-500:])
            resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (hard, hard))


def each_listener_tells_its_own_address():
    first, second, third = (harness.free_port() for _ in range(3))
    listeners = [f"PLAINTEXT://127.0.0.1:{first}", f"inside://127.0.0.1:{second}", f"OUTSIDE://:{third}"]
    settings = {"listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,INSIDE:PLAINTEXT,OUTSIDE:plaintext"}
    server = Listening(listeners, settings)
    server.port = first
    with server:
        for port in (first, second, third):
            with raw.Link(port) as link:
                harness.equal(broker_address(link), ("127.0.0.1", port), "address told at the listener")
        harness.equal(server.stop(), 0, "exit code")
    settings["advertised.listeners"] = f"OUTSIDE://db.example.org:19092,INSIDE://10.0.0.1:{second}"
    server = Listening(listeners, settings)
    server.port = first
    with server:
        for port, told in ((first, ("db.example.org", 19092)), (second, ("10.0.0.1", second)), (third, ("db.example.org", 19092))):
            with raw.Link(port) as link:
                harness.equal(broker_address(link), told, "address told at the listener")


def listeners_that_cannot_be_are_refused():
    here = f"127.0.0.1:{harness.free_port()}"
    for listeners, settings, said in (
            ([f"SSL://{here}"], {}, "only PLAINTEXT is"),
            ([f"INSIDE://{here}"], {}, "No security protocol defined for listener INSIDE"),
            ([f"PLAINTEXT://{here}", "PLAINTEXT://127.0.0.1:1"], {}, "different name"),
            ([f"PLAINTEXT://{here}"], {"advertised.listeners": "OTHER://a:1"}, "no listener OTHER"),
            ([f"PLAINTEXT://{here}"], {"advertised.listeners": "PLAINTEXT://0.0.0.0:9092"}, "nonroutable"),
            ([f"PLAINTEXT://{here}"], {"max.connections.per.ip.overrides": "10.0.0.1"}, "ADDRESS:COUNT")):
        with harness.temporary_directory() as scratch:
            server = Listening(listeners, settings)
            server.data = scratch / "data"
            harness.demand(said in refusal(server), f"'{said}' is not in", server.log())
            harness.demand(not server.data.exists(), "nothing is made by a start that cannot be")


def ipv6_is_served():
    if not have_ipv6():
        raise harness.NotRun("this machine has no IPv6")
    port = harness.free_port()
    with harness.temporary_directory() as scratch:
        server = harness.Server(data=scratch / "data")
        server.address = f"[::1]:{port}"
        server.start(wait=False)
        try:
            harness.wait_until(lambda: listens(server, "::1", port), 10, "the server listens")
            with raw.Link(port, host="::1") as link:
                harness.equal(link.create_topic("t"), 0, "error of creating the topic")
                harness.equal(broker_address(link), ("::1", port), "address told")
            server.cli("produce", "t", stdin=b"over IPv6\n")
            read = server.cli("consume", "t", "--from", "beginning", "--until", "end").stdout
            harness.demand(b"over IPv6" in read, "what was produced is read", read)
            harness.equal(server.stop(), 0, "exit code")
        finally:
            server.kill()


def listens(server, host, port):
    harness.equal(server.process.poll(), None, "exit code of the server")
    with contextlib.suppress(OSError):
        raw.Link(port, host=host).close()
        return True
    return False


def a_retry_after_a_reset_is_the_same_record():
    """The connection is reset before, within and behind the answer; what is sent again has the first offset."""
    with harness.Server() as server, raw.Link(server.port) as reader:
        harness.equal(reader.create_topic("t"), 0, "error of creating the topic")
        pid, epoch = reader.producer_id()
        for number in range(30):
            data = raw.batch([b"%d" % number], producer=(pid, epoch, number))
            link = raw.Link(server.port)
            link.send(raw.PRODUCE, 3, raw.produce_body("t", data))
            if number % 3:
                link.exactly(4 if number % 3 == 1 else 20)
            link.reset()
            with raw.Link(server.port) as again:
                harness.equal(again.produce("t", data), (0, number), "answer to the retry")
        _, high, found = reader.fetch("t")
        harness.equal(high, 30, "high watermark")
        harness.equal(raw.values(found), [(i, b"%d" % i) for i in range(30)], "records")


def names_of_clients_leave_no_trace():
    """Ten thousand client ids and transactional ids: the metrics have no line more, the memory hardly grows."""
    with harness.Server() as server, raw.Link(server.port) as link:
        def ask(number):
            link.ask(raw.API_VERSIONS, 0, client=f"client-{number}-" + "x" * 100)
            link.ask(raw.INIT_PRODUCER_ID, 0, raw.text(f"transaction-{number}") + struct.pack(">i", 60_000))
        for number in range(200):
            ask(number)
        lines, memory = len(server.get("/metrics")[1].splitlines()), server.memory_mb()
        for number in range(200, 10_000):
            ask(number)
        harness.equal(len(server.get("/metrics")[1].splitlines()), lines, "lines of the metrics")
        grown = server.memory_mb() - memory
        harness.demand(grown < 4, f"resident memory grew by {grown:.1f} MB")


harness.main("connections", [
    ("pipelined_requests_are_answered_in_order", pipelined_requests_are_answered_in_order),
    ("a_slow_reader_is_closed_only_after_idle_time", a_slow_reader_is_closed_only_after_idle_time),
    ("idle_connections_and_half_frames_are_closed", idle_connections_and_half_frames_are_closed),
    ("addresses_are_capped", addresses_are_capped),
    ("without_descriptors_accepting_pauses", without_descriptors_accepting_pauses),
    ("each_listener_tells_its_own_address", each_listener_tells_its_own_address),
    ("listeners_that_cannot_be_are_refused", listeners_that_cannot_be_are_refused),
    ("ipv6_is_served", ipv6_is_served),
    ("a_retry_after_a_reset_is_the_same_record", a_retry_after_a_reset_is_the_same_record),
    ("names_of_clients_leave_no_trace", names_of_clients_leave_no_trace),
])
