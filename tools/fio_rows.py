"""Measures this library beside others with fio, as docs/performance.md shows it.

usage: fio_rows.py --library LIBRARY --file FILE [--size BYTES] [--runs N]
                   [--seconds N] [--rows SUBSTRING]

LIBRARY is libaioemul.so; FILE is made, of BYTES bytes (256 MiB), and left.  Each
row is one job on one descriptor in blocks of 4 KiB.  The engines take turns
within each run.  Prints a table in Markdown: medians of operations a second, the
lowest and highest of this library's, and its ratios.  An engine that fails has a
dash.  The exit status is 1 when fio is missing or this library fails.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

# What it is called, fio's --rw, O_DIRECT, depth.
ROWS = (
    ("random read, O_DIRECT, depth 32", "randread", 1, 32),
    ("random write, O_DIRECT, depth 32", "randwrite", 1, 32),
    ("sequential read, O_DIRECT, depth 32", "read", 1, 32),
    ("sequential write, O_DIRECT, depth 32", "write", 1, 32),
    ("random read, cached, depth 1", "randread", 0, 1),
    ("random read, cached, depth 32", "randread", 0, 32),
    ("random write, buffered, depth 32", "randwrite", 0, 32),
    ("sequential write, buffered, depth 32", "write", 0, 32),
    ("random write, buffered, depth 1", "randwrite", 0, 1),
)
OURS = "aioemul"
# Column, fio's engine, whether the library is preloaded.
ENGINES = (
    ("psync", "psync", False),
    ("libc", "posixaio", False),
    ("libaio", "libaio", False),
    ("io_uring", "io_uring", False),
    (OURS, "posixaio", True),
)


def fio_command(row, engine, options):
    _, pattern, direct, depth = row
    return [
        "fio", "--name=row", "--output-format=json", "--bs=4k",
        "--filename=" + options.file, "--size=%d" % options.size,
        "--rw=" + pattern, "--direct=%d" % direct, "--iodepth=%d" % depth,
        "--ioengine=" + engine, "--time_based", "--runtime=%d" % options.seconds,
        # The cache stays as the runs before have left it, the same for all.
        "--invalidate=0", "--norandommap",
    ]


def operations_per_second(output):
    """Of fio's JSON, before which it may print notes; None if it has none."""
    try:
        job = json.loads(output[output.index("{"):])["jobs"][0]
    except (ValueError, LookupError):
        return None
    rate = job["read"]["iops"] + job["write"]["iops"]
    return rate if rate > 0 else None


def measure(row, column, options):
    _, engine, preloaded = column
    environment = dict(os.environ)
    if preloaded:
        environment["LD_PRELOAD"] = os.path.abspath(options.library)
    done = subprocess.run(
        fio_command(row, engine, options), env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return operations_per_second(done.stdout) if done.returncode == 0 else None


def measure_row(row, options):
    """Returns the rates of each column; an empty list for one that failed."""
    rates = {name: [] for name, _, _ in ENGINES}
    for run in range(options.runs):
        for column in ENGINES:
            progress("%s, run %d of %d, %s" % (row[0], run + 1, options.runs, column[0]))
            rate = measure(row, column, options)
            if rate is not None:
                rates[column[0]].append(rate)
    progress("")
    return rates


def progress(text):
    if sys.stderr.isatty():
        print("\r\033[K" + text, end="", file=sys.stderr, flush=True)


def median(rates):
    return statistics.median(rates) if rates else None


def number(value):
    return "-" if value is None else "{:,.0f}".format(value)


def ratio(ours, theirs):
    return "-" if not ours or not theirs else "%.2f" % (ours / theirs)


def table_row(name, rates):
    medians = {column: median(rates[column]) for column, _, _ in ENGINES}
    ours = medians[OURS]
    spread = "-"
    if rates[OURS]:
        spread = "%s to %s" % (number(min(rates[OURS])), number(max(rates[OURS])))
    cells = [name] + [number(medians[column]) for column, _, _ in ENGINES]
    cells += [spread, ratio(ours, medians["libc"]), ratio(ours, medians["io_uring"])]
    return "| " + " | ".join(cells) + " |"


def table_head():
    names = ["work"] + [name for name, _, _ in ENGINES]
    names += ["its spread", "/ libc", "/ io_uring"]
    return "| " + " | ".join(names) + " |\n" + "|---" * len(names) + "|"


def make_file(path, size):
    with open(path, "wb") as file:
        left = size
        while left > 0:
            left -= file.write(os.urandom(min(left, 1 << 20)))
        file.flush()
        os.fsync(file.fileno())


def parse(arguments):
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--library", required=True)
    parser.add_argument("--file", required=True)
    parser.add_argument("--size", type=int, default=256 << 20)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--rows", default="")
    return parser.parse_args(arguments)


def main(arguments):
    options = parse(arguments)
    make_file(options.file, options.size)
    print(table_head(), flush=True)
    failed = False
    for row in ROWS:
        if options.rows not in row[0]:
            continue
        try:
            rates = measure_row(row, options)
        except FileNotFoundError:
            print("fio_rows: fio is not installed", file=sys.stderr)
            return 1
        failed |= len(rates[OURS]) < options.runs
        print(table_row(row[0], rates), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
