"""Shows what `aioemul bench --json=RESULTS.json` has measured.

usage: bench_report.py RESULTS.json [--compare OLD.json] [--plots DIRECTORY]

Prints a table in Markdown for each workload: median, lowest and highest of the
runs, and how many times as fast this library is as `libc` and `io_uring`.  With
--compare it prints how RESULTS.json differs from OLD.json: "faster" and "slower"
mean that every run of the one beats every run of the other.  --plots draws rates,
costs and median latencies as DIRECTORY/*.svg, with gnuplot.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

FORMAT = "aioemul-bench/1"
OURS, RIVALS, NONE = "aioemul", ("libc", "io_uring"), "–"
AXES = {"depth": "Requests in flight", "queued": "Requests queued",
        "threads": "Threads that submit", "pipes": "Idle pipes"}
MEASURES = {"rate": "Operations per second", "cost": "Time of one operation",
            "median-latency": "Median latency"}


def read(path):
    with open(path, encoding="utf-8") as file:
        results = json.load(file)
    if results.get("format") == FORMAT:
        return results
    raise ValueError("%s is not of the format %s" % (path, FORMAT))


class Group:
    """What was measured of one workload with one size of block."""

    def __init__(self, results):
        first = results[0]
        size = first["block_bytes"]
        self.heading = first["what"] + (", %g KiB" % (size / 1024) if size else "")
        self.stem = "%s-%d" % (first["workload"], size)
        self.axis = AXES.get(first["axis"], first["axis"])
        self.logarithmic = first["axis"] in ("depth", "queued")
        # Of what is done to a queue one asks what a call costs.
        self.measure = "cost" if first["axis"] == "queued" else "rate"
        self.found = {(result["x"], result["peer"]): result for result in results}
        self.xs = sorted({x for x, _ in self.found})
        self.peers = list(dict.fromkeys(peer for _, peer in self.found))


def groups_of(results):
    groups = {}
    for result in results["results"]:
        key = (result["workload"], result["block_bytes"])
        groups.setdefault(key, []).append(result)
    return {key: Group(some) for key, some in groups.items()}


def spread_of(result, measure):
    """Median, lowest, highest: a second or nanoseconds; None if not measured."""
    rates = [result["rate"][key] for key in ("median", "lowest", "highest")]
    if measure == "rate":
        return rates
    if measure == "cost":
        return [1e9 / rates[i] for i in (0, 2, 1)] if rates[1] > 0 else None
    values = [run["latency_ns"]["p50"] for run in result["runs"] if run["latency_ns"]]
    return (statistics.median(values), min(values), max(values)) if values else None


def amount(value, measure="rate"):
    """Three digits and a unit."""
    units = ["", " k", " M", " G"] if measure == "rate" else [" ns", " µs", " ms", " s"]
    while value >= 999.5 and len(units) > 1:
        value, units = value / 1000, units[1:]
    places = sum(value < limit for limit in (99.95, 9.995, 0.9995))
    return "%.*f%s" % (places, value, units[0])


def table(rows):
    """Markdown; the names of peers and workloads have no | in them."""
    lines = ["| " + " | ".join(map(str, row)).replace("_", "\\_") + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---:|" * len(rows[0]), *lines[1:]])


def cell(group, x, peer):
    result = group.found.get((x, peer))
    spread = result and spread_of(result, group.measure)
    texts = tuple(amount(value, group.measure) for value in spread or ())
    return "%s (%s – %s)" % texts if texts else NONE


def ratio(group, x, rival):
    ours, theirs = group.found.get((x, OURS)), group.found.get((x, rival))
    base = ours and theirs and theirs["rate"]["median"]
    return amount(ours["rate"]["median"] / base) if base else NONE


def group_table(group):
    rows = [[group.axis, *group.peers, *("%s / %s" % (OURS, rival) for rival in RIVALS)]]
    for x in group.xs:
        cells = [cell(group, x, peer) for peer in group.peers]
        rows.append([x, *cells, *(ratio(group, x, rival) for rival in RIVALS)])
    return table(rows)


def markdown(results):
    parts = [", ".join("%s: %s" % fact for fact in results["machine"].items()),
             "    " + results["settings"]["command"]]
    for group in groups_of(results).values():
        said = MEASURES[group.measure] + ": median (lowest – highest) of the runs."
        parts += ["### " + group.heading, said, group_table(group)]
    parts += ["Not measured: `%(name)s`: %(missing)s" % peer
              for peer in results["peers"] if peer["missing"]]
    return "\n\n".join(parts)


def verdict(old, new):
    if not old or not new:
        return "in one only"
    if new["rate"]["lowest"] > old["rate"]["highest"]:
        return "faster"
    return "slower" if new["rate"]["highest"] < old["rate"]["lowest"] else "within the spread"


def comparison(before, now):
    rows = [("workload", "block", "x", "peer", "old", "new", "")]
    groups = groups_of(before), groups_of(now)
    for key in {**groups[1], **groups[0]}:
        old, new = (some[key].found if key in some else {} for some in groups)
        for case in {**new, **old}:
            both = old.get(case), new.get(case)
            rates = [amount(one["rate"]["median"]) if one else NONE for one in both]
            rows.append((*key, *case, *rates, verdict(*both)))
    return table(rows)


def quoted(text):
    """As a text of gnuplot's, which a control character would end."""
    return "'%s'" % "".join(c if c.isprintable() else " " for c in text).replace("'", "''")


