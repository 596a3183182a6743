"""Counts the test cases of Bazel runs, by Bazel's own record of what ran.

usage: count_tests.py [CONFIG STATUS EVENTS]...

For each run: its name, the exit status of `bazel test`, and the file that
--build_event_json_file wrote.  The record names the targets of this very run
and their results, so nothing stale is counted and nothing is lost:

  - a case of the JUnit XML that the test wrote counts as what it says;
  - a target that failed in a way its XML does not show counts as one failure:
    not built, not run, timed out, crashed, no XML, no case in it;
  - a run that failed in a way no target shows counts as one failure.

Skipped and disabled cases are reported and count as neither.  Prints the names
of what failed, a line for each run, and last "N passed, N failed".  The exit
status is 0 only when something passed and nothing failed.
"""

import json
import sys
import urllib.parse
import xml.etree.ElementTree

# Exit status of `bazel test` when the filters leave no test to run.
NO_TESTS = 4


class Tally:
    """What one run amounts to."""

    def __init__(self):
        self.passed = 0
        self.skipped = 0
        self.failures = []  # Names.


def read_events(path):
    """Returns the events of a record; of a broken one, those before the break."""
    events = []
    try:
        with open(path, encoding="utf-8") as record:
            for line in record:
                events.append(json.loads(line))
    except (OSError, ValueError):
        pass  # The last event is missing then, which counts as a failure.
    return events


def xml_path(result):
    """Returns the path of the XML a test wrote, or None."""
    for output in result.get("testActionOutput", []):
        url = urllib.parse.urlparse(output.get("uri", ""))
        if output["name"] == "test.xml" and url.scheme == "file":
            return urllib.parse.unquote(url.path)
    return None


def count_cases(tally, label, path):
    """Adds the cases of an XML file; returns how many, None if unreadable."""
    try:
        cases = list(xml.etree.ElementTree.parse(path).iter("testcase"))
    except (OSError, TypeError, xml.etree.ElementTree.ParseError):
        return None
    for case in cases:
        if case.find("failure") is not None or case.find("error") is not None:
            # Bazel stands in for a test that wrote no XML, without a class; the
            # status says more.
            if "classname" in case.attrib:
                name = "{classname}.{name}".format(**case.attrib)
                tally.failures.append(label + " " + name)
        elif case.get("status") == "notrun" or case.find("skipped") is not None:
            tally.skipped += 1
        else:
            tally.passed += 1
    return len(cases)


def count_result(tally, label, result):
    """Adds what one execution of a test target amounts to."""
    failures_before = len(tally.failures)
    cases = count_cases(tally, label, xml_path(result))
    status = result.get("status", "NO_STATUS")
    if len(tally.failures) > failures_before:
        return  # The XML tells.
    if status != "PASSED":
        tally.failures.append(label + " (" + status.lower() + ")")
    elif cases is None:
        tally.failures.append(label + " (wrote no XML)")
    elif cases == 0:
        tally.failures.append(label + " (has no test case)")


def count_run(events, exit_status):
    """Returns the Tally of one run."""
    tally = Tally()
    broken = set()  # Labels of targets that could not be built.
    awaited = set()  # Test executions that Bazel announced: (label, run, shard).
    results = {}  # The last attempt of each: (label, run, shard) to (attempt, result).

    def key(test):
        return test["label"], test.get("run", 1), test.get("shard", 1)

    for event in events:
        id_ = event["id"]
        skipped = event.get("aborted", {}).get("reason") == "SKIPPED"
        if "targetConfigured" in id_ and "aborted" in event and not skipped:
            broken.add(id_["targetConfigured"]["label"])
        elif "targetCompleted" in id_ and not skipped:
            if not event.get("completed", {}).get("success"):
                broken.add(id_["targetCompleted"]["label"])
            for child in event.get("children", []):
                if "testResult" in child:
                    awaited.add(key(child["testResult"]))
        elif "testResult" in id_ and "testResult" in event:
            attempt = id_["testResult"].get("attempt", 1)
            latest = results.get(key(id_["testResult"]), (0, None))
            if attempt > latest[0]:
                results[key(id_["testResult"])] = attempt, event["testResult"]

    for test, (_, result) in sorted(results.items()):
        count_result(tally, test[0], result)
    for label in sorted(broken):
        tally.failures.append(label + " (not built)")
    for test in sorted(awaited - results.keys()):
        if test[0] not in broken:
            tally.failures.append(test[0] + " (not run)")
    if not any(event.get("lastMessage") for event in events):
        tally.failures.append("bazel (record incomplete)")
    if exit_status not in (0, NO_TESTS) and not tally.failures:
        tally.failures.append("bazel (exit status {})".format(exit_status))
    return tally


def main(arguments):
    passed = failed = 0
    summary = []
    for config, status, path in zip(*[iter(arguments)] * 3):
        tally = count_run(read_events(path), int(status))
        passed += tally.passed
        failed += len(tally.failures)
        for name in tally.failures:
            print("FAILED [{}] {}".format(config, name))
        summary.append(
            "{}: {} passed, {} failed, {} skipped".format(
                config, tally.passed, len(tally.failures), tally.skipped
            )
        )
    print("\n".join(summary))
    print("{} passed, {} failed".format(passed, failed))
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
