"""Kafka's dump tool and ours say the same of one directory, line by line: batches, records, index entries, producers."""
import shutil

import e2e  # noqa: F401 (finds what stands there)
import fill
import harness

KINDS = ("*.log", "*.index", "*.timeindex")


def files_of(directory):
    """In the order in which ours dumps a directory."""
    segments = [path for log in sorted(directory.glob("*.log")) for path in (log, log.with_suffix(".index"),
                log.with_suffix(".timeindex")) if path.exists()]
    return segments + sorted(directory.glob("*.snapshot"))


def of_kafka(files):
    words = ["--print-data-log", "--files", ",".join(str(path) for path in files)]
    return harness.kafka_tool("dump-log", *words).stdout.decode(errors="replace").splitlines()


def of_ours(directory):
    told = harness.run([harness.PROGRAM, "log", "dump", directory, "--print-data-log"]).stdout
    return told.decode(errors="replace").splitlines()


def without_epochs(lines):
    """Kafka's tool has nothing for the checkpoint of leader epochs."""
    at = next((i for i, line in enumerate(lines) if line.endswith("leader-epoch-checkpoint")), len(lines))
    return lines[:at]


def agree(directory):
    """Returns how often each kind of line was compared."""
    theirs, ours = of_kafka(files_of(directory)), without_epochs(of_ours(directory))
    # Before an index that is empty Kafka's tool prints nothing else; a snapshot without producers prints nothing at all.
    harness.equal(len(ours), len(theirs), f"lines about {directory.name}")
    for number, (seen, expected) in enumerate(zip(ours, theirs)):
        harness.equal(seen.rstrip(), expected.rstrip(), f"line {number} of {directory.name}")
    starts = ("baseOffset:", "| offset:", "offset:", "timestamp:", "producerId:")
    return {start: sum(line.startswith(start) for line in ours) for start in starts}


def our_directory():
    harness.need_kafka()
    with harness.Server(fill.SETTINGS) as server:
        fill.create_topics(server)
        fill.fill(server, 1)
        server.stop()
        server.start()
        fill.fill(server, 2)
        server.stop()
        harness.run([harness.PROGRAM, "log", "verify", server.data])
        seen = {topic: agree(server.partition_directory(topic)) for topic in fill.TOPICS}
        harness.demand(len(server.segments("codecs")) > 2, "the log rolled")
    for kind in ("baseOffset:", "| offset:", "offset:", "timestamp:", "producerId:"):
        harness.demand(seen["codecs"][kind] > 0, f"no line '{kind}' was compared", seen)
    harness.demand(seen["appendtime"]["baseOffset:"] > 4, seen)


def directory_of_kafka(partition):
    def check():
        harness.need_kafka()
        theirs = harness.SHARED / "data/kafka-4.3-logdir" / partition
        if not theirs.exists():
            raise harness.NotRun("no ../shared/data/kafka-4.3-logdir beside this clone")
        with harness.temporary_directory() as copy:
            shutil.copytree(theirs, copy / partition)
            agree(copy / partition)
    return check


harness.main("dump", [
    ("our_directory", our_directory),
    ("directory_of_kafka_codecs", directory_of_kafka("codecs-0")),
    ("directory_of_kafka_txn", directory_of_kafka("txn-0")),
])
