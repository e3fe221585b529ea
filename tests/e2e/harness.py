"""What the tests with real clients share: a server of their own, its log on failure, and one line per check.

A test program lists its checks and ends with `harness.main("kcat", [...])`; it prints `ok NAME`, `FAIL NAME: why` or
`not run NAME: why` for each. Nothing here waits for a fixed time: every wait is for something, with a deadline.
"""
import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("CAMBIUM", str(ROOT / "build/release/cambium"))
SHARED = ROOT.parent / "shared"
PEER_KAFKA = SHARED / "peers/kafka"
PORTS = range(20000, 32000)  # below the ports that the system hands out by itself
PORTS_GIVEN = set()
START_DEADLINE_S = 20
STOP_DEADLINE_S = 20
SHOWN_LOG_LINES = 40


class NotRun(Exception):
    """This machine lacks what the check needs."""


def demand(condition, *said):
    """An assertion that says what it saw."""
    if not condition:
        raise AssertionError(" ".join(str(part) for part in said) or "demand not met")


def equal(seen, expected, what="value"):
    """Long values are shown only around their first difference."""
    if seen == expected:
        return
    seen_text, expected_text = repr(seen), repr(expected)
    at = next((i for i, (a, b) in enumerate(zip(seen_text, expected_text)) if a != b), 0)
    near = slice(max(0, at - 40), at + 120)
    raise AssertionError(f"{what}: saw ...{seen_text[near]}, expected ...{expected_text[near]}")


def wait_until(condition, deadline_s, what):
    """Polls `condition` until it gives something true, and returns that."""
    end = time.monotonic() + deadline_s
    while True:
        if result := condition():
            return result
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {deadline_s} s")
        pause()


def pause(seconds=0.02):
    """The grain of polling."""
    select.select([], [], [], seconds)


def free_port():
    """One that nobody has, and that was not given before: a server asks for several before it takes the first."""
    for port in random.SystemRandom().sample(PORTS, 200):
        with socket.socket() as probe:
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                if port not in PORTS_GIVEN:
                    PORTS_GIVEN.add(port)
                    return port
    raise RuntimeError("no free port")


