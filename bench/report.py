"""docs/PERFORMANCE.md, its figures (docs/performance/latest.json) and its plots, from what was measured."""
import json
import pathlib
import statistics
import tomllib

import plot
import targets

HERE = pathlib.Path(__file__).resolve().parent
REASONS = HERE / "reasons.toml"
DOCUMENT, FIGURES, PLOTS = "PERFORMANCE.md", "performance/latest.json", "performance"

# What the table of each kind shows: (head, name of the figure, what it is divided by, digits).
COLUMNS = {
    "throughput": (("records/s, M", "per_second", 1e6, 3), ("MB/s", "mb_per_second", 1, 0), ("server CPU s/GB", "cpu_s_per_gb", 1, 2)),
    "cold": (("MB/s", "mb_per_second", 1, 0), ("server CPU s/GB", "cpu_s_per_gb", 1, 2), ("read from disk", "from_disk", 1, 2)),
    "latency": (("p50 ms", "p50_us", 1e3, 2), ("p90 ms", "p90_us", 1e3, 2), ("p99 ms", "p99_us", 1e3, 2), ("p99.9 ms", "p999_us", 1e3, 2),
                ("server CPU s", "server_cpu_s", 1, 2)),
    "partitions": (("records/s, M", "per_second", 1e6, 3), ("MB/s", "mb_per_second", 1, 0), ("server CPU s/GB", "cpu_s_per_gb", 1, 2),
                   ("descriptors", "descriptors", 1, 0)),
    "connections": (("records/s, M", "per_second", 1e6, 3), ("server CPU s/GB", "cpu_s_per_gb", 1, 2),
                    ("honest p50 ms", "honest_p50_us", 1e3, 2), ("honest p99 ms", "honest_p99_us", 1e3, 2),
                    ("least / most served", "fairness", 1, 2)),
    "growth": (("first, us CPU a record", "first_us", 1, 3), ("last", "last_us", 1, 3), ("first, M records/s", "first_per_second", 1e6, 2),
               ("last", "last_per_second", 1e6, 2)),
    "idle": (("start ms", "start_ms", 1, 1), ("1,000 partitions", "start_1000_ms", 1, 0), ("10,000", "start_10000_ms", 1, 0),
             ("resident MB", "resident_mb", 1, 1), ("KiB a connection", "connection_kib", 1, 1),
             ("KiB a partition of 1,000", "partition_1000_kib", 1, 1), ("of 10,000", "partition_10000_kib", 1, 1)),
    "recovery": (("behind the recorded end, MB", "behind_mb", 1, 0), ("raw scan s", "scan_s", 1, 3), ("start s", "start_s", 1, 3),
                 ("after a clean stop s", "clean_s", 1, 3), ("recovery s", "recovery_s", 1, 3),
                 ("checked MB", "checked_mb", 1, 0), ("server CPU s", "server_cpu_s", 1, 2)),
}
FOREIGN_SHOWN = 0.15  # cores

METHOD = """\
All servers of a stage run the whole time on one machine with the client. In each round every measurement is made once with
each of them, in shuffled order; the first round warms up and is not counted. A figure is the median of its rounds with the
least and the most. Before each run all that was written is brought to the disk. Before the first one all free memory is taken,
and given back but for a page of every 256 KiB, as on a machine that has run for long: the host of a virtual machine seems to take
free pieces of 2 MiB back every two seconds, its processors were seen to stand still for 20 ms then, and the first touch of a page
that was taken costs many times what is done with it. A run during which others used more than 0.15 of a core is made again, up to
three times; where none was quiet the last one counts and the table says so. The processor time is the server's own, user and system.

**The figures of this version have a fault:** a process left over from an experiment held a page of every 256 KiB too, all the time.
It was so for all servers, but free memory was in smaller pieces than it should have been, which costs those most who ask for huge
pages: only cambium does. No row is settled, whether it holds or not, until all is measured again without it.

* **nothing**: a broker that answers without looking at what it gets: the limit of the client. **floor**: receives, checks the
  CRC-32C, writes to files that grow, roll and are retained, and does nothing else; **floor sync** also syncs before it answers,
  all that came together at once. Both are in `bench/floor`.
* **cambium os** answers when a kill cannot take it any more (`flush.policy=os`), **cambium ack** when it is synced, as it does by default.
  **Kafka** is Apache Kafka as it comes (heap 1 GB), **Kafka sync** with `flush.messages=1`.
* One librdkafka program (`bench/drive`) drives all of them with the same settings: acks=all, linger 5 ms, batches up to 1 MB.
  Latency is that of a fixed schedule: a record carries when it was due, so a server that falls behind is charged for what
  waited; linger is 0, and the first fifth is dropped. A thousand producers are a thousand connections of one program with five
  requests of sixteen records in flight on each; the honest client beside them, which asks for less than its share, sends 200
  records/s of 1 KiB on the fixed schedule. With ten thousand partitions the client waits 200 ms and holds two million
  records: after 5 ms it has one record for each of them, and is slower than any server. It holds half a million otherwise, but
  with its *own queue*, as librdkafka comes, a hundred thousand: a sync of each of a thousand partitions is for a hundred records
  then, with the longer queue for five hundred, whose bandwidth is most of what it takes.
* Hot means that all of the log is in the page cache: its files are read twice before each run, because a machine may forget what
  nobody has read for a minute. Cold means that the page cache forgot the files (synced, then `POSIX_FADV_DONTNEED`); *read from disk*
  is the share of the bytes that the server's reads brought from there. Recovery is how much longer a start after `kill -9` under full
  load takes than one after a clean stop, to the first connection, against reading and checking what lies behind the recorded
  durable end; what the kill left unwritten is written first for both.
* The fdatasync that a latency is held against is that of a write of 4 KiB to the end of a file: the median of 200 before each
  run of the round, over the whole round.
"""


