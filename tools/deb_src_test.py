"""Tests deb_src.py."""

import pathlib
import tempfile
import unittest

import deb_src


class ListTest(unittest.TestCase):
    def convert(self, line):
        return deb_src.from_list(line, "bookworm")

    def test_plain(self):
        self.assertEqual(
            self.convert("deb http://deb.debian.org/debian bookworm main contrib"),
            "deb-src http://deb.debian.org/debian bookworm main contrib",
        )

    def test_options_and_snapshot_stay(self):
        rest = (
            " [check-valid-until=no signed-by=/usr/share/keyrings/d.gpg] "
            "http://snapshot.debian.org/archive/debian/20250520T000000Z "
            "bookworm-updates main"
        )
        self.assertEqual(self.convert("  deb" + rest), "deb-src" + rest)

    def test_others_are_left_out(self):
        for line in [
            "# deb http://deb.debian.org/debian bookworm main",
            "deb-src http://deb.debian.org/debian bookworm main",
            "deb cdrom:[Debian 12]/ bookworm main",
            "deb http://deb.debian.org/debian bookworm-backports main",
            "deb http://deb.debian.org/debian sid main",
            "deb https://example.org/apt example-bookworm main",
            "deb https://example.org/apt ./",
            "",
        ]:
            with self.subTest(line):
                self.assertEqual(self.convert(line), "")


class SourcesTest(unittest.TestCase):
    def convert(self, text):
        return deb_src.from_sources(text, "bookworm")

    def test_stanza(self):
        self.assertEqual(
            self.convert(
                "# A comment.\n"
                "Types: deb\n"
                "# Another.\n"
                "URIs: http://deb.debian.org/debian\n"
                "Suites: bookworm bookworm-updates bookworm-backports\n"
                "Components: main\n"
                "Signed-By: /usr/share/keyrings/d.gpg\n"
            ),
            "Types: deb-src\n"
            "URIs: http://deb.debian.org/debian\n"
            "Suites: bookworm bookworm-updates\n"
            "Components: main\n"
            "Signed-By: /usr/share/keyrings/d.gpg",
        )

    def test_key_within_stays(self):
        key = "Signed-By:\n -----BEGIN\n .\n mQ:x\n -----END"
        self.assertEqual(
            self.convert("types: deb deb-src\nsuites: bookworm\n" + key),
            "types: deb-src\nsuites: bookworm\n" + key,
        )

    def test_stanzas_are_told_apart(self):
        text = "Types: deb\nURIs: {}\nSuites: {}\nComponents: main\n"
        converted = self.convert(
            text.format("a", "bookworm")
            + "\n"
            + text.format("b", "nodistro")
            + " \n"
            + text.format("c", "bookworm-security")
        )
        self.assertIn("URIs: a\n", converted)
        self.assertNotIn("URIs: b\n", converted)
        self.assertIn("\n\nTypes: deb-src\nURIs: c\n", converted)

    def test_only_sources_is_left_out(self):
        # The machine gets no binaries from there.
        self.assertEqual(self.convert("Types: deb-src\nSuites: bookworm\n"), "")


class MainTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        (self.root / "to").mkdir()

    def test_files_keep_their_names(self):
        (self.root / "a.list").write_text("deb http://a bookworm main\n")
        (self.root / "b.sources").write_text("Types: deb\nSuites: bookworm\n")
        (self.root / "c.list.save").write_text("deb http://c bookworm main\n")
        self.assertEqual(deb_src.main("bookworm", self.root, self.root / "to"), 0)
        self.assertEqual(
            sorted(path.name for path in (self.root / "to").iterdir()),
            ["a.list", "b.sources"],
        )

    def test_nothing_found_is_an_error(self):
        (self.root / "a.list").write_text("deb http://a sid main\n")
        self.assertIn("bookworm", deb_src.main("bookworm", self.root, self.root / "to"))


if __name__ == "__main__":
    unittest.main()