def plot_script(group, measure, line_types):
    """A line with its spread for each peer; empty when there is nothing."""
    unit, suffix = (1, "") if measure == "rate" else (1e-9, "s")
    data, plots = [], []
    for peer in group.peers:
        spreads = {x: spread_of(group.found[x, peer], measure)
                   for x in group.xs if (x, peer) in group.found}
        points = ["%g %g %g %g" % (x, *(value * unit for value in spread))
                  for x, spread in spreads.items() if spread]
        if points:
            plots.append("$data%d using 1:2:3:4 with yerrorlines title %s linetype %d"
                         % (len(data), quoted(peer), line_types[peer]))
            data.append("$data%d << END\n%s\nEND" % (len(data), "\n".join(points)))
    return plots and "\n".join([
        "set encoding utf8; set key below; set grid; set offsets graph 0.03, graph 0.03",
        "set terminal svg size 520,400 noenhanced background rgb 'white'",
        "set title " + quoted(group.heading), "set xlabel " + quoted(group.axis),
        "set ylabel " + quoted(MEASURES[measure]), "set format y '%.0s %c" + suffix + "'",
        "set logscale x 2; set logscale y" if group.logarithmic else "",
        *data, "plot " + ", ".join(plots)]) + "\n"


def draw(results, directory):
    os.makedirs(directory, exist_ok=True)
    # A peer looks alike in all plots.
    peers = dict.fromkeys(result["peer"] for result in results["results"])
    line_types = {peer: number for number, peer in enumerate(peers, 1)}
    for group in groups_of(results).values():
        for measure in (group.measure, "median-latency"):
            script = plot_script(group, measure, line_types)
            if script and len(group.xs) > 1:  # A single point is told by the table.
                path = "%s/%s-%s.svg" % (directory, group.stem, measure)
                with open(path, "wb") as file:
                    subprocess.run(["gnuplot"], input=script, text=True, check=True, stdout=file)


def main(arguments):
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in ("results", "--compare", "--plots"):
        parser.add_argument(name)
    options = parser.parse_args(arguments)
    try:
        results = read(options.results)
        if options.plots:
            draw(results, options.plots)
        elif options.compare:
            print(comparison(read(options.compare), results))
        else:
            print(markdown(results))
        return 0
    except (OSError, ValueError, LookupError, subprocess.CalledProcessError) as error:
        print("bench_report: %s" % error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
