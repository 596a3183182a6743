"""Tests check.py with models that have the faults it must find."""

import os
import tempfile
import unittest
from unittest import mock

import check

# Two processes add to a number; the mutants lose an addition, or the lock.
MODEL = """
// MUTANT 1, asserts: the number is read and then written.
// MUTANT 2, hangs: the lock is not given back.
byte number;
byte finished;
bool locked;
active [2] proctype Adder() {
  byte seen;
  atomic { !locked -> locked = (MUTANT != 1) };
  seen = number;
  number = seen + 1;
#if MUTANT != 2
  locked = false;
#endif
  finished++;
  assert(finished < 2 || number == 2)
}
"""


class CheckTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.model = os.path.join(directory.name, "model.pml")

    def write(self, *replacements):
        """Writes the model with some of its text replaced."""
        text = MODEL
        for old, new in replacements:
            self.assertIn(old, text)
            text = text.replace(old, new)
        with open(self.model, "w", encoding="utf-8") as file:
            file.write(text)

    def faults(self, *replacements):
        """Returns the first lines of what is wrong with the model."""
        self.write(*replacements)
        return [fault.splitlines()[0] for fault in check.check(self.model)]

    def test_sound_model_whose_mutants_are_found_passes(self):
        self.assertEqual(self.faults(), [])
        self.assertEqual(check.main([self.model]), 0)

    def test_failed_assertion_is_found(self):
        self.assertIn(
            "mutant 0 is asserts; it should be: sound",
            self.faults(("number == 2)", "number == 3)")),
        )
        with mock.patch("builtins.print"):
            self.assertEqual(check.main([self.model]), 1)

    def test_wait_for_ever_is_found(self):
        self.assertIn(
            "mutant 0 is hangs; it should be: sound",
            self.faults(("locked = false;", "")),
        )

    def test_mutant_that_is_sound_is_found(self):
        self.assertEqual(
            self.faults(("(MUTANT != 1)", "(MUTANT != 1 || true)")),
            ["mutant 1 is sound; it should be: asserts"],
        )

    def test_mutant_with_another_fault_is_found(self):
        self.assertEqual(
            self.faults(("MUTANT 2, hangs", "MUTANT 2, asserts")),
            ["mutant 2 is hangs; it should be: asserts"],
        )

    def test_statement_that_is_not_reached_is_found(self):
        self.assertEqual(
            self.faults(
                ("finished++;", "finished++; if :: number > 2 -> number-- :: else fi;")
            ),
            [
                "mutant 0 is sound, but does not reach every statement; "
                "it should be: sound"
            ],
        )

    def test_process_that_may_wait_for_ever_passes(self):
        idler = """
            byte calls;
            active proctype Idler() { end: do :: calls > 0 -> calls-- od }
            active [2]"""
        self.assertEqual(
            self.faults(("active [2]", idler), ("finished++", "finished++; calls++")),
            [],
        )

    def test_search_that_is_cut_short_is_found(self):
        with mock.patch("check.MAX_DEPTH", 5):
            self.assertIn(
                "mutant 0 is not searched to the end; it should be: sound",
                self.faults(),
            )

    def test_lists_of_mutants_must_be_right(self):
        for old, new in (
            ("// MUTANT", "//"),
            ("// MUTANT 1, asserts: the number is read and then written.\n", ""),
            ("// MUTANT 1, ", "// MUTANT 3, "),
            ("// MUTANT 1, asserts", "// MUTANT 1, fails"),
        ):
            self.write((old, new))
            with self.assertRaises(check.CheckError):
                list(check.check(self.model))

    def test_model_that_is_no_promela_is_found(self):
        self.write(("active [2]", "active two"))
        with self.assertRaises(check.CheckError):
            list(check.check(self.model))

    def test_trace_shows_the_steps_to_the_fault(self):
        self.write()
        steps = check.trace(self.model, 1)
        self.assertIn("[seen = number]", steps)
        self.assertIn("assertion violated", steps)

    def test_sound_model_has_no_trace(self):
        self.write()
        self.assertIn("errors: 0", check.trace(self.model, 0))


if __name__ == "__main__":
    unittest.main()