def load(directory):
    path = directory / FIGURES
    return json.loads(path.read_text()) if path.exists() else {"machine": {}, "measures": {}}


def merged(before, now):
    """A measurement that was made again replaces the whole of the older one: its servers are compared within their rounds."""
    return {"machine": now["machine"] or before["machine"], "measures": {**before["measures"], **now["measures"]}}


def spread(values, divide, digits):
    shown = [f"{value / divide:,.{digits}f}" for value in (statistics.median(values), min(values), max(values))]
    return shown[0] if len(values) == 1 else f"{shown[0]} ({shown[1]} to {shown[2]})"


def cells(rounds, columns):
    for _, name, divide, digits in columns:
        values = [one[name] for one in rounds if one.get(name) is not None]
        yield spread(values, divide, digits) if values else "-"


def disturbed(rounds):
    """How many of them others disturbed although they were made again."""
    return sum(one.get("others", 0) > FOREIGN_SHOWN for one in rounds)


def table(measure):
    """The lines of a Markdown table: a server each."""
    columns = COLUMNS[measure["kind"]]
    yield "| | " + " | ".join(head for head, *_ in columns) + " |"
    yield "| --- |" + " --- |" * len(columns)
    for label, rounds in measure["runs"].items():
        mark = f" ({disturbed(rounds)} of {len(rounds)} disturbed)" if disturbed(rounds) else ""
        yield f"| {label}{mark} | " + " | ".join(cells(rounds, columns)) + " |"


def tables(measures):
    for name, measure in measures.items():
        yield f"{name}, {measure['rounds']} rounds"
        yield from table(measure)
        yield ""


def points(figures, measure, label, what, divide=1.0):
    """(median, lowest, highest) of a figure."""
    values = [value / divide for value in figures.values(measure, label, what)]
    return (statistics.median(values), min(values), max(values)) if values else None


def size_plot(figures):
    series = {}
    for label in ("nothing", "floor", "cambium os", "Kafka"):
        found = {100: points(figures, "produce-100-os", label, "mb_per_second"), 1024: points(figures, "produce-1k-os", label, "mb_per_second")}
        for run in figures.measures.get("sizes", {}).get("runs", {}):
            name, _, size = run.rpartition(" ")
            if name == label:
                found[int(size)] = points(figures, "sizes", run, "mb_per_second")
        series[label] = [(size, *seen) for size, seen in found.items() if seen]
    return plot.lines("Produced, one partition, flush.policy=os", "bytes of a record", "MB/s", series)


def latency_plot(figures, measure, title):
    ticks = [(0, "p50"), (1, "p90"), (2, "p99"), (3, "p99.9")]
    series = {}
    for label in figures.measures.get(measure, {}).get("runs", {}):
        seen = [points(figures, measure, label, what, 1e3) for what in ("p50_us", "p90_us", "p99_us", "p999_us")]
        series[label] = [(at, *each) for at, each in enumerate(seen) if each]
    return plot.lines(title, "share of the records", "ms from when it was due", series, log_x=False, log_y=True, x_ticks=ticks)


def cost_plot(figures, measure, title, x_label, what, y_label, leave_out=()):
    series = {}
    for run in figures.measures.get(measure, {}).get("runs", {}):
        name, _, many = run.rpartition(" ")
        seen = points(figures, measure, run, what)
        if seen and name not in leave_out:
            series.setdefault(name, []).append((int(many), *seen))
    return plot.lines(title, x_label, y_label, series)


