#!/usr/bin/env python3
"""Runs `aioemul diff` as a test.

usage: run_diff.py COMMAND nothing|PATTERN OPTION...

Passes when the command finds nothing, or a program that fails and of which
PATTERN, a regular expression, is a line.
"""

import os
import re
import subprocess
import sys
import tempfile


def main(command, wanted, *options):
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(
            [command, "diff", *options],
            env={**os.environ, "TMPDIR": directory},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
    print(done.stdout)
    if wanted == "nothing":
        return 0 if done.returncode == 0 and "nothing found" in done.stdout else 1
    found = any(re.fullmatch(wanted, line) for line in done.stdout.splitlines())
    if done.returncode == 1 and found:
        return 0
    print("expected exit status 1, got %d; the line %s is %s"
          % (done.returncode, wanted, "there" if found else "missing"))
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
