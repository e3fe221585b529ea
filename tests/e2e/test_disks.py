"""Several data directories under a real process: wrong ones, lost ones, and how an operator gets on (faults.md 10-13)."""
import contextlib
import shutil

import harness
import kcat

REFUSAL_DEADLINE_S = 20


class Disks(harness.Server):
    """A server with the data directories a and b under one temporary directory; topic t has a partition in each."""

    def __init__(self, root, names=("a", "b"), settings=None):
        self.directories = [root / name for name in names]
        super().__init__(settings, data=",".join(map(str, self.directories)))

    def fill(self):
        self.create_topic("t", 2)
        for partition in (0, 1):
            self.send(partition, b"one", b"two")

    def send(self, partition, *lines, ok=True):
        return harness.run(kcat.command(self, "-P", "-t", "t", "-p", partition, "-X", "message.timeout.ms=4000"),
                           stdin=b"".join(line + b"\n" for line in lines), ok=ok)

    def read(self, partition):
        done = harness.run(kcat.command(self, "-C", "-t", "t", "-p", partition, "-o", "beginning", "-e", "-q"), timeout=20)
        return done.stdout.split()

    def refused(self):
        """Starts, must not come up, returns what it says."""
        before = len(self.log())
        self.start(wait=False)
        code = self.process.wait(timeout=REFUSAL_DEADLINE_S)
        harness.demand(code > 0, "exit code", code)
        return self.log()[before:]


@contextlib.contextmanager
def two_disks():
    with harness.temporary_directory() as root, Disks(root) as server:
        server.fill()
        yield root, server


def partitions_are_spread_over_the_directories():
    with two_disks() as (root, server):
        harness.demand((root / "a/t-0").is_dir() and (root / "b/t-1").is_dir(), sorted(root.glob("*/t-*")))
        server.kill()
        server.start()
        harness.equal(server.read(1), [b"one", b"two"], "partition 1")


def a_missing_directory_is_offline_and_comes_back():
    with two_disks() as (root, server):
        harness.equal(server.stop(), 0, "exit code")
        (root / "b").rename(root / "unplugged")
        server.start()
        harness.equal(server.read(0), [b"one", b"two"], "partition 0")
        harness.demand(server.send(1, b"lost", ok=False).returncode, "a record for a missing disk was acknowledged")
        status, body = server.get("/healthz")
        harness.equal(status, 200, "status of /healthz")
        harness.demand('"partitions_offline":1' in body and "does not exist" in body, body)
        harness.demand("OFFLINE data directory" in server.log(), server.log())
        harness.demand(not (root / "b").exists(), "it was made anew")
        server.kill()
        (root / "unplugged").rename(root / "b")
        server.start()
        harness.equal(server.read(1), [b"one", b"two"], "partition 1")


def an_emptied_directory_is_refused_until_it_is_given_up():
    with two_disks() as (root, server):
        server.kill()
        for inside in (root / "b").iterdir():
            shutil.rmtree(inside) if inside.is_dir() else inside.unlink()
        said = server.refused()
        harness.demand("format --replace" in said and str(root / "b") in said, said)
        harness.run([harness.PROGRAM, "format", "--replace", "--data", root / "b"])
        server.start()
        harness.equal(server.read(0), [b"one", b"two"], "partition 0")
        harness.demand(server.send(1, b"lost", ok=False).returncode, "a lost partition takes records")
        server.cli("topic", "delete", "t")
        server.create_topic("t", 2)
        server.send(1, b"anew")
        harness.equal(server.read(1), [b"anew"], "the new partition 1")


def an_emptied_only_directory_is_refused():
    with harness.temporary_directory() as root, Disks(root, ["a"]) as server:
        server.fill()
        server.kill()
        harness.run(["sh", "-c", 'rm -rf "$0"/*', root / "a"])
        said = server.refused()
        harness.demand("its files are gone" in said and "format --replace" in said, said)
        harness.run([harness.PROGRAM, "format", "--replace", "--data", root / "a"])
        server.start()


def a_directory_of_another_cluster_or_node_or_place_is_refused():
    with two_disks() as (root, server), harness.temporary_directory() as other_root:
        with Disks(other_root) as other:
            other.fill()
            other.kill()
        server.kill()
        theirs = other_root / "b"
        ours = server.data
        for directories, expected in [
                (f"{root}/a,{theirs}", "belongs to node 1 of cluster"),
                (f"{root}/b,{root}/a", "comes first in log.dirs"),
                (f"{root}/a,{root}/a", "log.dirs' values must not be duplicated")]:
            server.data = directories
            said = server.refused()
            harness.demand(expected in said, directories, said)
        shutil.copytree(root / "b", root / "c")
        server.data = f"{root}/a,{root}/b,{root}/c"
        harness.demand("copy" in server.refused(), server.log()[-400:])
        server.data, server.settings = ours, {"node.id": "2"}
        harness.demand("belongs to node 1, not to node.id 2" in server.refused(), server.log()[-400:])
        server.settings = {}
        server.start()
        harness.equal(server.read(1), [b"one", b"two"], "partition 1")


def a_second_process_on_one_of_the_directories_is_refused():
    with two_disks() as (root, server), harness.temporary_directory() as other_root:
        second = Disks(other_root)
        second.data = server.data
        said = second.refused()
        harness.demand("another process" in said and str(root / "a") in said, said)
        harness.equal(server.read(0), [b"one", b"two"], "partition 0")


def damaged_files_of_one_partition_leave_the_others_served():
    with harness.temporary_directory() as root, Disks(root, ["a"], {"internal.segment.bytes": "2000"}) as server:
        server.create_topic("t", 3)
        value = b"x" * 500
        for partition in range(3):
            for _ in range(12):
                server.send(partition, value)
        harness.equal(server.stop(), 0, "exit code")
        missing = sorted((root / "a/t-1").glob("*.log"))
        harness.demand(len(missing) > 2, "segments", missing)
        missing[1].unlink()
        (root / "a/t-2/notes.txt").write_text("somebody's")
        (root / "a/holiday.jpg").write_bytes(b"\xff\xd8")
        (root / "a/my-folder").mkdir()
        before = sorted(path.name for path in (root / "a/t-1").iterdir())
        server.start()
        harness.equal(len(server.read(0)), 12, "records of partition 0")
        harness.equal(len(server.read(2)), 12, "records of partition 2")
        harness.demand('"partitions_offline":1' in server.get("/healthz")[1], server.get("/healthz")[1])
        harness.demand("OFFLINE t-1" in server.log() and "the next segment begins at" in server.log(), server.log())
        harness.equal(sorted(path.name for path in (root / "a/t-1").iterdir()), before, "files of the refused partition")
        harness.demand((root / "a/t-2/notes.txt").exists() and (root / "a/holiday.jpg").exists(), "a foreign file was removed")
        harness.demand((root / "a/my-folder").exists(), "a foreign directory was removed")


harness.main("disks", [(check.__name__, check) for check in (
    partitions_are_spread_over_the_directories,
    a_missing_directory_is_offline_and_comes_back,
    an_emptied_directory_is_refused_until_it_is_given_up,
    an_emptied_only_directory_is_refused,
    a_directory_of_another_cluster_or_node_or_place_is_refused,
    a_second_process_on_one_of_the_directories_is_refused,
    damaged_files_of_one_partition_leave_the_others_served,
)])
