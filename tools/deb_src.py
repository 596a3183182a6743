"""Derives apt source entries for source packages from those for binaries.

usage: deb_src.py CODENAME FROM_DIR... TO_DIR

Writes into TO_DIR, for every .list and .sources file of the FROM_DIRs, a file
of the same name that asks for the source packages of the release CODENAME from
the places where the machine gets the binary ones.  Everything else about an
entry stays: mirror, snapshot, options, key.  Entries of other releases and of
third parties, which name their suites differently, are left out, so that no
source package is newer than the release.
"""

import pathlib
import re
import sys

ONE_LINE = re.compile(r"deb\s+(\[[^]]*\]\s+)?(?!cdrom:)(\S+)\s+(\S+)\s+(\S.*)$")


def in_release(suite, codename):
    """Whether a suite belongs to the release: bookworm, bookworm-security."""
    return suite in (
        codename,
        codename + "-updates",
        codename + "-security",
        codename + "/updates",
    )


def from_list(text, codename):
    """Converts a file of one-line entries: deb [options] URI SUITE PART..."""
    lines = []
    for line in text.splitlines():
        entry = ONE_LINE.match(line.strip())
        if entry and in_release(entry[3], codename):
            lines.append("deb-src " + line.strip()[len("deb") :].lstrip())
    return "\n".join(lines)


def fields(stanza):
    """Splits a stanza into [name, value] pairs; a value keeps its own lines."""
    pairs = []
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace():
            if pairs:
                pairs[-1][1] += "\n" + line
        elif ":" in line:
            name, value = line.split(":", 1)
            pairs.append([name, value])
    return pairs


def from_sources(text, codename):
    """Converts a file of deb822 stanzas."""
    stanzas = []
    for stanza in re.split(r"\n\s*\n", text):
        pairs = fields(stanza)
        wanted = False
        for pair in pairs:
            if pair[0].lower() == "types" and "deb" in pair[1].split():
                pair[1] = " deb-src"
                wanted = True
        for pair in pairs:
            if pair[0].lower() == "suites":
                suites = [s for s in pair[1].split() if in_release(s, codename)]
                pair[1] = " " + " ".join(suites)
                wanted = wanted and bool(suites)
        if wanted:
            stanzas.append("\n".join(name + ":" + value for name, value in pairs))
    return "\n\n".join(stanzas)


CONVERTERS = {".list": from_list, ".sources": from_sources}


def main(codename, *directories):
    *sources, target = [pathlib.Path(d) for d in directories]
    found = False
    for source in sources:
        for path in sorted(source.glob("*")):
            convert = CONVERTERS.get(path.suffix)
            entries = convert(path.read_text(), codename) if convert else ""
            if entries:
                found = True
                (target / path.name).write_text(entries + "\n")
    return 0 if found else "no apt source for the release " + codename


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
