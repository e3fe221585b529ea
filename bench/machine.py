"""What is measured of the machine itself: warm memory, the load of others, and what its disk takes to sync."""
import mmap
import os
import pathlib
import statistics
import tempfile
import time

PAGE = 4096
WARM_SHARE = 0.6  # of what is available
SYNCS = 200


def available_bytes():
    for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable"):
            return int(line.split()[1]) * 1024
    return 0


def warm_memory():
    """Touches memory that this machine may never have touched: its first touch costs milliseconds for each MiB."""
    size = int(available_bytes() * WARM_SHARE) // PAGE * PAGE
    with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE):
        return size


def cpu_seconds(pid):
    """Of a process and its threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busy_seconds():
    """Of all processors since the machine started, without what waits and without what the kernel does for disks."""
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _, _, _, _, steal = fields
    return (user + nice + system + steal) / os.sysconf("SC_CLK_TCK")


class Load:
    """How many cores others used between its making and others()."""

    def __init__(self):
        self.began, self.busy = time.monotonic(), busy_seconds()

    def others(self, own_seconds):
        elapsed = time.monotonic() - self.began
        return max(0.0, (busy_seconds() - self.busy - own_seconds) / elapsed)


def sync_us(directory, size=4096):
    """The median time of a write to the end of a file and its fdatasync."""
    with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
        times = []
        for _ in range(SYNCS):
            began = time.perf_counter()
            file.write(b"s" * size)
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - began) * 1e6)
        return statistics.median(times)
