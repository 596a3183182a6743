"""Tests exports.py with planted offences."""

import os
import subprocess
import tempfile
import unittest

import exports


class ExportsTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def path(self, name):
        return os.path.join(self.directory, name)

    def library(self, name, code, *options):
        """Builds a shared library; returns its path."""
        with open(self.path("code.c"), "w", encoding="utf-8") as file:
            file.write(code)
        command = ["cc", "-shared", "-fPIC", "-o", self.path(name)]
        subprocess.run(command + [self.path("code.c"), *options], check=True)
        return self.path(name)

    def offences(self, library, *names):
        """Checks the library against a list of names."""
        with open(self.path("list"), "w", encoding="utf-8") as file:
            file.write("# A comment.\n" + "\n".join(names) + "\n")
        return exports.offences(library, self.path("list"))

    def test_exact_list_passes(self):
        library = self.library(
            "lib.so", "#include <math.h>\ndouble f(double x) { return sin(x); }", "-lm"
        )
        self.assertEqual(self.offences(library, "f"), [])

    def test_extra_symbols_are_found(self):
        library = self.library("lib.so", "void f(void) {} void g(void) {} int h;")
        self.assertEqual(
            self.offences(library, "f"),
            ["exported, but not listed: g", "exported, but not listed: h"],
        )

    def test_weak_symbol_is_found(self):
        library = self.library("lib.so", "__attribute__((weak)) void g(void) {}")
        self.assertEqual(self.offences(library), ["exported, but not listed: g"])

    def test_missing_symbol_is_found(self):
        library = self.library("lib.so", "void f(void) {}")
        self.assertEqual(
            self.offences(library, "f", "g"), ["listed, but not exported: g"]
        )

    def test_symbol_version_is_found(self):
        with open(self.path("map"), "w", encoding="utf-8") as file:
            file.write("V1 { global: f; local: *; };")
        library = self.library(
            "lib.so", "void f(void) {}", "-Wl,--version-script=" + self.path("map")
        )
        self.assertIn("listed, but not exported: f", self.offences(library, "f"))

    def test_needed_library_is_found(self):
        self.library("libother.so.1", "void g(void) {}", "-Wl,-soname,libother.so.1")
        library = self.library(
            "lib.so",
            "void g(void); void f(void) { g(); }",
            self.path("libother.so.1"),
        )
        self.assertEqual(
            self.offences(library, "f"),
            ["needs a library it should not: libother.so.1"],
        )


if __name__ == "__main__":
    unittest.main()
