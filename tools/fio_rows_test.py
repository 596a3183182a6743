"""Tests fio_rows.py, with a stand-in for fio."""

import contextlib
import io
import os
import pathlib
import tempfile
import unittest

import fio_rows

# Tells what it was called with, and a rate that grows from call to call.
FAKE_FIO = """#!/bin/sh
echo "$LD_PRELOAD $*" >>{directory}/calls
count=$(wc -l <{directory}/calls)
case "$*" in *{failing}*) exit 1;; esac
echo "fio: a note"
echo '{{"jobs": [{{"read": {{"iops": '$((count * 1000))'}}, "write": {{"iops": 0}}}}]}}'
"""


class FioRowsTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.directory = pathlib.Path(scratch.name)
        path = os.environ["PATH"]
        self.addCleanup(os.environ.__setitem__, "PATH", path)
        os.environ["PATH"] = "%s:%s" % (self.directory, path)

    def fake(self, failing="nothing"):
        fio = self.directory / "fio"
        fio.write_text(FAKE_FIO.format(directory=self.directory, failing=failing))
        fio.chmod(0o755)

    def run_rows(self, *more):
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            status = fio_rows.main(
                ["--library", "lib.so", "--file", str(self.directory / "data"),
                 "--size", "4096", *more])
        return status, out.getvalue().splitlines()

    def calls(self):
        return (self.directory / "calls").read_text().splitlines()

    def test_median_and_ratios_of_engines_in_turn(self):
        self.fake()
        status, lines = self.run_rows("--rows", "random read, cached, depth 32")
        self.assertEqual(status, 0)
        # Five engines: calls 1, 6 and 11 are psync's, 5, 10 and 15 ours.
        self.assertEqual(
            lines[2],
            "| random read, cached, depth 32 | 6,000 | 7,000 | 8,000 | 9,000 "
            "| 10,000 | 5,000 to 15,000 | 1.43 | 1.11 |")
        self.assertEqual(len(lines), 3)

    def test_preloads_for_our_column_alone(self):
        self.fake()
        self.run_rows("--rows", "cached, depth 1", "--runs", "1")
        preloaded = [call for call in self.calls() if "lib.so" in call]
        self.assertEqual(len(preloaded), 1)
        self.assertIn("--ioengine=posixaio", preloaded[0])
        self.assertIn("--iodepth=1", preloaded[0])
        self.assertEqual(len(self.calls()), len(fio_rows.ENGINES))

    def test_direct_rows_ask_for_it(self):
        self.fake()
        self.run_rows("--runs", "1")
        self.assertEqual(
            sum("--direct=1" in call for call in self.calls()),
            4 * len(fio_rows.ENGINES))

    def test_a_peer_that_fails_has_a_dash(self):
        self.fake(failing="io_uring")
        status, lines = self.run_rows("--rows", "cached, depth 1", "--runs", "1")
        self.assertEqual(status, 0)
        self.assertEqual(lines[2].split("|")[5].strip(), "-")
        self.assertEqual(lines[2].split("|")[9].strip(), "-")

    def test_our_own_failure_is_one(self):
        self.fake(failing="posixaio")
        status, _ = self.run_rows("--rows", "cached, depth 1", "--runs", "1")
        self.assertEqual(status, 1)

    def test_missing_fio_is_told(self):
        os.environ["PATH"] = str(self.directory)
        status, _ = self.run_rows("--rows", "cached, depth 1")
        self.assertEqual(status, 1)


if __name__ == "__main__":
    unittest.main()
