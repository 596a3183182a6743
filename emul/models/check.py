"""Checks models of protocols with Spin.

usage: check.py MODEL
       check.py --trace N MODEL

The first form checks a model and its mutants.  The model must be sound: in no
order of its steps an assertion fails, or everybody who is left waits for ever;
the search must have been complete, and have reached every statement.  The head
of a model lists its mutants, a line for each:

  // MUTANT 3, hangs: the last closer wakes nobody.

Under -DMUTANT=3 that must be found: the mutant "hangs" when processes wait for
ever, or "asserts" when an assertion fails.  The sound model is MUTANT 0.

The second form prints the shortest run that shows the fault of mutant N, or of
the model itself if N is 0.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

MUTANT = re.compile(r"// MUTANT (\d+), (hangs|asserts): \S")
USE = re.compile(r"\bMUTANT [!=]= (\d+)")
UNREACHED = re.compile(r"^\t\S+:\d+, state \d+, (?!\"-end-\")", re.MULTILINE)
MAX_DEPTH = 100_000
MAX_MEGABYTES = 1000


def run(command, directory):
    """Returns what a command prints; a CheckError if it fails."""
    try:
        done = subprocess.run(
            command,
            cwd=directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
    except FileNotFoundError as error:
        raise CheckError("%s is not installed; see tools/setup" % command[0]) from error
    if done.returncode != 0:
        raise CheckError("%s failed:\n%s" % (" ".join(command), done.stdout))
    return done.stdout


class CheckError(Exception):
    """A model could not be checked."""


def search(model, mutant, directory, options=()):
    """Returns the report of Spin's search through all runs of a model."""
    model = os.path.abspath(model)
    run(["spin", "-DMUTANT=%d" % mutant, "-a", model], directory)
    # Most searches are shorter than gcc's work on 15,000 lines of C.
    compiler = ["tcc"] if shutil.which("tcc") else ["gcc", "-O0"]
    flags = ["-w", "-DSAFETY", "-DMEMLIM=%d" % MAX_MEGABYTES]
    run([*compiler, *flags, *options, "-o", "pan", "pan.c"], directory)
    return run(["./pan", "-m%d" % MAX_DEPTH], directory)


def verdict(report):
    """Returns what a report says: "sound", "hangs", "asserts", or a fault."""
    if "assertion violated" in report:
        return "asserts"
    if "invalid end state" in report.replace("invalid end states", ""):
        return "hangs"
    if "errors: 0" not in report:
        return "neither sound nor faulty"
    if "max search depth too small" in report or "not completed" in report:
        return "not searched to the end"
    if UNREACHED.search(report):
        return "sound, but does not reach every statement"
    return "sound"


def read_mutants(model):
    """Returns the mutants listed in a model: number to what finds it."""
    with open(model, encoding="utf-8") as file:
        text = file.read()
    listed = {int(number): what for number, what in MUTANT.findall(text)}
    used = {int(number) for number in USE.findall(text)}
    if not listed:
        raise CheckError("no mutants are listed")
    if set(listed) != used:
        differing = sorted(used ^ set(listed))
        raise CheckError("listed and used mutants differ: %s" % differing)
    return listed


def check(model):
    """Yields what is wrong with a model and its mutants."""
    expected = {0: "sound", **read_mutants(model)}
    for mutant, what in expected.items():
        with tempfile.TemporaryDirectory() as directory:
            report = search(model, mutant, directory)
        found = verdict(report)
        if found != what:
            difference = (mutant, found, what, report)
            yield "mutant %d is %s; it should be: %s\n%s" % difference


def trace(model, mutant):
    """Returns the shortest run that ends in a fault."""
    with tempfile.TemporaryDirectory() as directory:
        report = search(model, mutant, directory, ["-DBFS"])
        trail = os.path.join(directory, os.path.basename(model) + ".trail")
        if not os.path.exists(trail):
            return report
        model = os.path.abspath(model)
        replay = ["spin", "-DMUTANT=%d" % mutant, "-p", "-g", "-l", "-k", trail, model]
        return run(replay, directory)


def main(arguments):
    try:
        if len(arguments) == 3 and arguments[0] == "--trace":
            print(trace(arguments[2], int(arguments[1])))
            return 0
        if len(arguments) != 1:
            print(__doc__)
            return 2
        found = list(check(arguments[0]))
    except CheckError as error:
        found = [str(error)]
    for fault in found:
        print("%s: %s" % (arguments[-1], fault))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
