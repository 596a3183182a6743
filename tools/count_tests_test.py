"""Tests count_tests.py on records as Bazel writes them."""

import contextlib
import io
import json
import os
import tempfile
import unittest

import count_tests

CASE = '<testcase name="{}" classname="Suite" status="{}">{}</testcase>'
PASSED = CASE.format("Passes", "run", "")
FAILED = CASE.format("Fails", "run", '<failure message="x"/>')
SKIPPED = CASE.format("Skips", "run", '<skipped message="x"/>')
DISABLED = CASE.format("DISABLED_Waits", "notrun", "")
# What Bazel writes for a test that wrote no XML of its own.
BAZEL_PASSED = '<testcase name="tests/a_test" status="run"></testcase>'
BAZEL_FAILED = '<testcase name="tests/a_test"><error message="code 134"/></testcase>'


class CountTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.events = []

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def add_configured(self, label, aborted=None):
        event = {"id": {"targetConfigured": {"label": label}}}
        event.update({"aborted": {"reason": aborted}} if aborted else {"configured": {}})
        self.events.append(event)

    def add_completed(self, label, success=True, aborted=None, test=True):
        event = {"id": {"targetCompleted": {"label": label}}, "children": []}
        if aborted:
            event["aborted"] = {"reason": aborted}
        else:
            event["completed"] = {"success": True} if success else {}
        if test and success and not aborted:
            result = {"label": label, "run": 1, "shard": 1, "attempt": 1}
            event["children"] = [{"testResult": result}, {"testSummary": {}}]
        self.events.append(event)

    def add_result(self, label, cases, status="PASSED", attempt=1, shard=1):
        """Adds a test result; `cases` is the inside of its XML, or None."""
        outputs = [{"name": "test.log", "uri": "file:///dev/null"}]
        if cases is not None:
            name = "test {} {} {}.xml".format(len(self.events), attempt, shard)
            path = self.write(
                name, "<testsuites><testsuite>%s</testsuite></testsuites>" % cases
            )
            uri = "file://" + path.replace(" ", "%20")
            outputs.append({"name": "test.xml", "uri": uri})
        id_ = {"label": label, "run": 1, "shard": shard, "attempt": attempt}
        self.events.append(
            {
                "id": {"testResult": id_},
                "testResult": {"status": status, "testActionOutput": outputs},
            }
        )

    def add_test(self, label, cases, status="PASSED"):
        self.add_configured(label)
        self.add_completed(label)
        self.add_result(label, cases, status)

    def count(self, exit_status=0):
        end = {"id": {"progress": {}}, "lastMessage": True}
        return count_tests.count_run(self.events + [end], exit_status)

    def assert_counts(self, passed, failures, exit_status=0):
        tally = self.count(exit_status)
        self.assertEqual((tally.passed, tally.failures), (passed, failures))

    def test_cases_are_counted(self):
        self.add_test("//a:a_test", PASSED + PASSED + SKIPPED + DISABLED)
        self.add_test("//b:b_test", BAZEL_PASSED)
        self.assert_counts(3, [])
        self.assertEqual(self.count().skipped, 2)

    def test_failed_case_is_named(self):
        self.add_test("//a:a_test", PASSED + FAILED, "FAILED")
        self.assert_counts(1, ["//a:a_test Suite.Fails"], 3)

    def test_crash_counts_as_one_failure(self):
        self.add_test("//a:a_test", BAZEL_FAILED, "FAILED")
        self.assert_counts(0, ["//a:a_test (failed)"], 3)

    def test_failure_after_the_last_case_counts(self):
        # A leak, say, that a sanitizer reports at exit.
        self.add_test("//a:a_test", PASSED, "FAILED")
        self.assert_counts(1, ["//a:a_test (failed)"], 3)

    def test_timeout_counts_as_one_failure(self):
        self.add_test("//a:a_test", None, "TIMEOUT")
        self.add_test("//b:b_test", BAZEL_FAILED, "TIMEOUT")
        self.assert_counts(0, ["//a:a_test (timeout)", "//b:b_test (timeout)"], 3)

    def test_no_xml_counts_as_one_failure(self):
        self.add_test("//a:a_test", None)
        self.add_test("//b:b_test", "<broken")
        self.assert_counts(0, ["//a:a_test (wrote no XML)", "//b:b_test (wrote no XML)"])

    def test_no_case_counts_as_one_failure(self):
        self.add_test("//a:a_test", "")
        self.assert_counts(0, ["//a:a_test (has no test case)"])

    def test_target_not_built_counts_as_one_failure(self):
        self.add_configured("//a:a_test")
        self.add_completed("//a:a_test", success=False)
        self.add_configured("//a:library")
        self.add_completed("//a:library", success=False, test=False)
        self.add_test("//b:b_test", PASSED)
        self.assert_counts(1, ["//a:a_test (not built)", "//a:library (not built)"], 1)

    def test_target_not_analyzed_counts_as_one_failure(self):
        self.add_configured("//a:a_test", aborted="ANALYSIS_FAILURE")
        self.add_completed("//a:a_test", aborted="ANALYSIS_FAILURE")
        self.assert_counts(0, ["//a:a_test (not built)"], 1)

    def test_incompatible_target_does_not_count(self):
        self.add_configured("//a:a_test")
        self.add_completed("//a:a_test", aborted="SKIPPED")
        self.add_test("//b:b_test", PASSED)
        self.assert_counts(1, [])

    def test_target_not_run_counts_as_one_failure(self):
        self.add_configured("//a:a_test")
        self.add_completed("//a:a_test")
        self.assert_counts(0, ["//a:a_test (not run)"])

    def test_other_targets_do_not_count(self):
        self.add_configured("//a:library")
        self.add_completed("//a:library", test=False)
        self.add_test("//b:b_test", PASSED)
        self.assert_counts(1, [])

    def test_last_attempt_counts(self):
        self.add_completed("//a:a_test")
        self.add_result("//a:a_test", PASSED, attempt=2)
        self.add_result("//a:a_test", FAILED, "FAILED", attempt=1)
        self.assert_counts(1, [])

    def test_every_shard_counts(self):
        self.add_completed("//a:a_test")
        self.add_result("//a:a_test", PASSED)
        self.add_result("//a:a_test", PASSED + FAILED, "FAILED", shard=2)
        self.assert_counts(2, ["//a:a_test Suite.Fails"], 3)

    def test_failure_of_no_target_counts_as_one(self):
        # A BUILD file that cannot be read, say.
        self.add_test("//b:b_test", PASSED)
        self.assert_counts(1, ["bazel (exit status 1)"], 1)

    def test_no_tests_in_one_run_is_no_failure(self):
        self.assert_counts(0, [], count_tests.NO_TESTS)

    def main(self, *arguments):
        """Returns what main returns and prints."""
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            status = count_tests.main(arguments)
        return status, output.getvalue().splitlines()

    def record(self, name, complete=True):
        events = self.events + ([{"id": {}, "lastMessage": True}] if complete else [])
        return self.write(name, "\n".join(json.dumps(event) for event in events))

    def test_runs_are_added_up(self):
        self.add_test("//a:a_test", PASSED)
        good = self.record("good")
        self.add_test("//b:b_test", PASSED + FAILED + SKIPPED, "FAILED")
        bad = self.record("bad")
        self.assertEqual(
            self.main("opt", "0", good, "asan", "3", bad),
            (
                1,
                [
                    "FAILED [asan] //b:b_test Suite.Fails",
                    "opt: 1 passed, 0 failed, 0 skipped",
                    "asan: 2 passed, 1 failed, 1 skipped",
                    "3 passed, 1 failed",
                ],
            ),
        )
        self.assertEqual(self.main("opt", "0", good)[0], 0)

    def test_incomplete_record_counts_as_one_failure(self):
        self.add_test("//a:a_test", PASSED)
        path = self.record("record", complete=False)
        status, output = self.main("opt", "0", path)
        self.assertEqual((status, output[-1]), (1, "1 passed, 1 failed"))
        self.write("record", "{")
        self.assertEqual(self.main("opt", "37", path)[1][-1], "0 passed, 1 failed")
        os.remove(path)
        self.assertEqual(self.main("opt", "37", path)[1][-1], "0 passed, 1 failed")

    def test_nothing_passed_is_no_success(self):
        path = self.record("record")
        status, output = self.main("opt", str(count_tests.NO_TESTS), path)
        self.assertEqual((status, output[-1]), (1, "0 passed, 0 failed"))


if __name__ == "__main__":
    unittest.main()
