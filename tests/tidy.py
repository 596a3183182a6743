"""Checks the rules of the source tree that no compiler checks.

usage: tidy.py [ROOT]

  - No conditional on the operating system or the C library outside
    emul/platform.
  - No source file of more than 400 lines, unless tests/long_files.txt gives
    the reason: a line for each, the path and then why.  A line that is not
    needed any more is an offence too.
  - Every directory with source files has a map, its README.md.  The map names
    each source file in backticks, by its stem: `queue`, `queue.h` or
    `queue_test.cc` stand for queue.h, queue.cc and queue_test.cc alike.  It
    names none that does not exist: neither `queue.h` anywhere, nor `queue` in
    the first column of a table headed "File".

A source file is a file of the suffixes below or a script.
"""

import os
import re
import sys

SUFFIXES = (".h", ".c", ".cc", ".py", ".sh")
MAX_LINES = 400
LONG_FILES = "tests/long_files.txt"
PLATFORM = "emul/platform/"

SYSTEMS = (
    "__linux__ __linux linux __gnu_linux__ __ANDROID__ __BIONIC__ "
    "__APPLE__ __MACH__ __FreeBSD__ __NetBSD__ __OpenBSD__ __DragonFly__ BSD "
    "_WIN32 _WIN64 __CYGWIN__ __sun __HAIKU__ _AIX __hpux __Fuchsia__ "
    "__unix__ __unix unix __EMSCRIPTEN__ __GLIBC__ __GLIBC_MINOR__ "
    "__GLIBC_PREREQ __UCLIBC__ __MUSL__"
).split()
CONDITIONAL = re.compile(r"\s*#\s*(?:if|ifdef|ifndef|elif|elifdef|elifndef)\b(.*)", re.DOTALL)
SYSTEM = re.compile(
    r"\b(?:(?:%s)\b|TARGET_OS_\w+)|__has_include\s*\(\s*<(?:linux|sys|mach)/"
    % "|".join(SYSTEMS)
)

CODE_SPAN = re.compile(r"`([^`\n]+)`")
TABLE_HEAD = re.compile(r"\|\s*files?\s*\|", re.IGNORECASE)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def is_source(path):
    if path.endswith(SUFFIXES):
        return True
    with open(path, "rb") as file:
        return file.read(2) == b"#!"


def source_files(root):
    """Returns the source files below root, as paths relative to it."""
    paths = []
    for directory, subdirectories, names in os.walk(root):
        # Hidden directories are of version control and of tools/setup; Bazel's
        # output is behind links, which os.walk does not follow.
        subdirectories[:] = [
            name
            for name in sorted(subdirectories)
            if not name.startswith(".") and name != "__pycache__"
        ]
        for name in sorted(names):
            path = os.path.join(directory, name)
            if os.path.isfile(path) and is_source(path):
                paths.append(os.path.relpath(path, root))
    return paths


def conditional_offences(path, text):
    if path.startswith(PLATFORM) or not path.endswith((".h", ".c", ".cc")):
        return
    number = 1
    # A directive continued on the next line is one directive.
    for line in re.findall(r"(?:\\\n|[^\n])*\n?", text):
        directive = CONDITIONAL.match(line)
        system = directive and SYSTEM.search(directive[1].replace("\\\n", " "))
        if system:
            yield "%s:%d: conditional on the system outside %s: %s" % (
                path,
                number,
                PLATFORM,
                system[0],
            )
        number += line.count("\n")


def read_long_files(root):
    """Returns the files that may be long: path to reason."""
    path = os.path.join(root, LONG_FILES)
    entries = {}
    if os.path.exists(path):
        for line in read(path).splitlines():
            if line.strip() and not line.startswith("#"):
                name, _, reason = line.partition(" ")
                entries[name] = reason.strip()
    return entries


def length_offences(lengths, allowed):
    """Compares the files' line counts with the list of long files."""
    for path, lines in lengths.items():
        if lines > MAX_LINES and path not in allowed:
            yield "%s: %d lines, more than %d" % (path, lines, MAX_LINES)
    for path, reason in allowed.items():
        if lengths.get(path, 0) <= MAX_LINES:
            yield "%s: %s is not a long source file" % (LONG_FILES, path)
        elif not reason:
            yield "%s: no reason for %s" % (LONG_FILES, path)


def stem(name):
    """Returns what a header, its source file and its test have in common."""
    base = os.path.splitext(name)[0]
    return base[: -len("_test")] if base.endswith("_test") else base


def first_column(text):
    """Yields the names in the first column of the tables headed "File"."""
    in_table = False
    for line in text.splitlines():
        in_table = line.startswith("|") and (in_table or bool(TABLE_HEAD.match(line)))
        if in_table:
            yield from CODE_SPAN.findall(line.split("|")[1])


def map_offences(root, directory, names):
    """Compares the map of a directory with its source files."""
    path = os.path.normpath(os.path.join(directory, "README.md"))
    if not os.path.exists(os.path.join(root, path)):
        yield "%s: missing; it is the map of %s" % (path, ", ".join(names))
        return
    text = read(os.path.join(root, path))
    named = set(CODE_SPAN.findall(text))
    named_stems = {stem(name) for name in named}
    for name in names:
        if stem(name) not in named_stems:
            yield "%s: does not name %s" % (path, name)

    here = os.path.join(root, directory)
    stems = {stem(name) for name in names}
    first = set(first_column(text))
    for name in sorted(named):
        if not re.fullmatch(r"\w[\w./-]*", name):
            continue  # Code, not a name.
        suffixed = name.endswith(SUFFIXES)
        if not suffixed and name not in first:
            continue
        if (suffixed or stem(name) not in stems) and not any(
            os.path.exists(os.path.join(base, name)) for base in (here, root)
        ):
            yield "%s: names %s, which does not exist" % (path, name)


def offences(root):
    """Returns what is wrong with the tree, a line for each offence."""
    found = []
    lengths = {}
    directories = {}
    for path in source_files(root):
        text = read(os.path.join(root, path))
        found += conditional_offences(path, text)
        lengths[path] = len(text.splitlines())
        directory, name = os.path.split(path)
        directories.setdefault(directory, []).append(name)
    found += length_offences(lengths, read_long_files(root))
    for directory, names in directories.items():
        found += map_offences(root, directory, names)
    if not lengths:
        found.append("no source files below " + root)
    return found


def main(arguments):
    # Without an argument: the tree that this file belongs to.  As a Bazel test
    # it is called through a link, and the tree is where the link leads.
    here = os.path.dirname(os.path.realpath(__file__))
    found = offences(arguments[0] if arguments else os.path.dirname(here))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
