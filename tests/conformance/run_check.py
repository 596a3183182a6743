#!/usr/bin/env python3
"""Runs `aioemul check` as a test.

usage: run_check.py COMMAND [OPTION]...

Passes when the command does, and when nothing was left out but for want of
something that a machine need not have.  What --expect=FILE says hangs is run by
itself, for a shorter time: a machine that is slow cannot make it a surprise.
"""

import os
import re
import subprocess
import sys
import tempfile

# A privilege or a setting lets programs have userfaultfd; a system need not
# limit the length of lists.
EXCUSES = ("userfaultfd", "AIO_LISTIO_MAX")

# For what is known to hang, some of it busily.
HANGS_LIMIT_SECONDS = 15

SKIPPED = re.compile(r"ok \d+ - (?P<name>.*) # SKIP not-run: (?P<reason>.*)")


def not_run(tap):
    """Returns the tests that a TAP text says were not run: name to reason."""
    matches = (SKIPPED.fullmatch(line) for line in tap.splitlines())
    return {match["name"]: match["reason"] for match in matches if match}


def known_to_hang(options):
    """Returns the names of the checks that --expect=FILE lets hang."""
    names = []
    for option in options:
        if option.startswith("--expect="):
            with open(option.partition("=")[2], encoding="utf-8") as file:
                lines = [line.split() for line in file]
            names += [words[0] for words in lines
                      if len(words) > 1 and "hung" in words[1].split("|")]
    return names


def main(command, *options):
    hanging = known_to_hang(options)
    if not hanging:
        return run(command, *options)
    others = run(command, *options, "--filter=" + ",".join("-" + name for name in hanging))
    return run(command, *options, "--filter=" + ",".join(hanging),
               "--limit=%d" % HANGS_LIMIT_SECONDS) or others


def run(command, *options):
    with tempfile.TemporaryDirectory() as directory:
        tap_file = os.path.join(directory, "tap")
        status = subprocess.run(
            [command, "check", "--tap=" + tap_file, *options],
            env={**os.environ, "TMPDIR": directory},
            check=False,
        ).returncode
        if not os.path.exists(tap_file):
            return status or 1
        with open(tap_file, encoding="utf-8") as file:
            skipped = not_run(file.read())
    for name, reason in skipped.items():
        if any(excuse in reason for excuse in EXCUSES):
            print("not run, and excused: %s: %s" % (name, reason))
        else:
            print("not run without excuse: %s: %s" % (name, reason))
            status = status or 1
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