def growth_plot(figures):
    grown = {}
    for one in figures.rounds("growth", "cambium os"):
        for point in one["points"]:
            grown.setdefault(point["records"], []).append(point["us"])
    series = [(at, statistics.median(seen), min(seen), max(seen)) for at, seen in grown.items()]
    return plot.lines("What a record costs as its partition grows", "records in the partition", "us of processor time", {"cambium os": series})


def plots(figures):
    """{row: {file name: (what it shows, its SVG)}}; plots of what was not measured are left out."""
    cost = "server CPU seconds per GB"
    made = {
        "produce-1k-os": {"sizes.svg": ("throughput against the size of records", size_plot(figures))},
        "latency": {f"{name}.svg": (f"latency at {rate} records/s", latency_plot(figures, name, f"End to end at {rate} records/s, 1 KiB"))
                    for name, rate in (("latency-1k", "1,000"), ("latency-20k", "20,000"))},
        "partitions": {"partitions.svg": ("cost against partitions", cost_plot(
            figures, "partitions", "Cost of producing 1 KiB records round robin", "partitions", "cpu_s_per_gb", cost))},
        "connections": {"connections.svg": ("cost against connections", cost_plot(
            figures, "connections", "Cost of producers with 5 requests of 16 KiB in flight", "connections", "cpu_s_per_gb", cost))},
        "growth": {"growth.svg": ("cost against growth", growth_plot(figures))},
    }
    return {row: {name: one for name, one in files.items() if one[1]} for row, files in made.items()}


def reasons():
    return {row: said["why"] for row, said in tomllib.loads(REASONS.read_text()).items()}


def machine_lines(facts):
    if not facts:
        return
    yield (f"{facts['cores']} cores ({facts['processor']}), {facts['memory_gb']:.0f} GB of memory, Linux {facts['kernel']}. A write of 4 KiB to the "
           f"end of a file with its fdatasync takes {facts['sync_us']:.0f} us (p50); loopback moves {facts['loopback_gb_per_second']:.1f} GB/s from "
           f"memory; a byte there and back takes {facts['echo_us']:.0f} us.")
    yield ""


def row_lines(row, figures, made, why):
    yield f"## {row.title}: {row.verdict(figures)}"
    yield ""
    for target in row.targets:
        yield f"* {target.verdict(figures)}: {target.told(figures)}"
    yield ""
    for name in row.measures:
        measure = figures.measures.get(name)
        if not measure:
            yield f"`{name}`: not measured."
            yield ""
            continue
        syncs = [one["sync_us"] for rounds in measure["runs"].values() for one in rounds if one.get("sync_us")]
        beside = f"; fdatasync p50 {spread(syncs, 1, 0)} us" if syncs else ""
        yield f"`./dev bench {name} --rounds {measure['rounds']}`{beside}"
        yield ""
        yield from table(measure)
        yield ""
    for name, (what, _) in made.items():
        yield f"![{what}]({PLOTS}/{name})"
        yield ""
    if row.verdict(figures) == targets.MISSED:
        yield "**Why, and what would reach it.** " + why.get(row.key, "Not yet explained (`bench/reasons.toml`).").strip()
        yield ""


def document(results, why):
    """(the text of PERFORMANCE.md, {file name: SVG})."""
    figures = targets.Figures(results["measures"])
    made = plots(figures)
    held, there = targets.count(figures)
    lines = ["# Performance", "", "Written by `./dev bench`; what is said of missed rows is in `bench/reasons.toml`.", "",
             f"**{held} of {there} rows hold.**", "", "| row | verdict |", "| --- | --- |"]
    lines += [f"| {row.title} | {row.verdict(figures)} |" for row in targets.ROWS]
    behind = [target.text for row in targets.ROWS for target in row.targets if target.behind_kafka(figures)]
    lines += ["", "Slower than Kafka: " + ("; ".join(behind) if behind else "nothing that was measured") + ".", ""]
    lines += ["## The machine", "", *machine_lines(results["machine"]), "## How it is measured", "", METHOD]
    for row in targets.ROWS:
        lines += row_lines(row, figures, made.get(row.key, {}), why)
    return "\n".join(lines).rstrip() + "\n", {name: svg for files in made.values() for name, (_, svg) in files.items()}


def write(directory, results):
    text, drawn = document(results, reasons())
    (directory / PLOTS).mkdir(parents=True, exist_ok=True)
    (directory / FIGURES).write_text(json.dumps(results, indent=1) + "\n")
    (directory / DOCUMENT).write_text(text)
    for name, svg in drawn.items():
        (directory / PLOTS / name).write_text(svg)
    print(f"written: {directory / DOCUMENT}")
