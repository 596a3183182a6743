#!/usr/bin/env python3
"""Runs `aioemul check` on every switch of the broken backend, as a test.

usage: run_switches.py COMMAND LIBRARY FILE

LIBRARY is the broken backend.  FILE names for each of its switches a check that
finds it, as lines of `SWITCH CHECK`, with comments after #.  Passes when each
switch has such a line, no line is for another, and each check fails.
"""

import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile

# What fails by hanging does so for this long; nobody waits but these.
LIMIT_SECONDS = 20
AT_A_TIME = 16
TRIES = 10

FAILED = re.compile(r"not ok \d+ - (?:\S+: )?(?P<name>\S+)")
# A privilege or a setting lets programs have userfaultfd.
EXCUSED = re.compile(r"ok \d+ - .* # SKIP not-run: .*userfaultfd")


def switches_of(library):
    """Returns the names that the library tells when it is loaded."""
    load = "import ctypes, sys; ctypes.CDLL(sys.argv[1])"
    told = subprocess.run(
        [sys.executable, "-c", load, library],
        env={**os.environ, "AIO_BROKEN": "list"},
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    ).stderr
    return {line.split()[0] for line in told.splitlines()}


def checks_in(path):
    """Returns the file's lines: switch to check."""
    checks = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = line.partition("#")[0].split()
            if not words:
                continue
            switch, check = words
            if switch in checks:
                raise ValueError("two lines for " + switch)
            checks[switch] = check
    return checks


def verdict(command, switch, check):
    """Returns "found", "excused", or what was printed at last."""
    # Some bugs show only if the check looks in time.
    for _ in range(TRIES):
        result = one_verdict(command, switch, check)
        if result in ("found", "excused"):
            break
    return result


def one_verdict(command, switch, check):
    """Returns "found", "excused", or what was printed."""
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(
            [command, "check", "broken:" + switch, "--filter=" + check,
             "--limit=%d" % LIMIT_SECONDS, "--tap=-"],
            env={**os.environ, "TMPDIR": directory},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    lines = [line.strip() for line in done.stdout.splitlines()]
    for line in lines:
        failed = FAILED.match(line)
        if failed and failed["name"] == check:
            return "found"
        if EXCUSED.match(line):
            return "excused"
    return done.stdout


def main(command, library, path):
    checks = checks_in(path)
    switches = switches_of(library)
    status = 0
    for switch in sorted(switches ^ set(checks)):
        where = "the file" if switch in switches else "the library"
        print("%s: not in %s" % (switch, where))
        status = 1
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        found = pool.map(lambda line: verdict(command, *line), checks.items())
        for (switch, check), result in zip(checks.items(), found):
            if result not in ("found", "excused"):
                status = 1
                result = "NOT FOUND\n" + result
            print("%s by %s: %s" % (switch, check, result))
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