@contextlib.contextmanager
def temporary_directory():
    path = pathlib.Path(tempfile.mkdtemp(prefix="cambium-e2e-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def run(command, stdin=b"", timeout=60, ok=True, **options):
    """Runs a command and returns it with bytes in stdout and stderr; with `ok` it must succeed."""
    try:
        done = subprocess.run([str(word) for word in command], input=stdin, capture_output=True, timeout=timeout, **options)
    except subprocess.TimeoutExpired as late:
        said = ((late.stdout or b"")[-300:] + (late.stderr or b"")[-600:]).decode(errors="replace")
        raise AssertionError(f"{shown(command)}: did not end within {timeout} s: {said}") from None
    if ok and done.returncode:
        said = (done.stdout[-300:] + done.stderr[-1200:]).decode(errors="replace").strip()
        raise AssertionError(f"{shown(command)} ended with {done.returncode}: {said}")
    return done


def shown(command):
    return " ".join(os.path.basename(str(word)) if i == 0 else str(word) for i, word in enumerate(command))[:200]


class Server:
    """`cambium serve` on ports and a directory of its own; a context manager that starts it and cleans up behind it.

    After kill() or stop(), start() starts it again on the same directory and ports.
    """

    def __init__(self, settings=None, data=None):
        self._own = None if data else tempfile.mkdtemp(prefix="cambium-e2e-")
        self.data = pathlib.Path(data or self._own) / ("" if data else "data")
        self.settings = settings or {}
        self.port, self.http_port = free_port(), free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.log_path = pathlib.Path(tempfile.mkstemp(prefix="cambium-e2e-log-")[1])
        self.process = None

    def command(self):
        words = [PROGRAM, "serve", "--data", str(self.data), "--listen", self.address,
                 "--http", f"127.0.0.1:{self.http_port}"]
        for name, value in self.settings.items():
            words += ["--set", f"{name}={value}"]
        return words

    def start(self, wait=True):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        wait_until(self.answers, START_DEADLINE_S, "the server accepts connections")

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended with {self.process.returncode}: {self.log()[-400:]}")
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        return False

    def log(self):
        return self.log_path.read_text(errors="replace")

    def kill(self):
        """As a power switch does for the process, not for the machine."""
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()

    def stop(self):
        """Asks it to stop and returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"SIGTERM did not end the server within {STOP_DEADLINE_S} s") from None

    def memory_mb(self, figure="VmRSS"):
        """VmRSS, VmHWM, ... of the process."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(figure + ":")) / 1024

    def descriptors(self):
        """How many the process has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def cpu_seconds(self):
        """Processor time of the process so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def get(self, path):
        """Returns (status, body) of a GET on the HTTP port."""
        link = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=10)
        try:
            link.request("GET", path)
            answer = link.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        finally:
            link.close()

    def cli(self, *words, stdin=b"", ok=True, timeout=60):
        """A command of ours against this server."""
        return run([PROGRAM, *words, "--server", self.address], stdin=stdin, ok=ok, timeout=timeout)

    def create_topic(self, name, partitions=1):
        self.cli("topic", "create", name, "--partitions", partitions)

    def partition_directory(self, topic, partition=0):
        return self.data / f"{topic}-{partition}"

    def segments(self, topic, partition=0):
        return sorted(self.partition_directory(topic, partition).glob("*.log"))

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise

    def __exit__(self, kind, error, _):
        self.kill()
        if kind and kind is not NotRun:
            lines = self.log().splitlines()[-SHOWN_LOG_LINES:]
            print(f"the server's log ends with ({self.data}):", *(f"    {line}" for line in lines), sep="\n", file=sys.stderr)
        self.log_path.unlink(missing_ok=True)
        if self._own:
            shutil.rmtree(self._own, ignore_errors=True)


def json_lines(output):
    """The objects of a command's `-o json` output: one a line, or one array."""
    text = output.decode()
    if text.lstrip().startswith("["):
        return json.loads(text)
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def kafka_tool(name, *words, stdin=b"", timeout=120, ok=True):
    """One of Apache Kafka's own tools; NotRun where Java, Maven or the script are missing."""
    need_kafka()
    return run([PEER_KAFKA, "tool", name, *words], stdin=stdin, timeout=timeout, ok=ok)


_kafka = []


def need_kafka():
    """Raises NotRun unless Kafka's tools can run here; tries to fetch them once."""
    if not _kafka:
        _kafka.append(_why_no_kafka())
    if _kafka[0]:
        raise NotRun(_kafka[0])


def _why_no_kafka():
    if not PEER_KAFKA.exists():
        return "no ../shared/peers/kafka beside this clone"
    for program in ("java", "mvn"):
        if not shutil.which(program):
            return f"{program} is not installed"
    try:
        run([PEER_KAFKA, "fetch"], timeout=600)
    except AssertionError as error:
        return f"Kafka's jars cannot be fetched: {error}"
    return ""


def librdkafka():
    """Debian's binding of librdkafka; NotRun where it is missing."""
    try:
        import confluent_kafka
        return confluent_kafka
    except ImportError:
        raise NotRun("python3-confluent-kafka is not installed") from None


def one_line(error):
    return " ".join((str(error) or type(error).__name__).split())[:600]


def attempt(name, test):
    """Runs one check and prints its line; returns False when it failed."""
    try:
        test()
        print(f"ok {name}", flush=True)
    except NotRun as why:
        print(f"not run {name}: {one_line(why)}", flush=True)
    except Exception as error:
        if not isinstance(error, AssertionError):
            traceback.print_exc()
        print(f"FAIL {name}: {one_line(error)}", flush=True)
        return False
    return True


def main(group, checks, at_once=1):
    """Runs (name, function) pairs, those whose name contains an argument of the command line if there is one; several at once where
    they mostly wait."""
    chosen = [(name, test) for name, test in checks if not sys.argv[1:] or any(word in name for word in sys.argv[1:])]

    def run_one(one):
        return attempt(f"{group}.{one[0]}", one[1])
    if at_once == 1:
        results = list(map(run_one, chosen))
    else:
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            results = list(pool.map(run_one, chosen))
    sys.exit(0 if all(results) else 1)
