"""Tests bench_report.py, with a stand-in for gnuplot."""

import contextlib
import io
import json
import os
import pathlib
import tempfile
import unittest

import bench_report


def result(workload, axis, x, peer, rates, latency=2500):
    rates = sorted(rates)
    return {
        "workload": workload, "what": workload + "s", "axis": axis, "x": x,
        "block_bytes": 4096 if axis == "depth" else 0, "peer": peer,
        "runs": [{"latency_ns": latency and {"p50": latency}} for _ in rates],
        "rate": {"median": rates[len(rates) // 2], "lowest": rates[0], "highest": rates[-1]},
    }


class BenchReportTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.directory = pathlib.Path(scratch.name)

    def write(self, name, *results):
        path = self.directory / name
        path.write_text(json.dumps({
            "format": "aioemul-bench/1", "machine": {"kernel": "Linux 6.1"},
            "settings": {"command": "aioemul bench --json=it"},
            "peers": [{"name": "libuv", "missing": "not installed"},
                      {"name": "libc", "missing": ""}],
            "results": results}))
        return str(path)

    def report(self, *arguments):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = bench_report.main(list(arguments))
        return status, out.getvalue(), err.getvalue()

    def fake_gnuplot(self, script):
        gnuplot = self.directory / "gnuplot"
        gnuplot.write_text("#!/bin/sh\n" + script)
        gnuplot.chmod(0o755)
        self.addCleanup(os.environ.__setitem__, "PATH", os.environ["PATH"])
        os.environ["PATH"] = "%s:%s" % (self.directory, os.environ["PATH"])

    def test_tables_rates_costs_and_ratios(self):
        status, out, _ = self.report(self.write(
            "new",
            result("read", "depth", 32, "aioemul", [9000, 12000, 10000]),
            result("read", "depth", 1, "aioemul", [1]),
            result("read", "depth", 32, "io_uring", [4000]),
            result("cancel", "queued", 5000, "aioemul", [2e6, 4e6, 1e6]),
            result("cancel", "queued", 5000, "libc", [0])))
        self.assertEqual(status, 0)
        self.assertIn("### reads, 4 KiB\n", out)
        self.assertIn("| Requests in flight | aioemul | io\\_uring |", out)
        self.assertIn("| 1 | 1.00 (1.00 – 1.00) | – | – | – |", out)
        self.assertIn(
            "| 32 | 10.0 k (9.00 k – 12.0 k) | 4.00 k (4.00 k – 4.00 k) | – | 2.50 |", out)
        # The fastest run is the lowest cost; no operations have none.
        self.assertIn("| 5000 | 500 ns (250 ns – 1.00 µs) | – | – | – |", out)
        self.assertIn("Not measured: `libuv`: not installed", out)

    def test_compares_by_whether_the_spreads_touch(self):
        def measured(rates):
            return [result("read", "depth", x, "aioemul", some) for x, some in rates.items()]
        old = self.write("old", *measured({1: [10, 20], 2: [10, 20], 3: [10, 20], 4: [1]}))
        new = self.write("new", *measured({1: [21, 30], 2: [20, 30], 3: [1, 9], 5: [1]}))
        status, out, _ = self.report(new, "--compare", old)
        self.assertEqual(status, 0)
        self.assertEqual(
            [line.split(" | ")[-1] for line in out.splitlines()[2:]],
            [said + " |" for said in
             ("faster", "within the spread", "slower", "in one only", "in one only")])

    def test_plots_what_was_measured(self):
        self.fake_gnuplot("cat\n")
        name = "aioemul:it's\n"
        status, _, _ = self.report(
            self.write("new", result("read", "depth", 1, "aioemul", [2000], latency=None),
                       result("read", "depth", 8, name, [1000, 3000]),
                       *(result("cancel", "queued", x, name, [1e6], latency=None)
                         for x in (1, 2)),
                       result("error", "queued", 1, name, [1e6], latency=None)),
            "--plots", str(self.directory / "page"))
        self.assertEqual(status, 0)
        plots = {path.name: path.read_text() for path in (self.directory / "page").iterdir()}
        # One point of `error` is no line.
        self.assertEqual(sorted(plots), ["cancel-0-cost.svg", "read-4096-median-latency.svg",
                                         "read-4096-rate.svg"])
        rate = plots["read-4096-rate.svg"]
        self.assertIn("$data1 << END\n8 3000 1000 3000\nEND\n", rate)
        # Nothing that the file holds is taken for a command.
        self.assertIn("title 'aioemul:it''s ' linetype 2", rate)
        # Seconds, as the axis has a unit; and only the peer that has latencies.
        self.assertIn("$data0 << END\n8 2.5e-06 2.5e-06 2.5e-06\nEND\n",
                      plots["read-4096-median-latency.svg"])
        self.assertIn("linetype 2", plots["cancel-0-cost.svg"])

    def test_tells_in_a_line_what_cannot_be_read_or_drawn(self):
        good = self.write("good", *(result("read", "depth", x, "aioemul", [1]) for x in (1, 2)))
        other = self.directory / "other"
        other.write_text('{"format": "tea"}')
        self.fake_gnuplot("exit 1\n")
        for arguments in ([str(other)], ["/nowhere/results"], [good, "--compare", str(other)],
                          [good, "--plots", str(self.directory / "page")]):
            status, out, err = self.report(*arguments)
            self.assertEqual((status, out), (1, ""), arguments)
            self.assertRegex(err, r"\Abench_report: .+\n\Z")


if __name__ == "__main__":
    unittest.main()
