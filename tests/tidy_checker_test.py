"""Tests tidy.py with planted offences."""

import os
import tempfile
import unittest

import tidy


class TidyTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = directory.name
        # A tree without an offence, for each test to spoil.
        self.write("emul/queue.h", "#ifndef QUEUE_H_\n#define QUEUE_H_\n#endif\n")
        self.write("emul/queue.cc", "// A queue.\n")
        self.write("emul/queue_test.cc", "// Its test.\n")
        self.write("emul/README.md", "| File | Holds |\n|-|-|\n| `queue` | it |\n")

    def write(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def assert_offences(self, *expected):
        self.assertEqual(tidy.offences(self.root), list(expected))

    def test_clean_tree(self):
        self.assert_offences()

    def test_empty_tree(self):
        with tempfile.TemporaryDirectory() as root:
            self.assertEqual(
                tidy.offences(root), ["no source files below " + root]
            )

    def test_every_kind_of_conditional(self):
        for line, name in [
            ("#ifdef __linux__", "__linux__"),
            ("#ifndef __APPLE__", "__APPLE__"),
            ("#if defined(_WIN32)", "_WIN32"),
            ("# if !defined(__ANDROID__) && 1", "__ANDROID__"),
            ("  #  elif __GLIBC_PREREQ(2, 34)", "__GLIBC_PREREQ"),
            ("#if TARGET_OS_MAC", "TARGET_OS_MAC"),
            ("#if __has_include(<linux/futex.h>)", "__has_include(<linux/"),
            ("#if defined(A) || \\\n    defined(__FreeBSD__)", "__FreeBSD__"),
        ]:
            with self.subTest(line):
                self.write("emul/queue.cc", "\n" + line + "\n#endif\n")
                self.assert_offences(
                    "emul/queue.cc:2: conditional on the system outside "
                    "emul/platform/: " + name
                )

    def test_conditional_in_any_directory(self):
        for directory in ["aio", "docs", "tests", "tools/aioemul", "emul/other"]:
            with self.subTest(directory):
                self.write(directory + "/x.h", "#ifdef __linux__\n#endif\n")
                self.write(directory + "/README.md", "`x`")
                self.assertEqual(len(tidy.offences(self.root)), 1)
                os.remove(os.path.join(self.root, directory, "x.h"))

    def test_other_uses_of_a_system_name_pass(self):
        self.write(
            "emul/queue.cc",
            "// #if __linux__\n#if defined(my__linux__x)\n#endif\n"
            "#if defined(__SANITIZE_THREAD__)\n#endif\n",
        )
        self.assert_offences()

    def test_conditional_in_platform_passes(self):
        self.write("emul/platform/room.h", "#ifdef __GLIBC__\n#endif\n")
        self.write("emul/platform/README.md", "`room.h`\n")
        self.assert_offences()

    def test_long_file(self):
        self.write("emul/queue.cc", "\n" * 400)
        self.assert_offences()
        self.write("emul/queue.cc", "\n" * 401)
        self.assert_offences("emul/queue.cc: 401 lines, more than 400")

    def test_long_file_with_reason_passes(self):
        self.write("emul/queue.cc", "\n" * 401)
        self.write("tests/long_files.txt", "# Why.\nemul/queue.cc It is a table.\n")
        self.assert_offences()

    def test_long_file_without_reason(self):
        self.write("emul/queue.cc", "\n" * 401)
        self.write("tests/long_files.txt", "emul/queue.cc\n")
        self.assert_offences("tests/long_files.txt: no reason for emul/queue.cc")

    def test_stale_exceptions(self):
        self.write("tests/long_files.txt", "emul/queue.cc Was.\nemul/gone.cc Was.\n")
        self.assert_offences(
            "tests/long_files.txt: emul/queue.cc is not a long source file",
            "tests/long_files.txt: emul/gone.cc is not a long source file",
        )

    def test_missing_map(self):
        self.write("tools/run", "#!/bin/sh\n")
        self.assert_offences("tools/README.md: missing; it is the map of run")

    def test_file_missing_from_map(self):
        self.write("emul/pool.cc", "")
        self.assert_offences("emul/README.md: does not name pool.cc")

    def test_script_missing_from_map(self):
        self.write("emul/measure", "#!/usr/bin/env bash\n")
        self.assert_offences("emul/README.md: does not name measure")

    def test_name_in_prose_does_not_count(self):
        self.write("emul/pool.cc", "")
        self.write("emul/README.md", "`queue` and pool\n")
        self.assert_offences("emul/README.md: does not name pool.cc")

    def test_one_name_stands_for_all_of_its_stem(self):
        for name in ["queue", "queue.h", "queue.cc", "queue_test.cc", "queue_test"]:
            with self.subTest(name):
                self.write("emul/README.md", "`%s`\n" % name)
                self.assert_offences()

    def test_map_names_file_that_does_not_exist(self):
        self.write(
            "emul/README.md", "`queue`, `queue.py`, see `pool.h` and `docs/x.py`\n"
        )
        self.assert_offences(
            "emul/README.md: names docs/x.py, which does not exist",
            "emul/README.md: names pool.h, which does not exist",
            "emul/README.md: names queue.py, which does not exist",
        )

    def test_map_names_stem_that_does_not_exist(self):
        self.write(
            "emul/README.md", "| File | Holds |\n|-|-|\n| `queue`, `pool` | `both` |\n"
        )
        self.assert_offences("emul/README.md: names pool, which does not exist")

    def test_what_is_not_a_name_passes(self):
        self.write(
            "emul/README.md",
            "`queue`, `<aio.h>`, `EAGAIN`, `f()`, `emul/queue.h`, `-o a.cc`\n"
            "| Error | Why |\n|-|-|\n| `EAGAIN` | it |\n",
        )
        self.assert_offences()

    def test_hidden_directories_and_links_are_passed_over(self):
        self.write(".deps/x.cc", "#ifdef __linux__\n#endif\n")
        os.symlink(os.path.join(self.root, ".deps"), os.path.join(self.root, "bazel-out"))
        self.assert_offences()


if __name__ == "__main__":
    unittest.main()
