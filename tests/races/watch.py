#!/usr/bin/env python3
"""Runs a program under a tool that looks for races, as a test.

usage: watch.py TOOL LIBRARY PROGRAM

TOOL is helgrind or drd, or tsan for a PROGRAM that has ThreadSanitizer in it.
LIBRARY is preloaded.  Passes when the tool finds nothing in the program, and
the race in the program with an argument, which has one.  Passes too when the
machine has no valgrind, which is said.
"""

import os
import shutil
import subprocess
import sys

FOUND = 66


def command_for(tool, program):
    """Returns how to run the program; None where the tool is missing."""
    if tool == "tsan":
        return [program]
    if shutil.which("valgrind") is None:
        return None
    return [
        "valgrind",
        "--quiet",
        "--tool=" + tool,
        "--error-exitcode=%d" % FOUND,
        program,
    ]


def status_of(command, library, settings):
    """Returns the status with which a command ends."""
    environment = {
        **os.environ,
        **settings,
        "LD_PRELOAD": os.path.abspath(library),
        "TSAN_OPTIONS": "exitcode=%d" % FOUND,
    }
    return subprocess.run(command, env=environment, check=False).returncode


def main():
    """Returns the exit status."""
    tool, library, program = sys.argv[1:]
    command = command_for(tool, os.path.abspath(program))
    if command is None:
        print("SKIPPED: there is no valgrind here; nothing was tested")
        return 0
    failures = 0
    status = status_of(command, library, {})
    if status != 0:
        print("a correct program ends with %d under %s" % (status, tool))
        failures += 1
    # By a worker, and so that ThreadSanitizer sees the call.
    status = status_of(command + ["early"], library, {"AIOEMUL_INLINE": "0"})
    if status != FOUND:
        print("a race ends with %d under %s" % (status, tool))
        failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
