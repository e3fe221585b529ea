"""What is measured of the machine itself: warm memory, the load of others, and what its disk and its loopback take."""
import json
import mmap
import os
import pathlib
import platform
import statistics
import subprocess
import tempfile
import time

FLOOR = pathlib.Path(__file__).resolve().parent.parent / "build/release/cambium-floor"
LEFT_BYTES = 1_500_000_000  # what hold_memory() does not take: for the kernel, and for who else runs here
HELD_EVERY_BYTES = 256 << 10
POPULATE_BYTES = 64 << 20
MADV_POPULATE_WRITE = 23  # Linux 5.14; mmap has no name for it
PIECE_BYTES = 8 << 20
SYNCS = 200
LOOPBACK_BYTES = 4_000_000_000
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def available_bytes():
    for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable"):
            return int(line.split()[1]) * 1024
    return 0


def hold_memory():
    """Takes the memory that is free and gives it back but for a page of every 256 KiB, which stays taken while what this returns
    lives; None where there is too little. So memory is as on a machine that has run for long: all of it was used before, and what
    is free lies in small pieces. The host of a virtual machine seems to take free pieces of 2 MiB back every two seconds (free page
    reporting): its processors were seen to stand still for 20 ms then, and the first touch of a page that was taken costs many
    times what is done with it."""
    size = max(0, available_bytes() - LEFT_BYTES) // POPULATE_BYTES * POPULATE_BYTES
    if not size:
        return None
    page = os.sysconf("SC_PAGE_SIZE")
    held = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    held.madvise(mmap.MADV_NOHUGEPAGE)
    for at in range(0, size, POPULATE_BYTES):
        held.madvise(MADV_POPULATE_WRITE, at, POPULATE_BYTES)
    for at in range(0, size, HELD_EVERY_BYTES):
        held.madvise(mmap.MADV_DONTNEED, at + page, HELD_EVERY_BYTES - page)
    return held


def _stat_fields(pid):
    """Of /proc/PID/stat, from the state on: 1 is the parent, 11 and 12 are the ticks of processor time."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def cpu_seconds(pid):
    """Of a process and its threads."""
    fields = _stat_fields(pid)
    return (int(fields[11]) + int(fields[12])) * TICK_S


def kernel_seconds():
    """Of the kernel's own threads, which write back what everybody wrote: nobody's load."""
    ticks = 0
    for entry in os.listdir("/proc"):
        try:
            fields = _stat_fields(entry) if entry.isdigit() else None
        except OSError:
            continue
        if fields and fields[1] == "2":
            ticks += int(fields[11]) + int(fields[12])
    return ticks * TICK_S


def busy_seconds():
    """Of all processors since the machine started, without what waits and without what the kernel does for disks."""
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _, _, _, _, steal = fields
    return (user + nice + system + steal) * TICK_S


class Load:
    """How many cores others used between its making and others(): not this process, what it started and waited for, the
    servers `pids`, or the kernel."""

    def __init__(self, pids=()):
        self.pids, self.began, self.before = pids, time.monotonic(), self._used(pids)

    @staticmethod
    def _used(pids):
        return busy_seconds() - kernel_seconds() - sum(os.times()[:4]) - sum(map(cpu_seconds, pids))

    def others(self):
        return max(0.0, (self._used(self.pids) - self.before) / max(time.monotonic() - self.began, TICK_S))


def sync_us(size=4096):
    """The median time of a write to the end of a file, where servers keep theirs, and its fdatasync."""
    with tempfile.TemporaryFile(buffering=0) as file:
        times = []
        for _ in range(SYNCS):
            began = time.perf_counter()
            file.write(b"s" * size)
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - began) * 1e6)
        return statistics.median(times)


def transfer(mode, *words):
    """What cambium-floor says of one of the modes that serve nobody."""
    done = subprocess.run([FLOOR, mode, *map(str, words)], capture_output=True, check=True, timeout=600)
    return json.loads(done.stdout)


def facts():
    """What the figures depend on, without saying whose machine it is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    model = [line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {"cores": os.cpu_count(), "processor": model[0] if model else platform.machine(), "memory_gb": memory / 1e9,
            "kernel": platform.release().split("-")[0], "loopback_gb_per_second": transfer("send", f"bytes={LOOPBACK_BYTES}")["mb_per_second"] / 1e3,
            "echo_us": transfer("echo")["p50_us"], "sync_us": sync_us()}


def forget(paths):
    """Makes the page cache forget files, once they are on the disk."""
    for path in paths:
        with open(path, "rb") as file:
            os.fdatasync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def remember(paths):
    """Brings files into the page cache, and makes it take them for files that are in use: what was read once goes first."""
    piece = bytearray(PIECE_BYTES)
    for _ in range(2):
        for path in paths:
            with open(path, "rb", buffering=0) as file:
                while file.readinto(piece):
                    pass


def read_bytes(pid):
    """What a process made the disk read."""
    for line in pathlib.Path(f"/proc/{pid}/io").read_text().splitlines():
        if line.startswith("read_bytes"):
            return int(line.split()[1])
    return 0
