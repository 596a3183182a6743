"""Checks what a shared library shows and asks of the world.

usage: exports.py LIBRARY LIST

The dynamic symbols that LIBRARY defines must be exactly those in the file
LIST, one on a line, and it may need the C and C++ runtime libraries only.
"""

import re
import subprocess
import sys

ALLOWED_LIBRARY = re.compile(
    r"(libc|libm|libstdc\+\+|libgcc_s)\.so\.\d+|ld-linux[\w-]*\.so\.\d+"
)


def output_of(*command):
    return subprocess.run(
        command, check=True, stdout=subprocess.PIPE, universal_newlines=True
    ).stdout


def exported(library):
    """Returns the dynamic symbols the library defines, with their versions."""
    lines = output_of("nm", "-D", "-P", "--defined-only", library).splitlines()
    # A local symbol, in small letters, is there for a relocation alone.
    local = re.compile(r"\S+ [a-hj-tx-z] ")
    return {line.split()[0] for line in lines if not local.match(line)}


def needed(library):
    """Returns the names of the libraries the library needs."""
    return set(re.findall(r"\(NEEDED\).*\[(.*)\]", output_of("readelf", "-dW", library)))


def listed(path):
    with open(path, encoding="utf-8") as lines:
        return {line.strip() for line in lines if line.strip() and line[0] != "#"}


def offences(library, list_path):
    """Returns what is wrong with the library, a line for each offence."""
    have, want = exported(library), listed(list_path)
    return (
        ["exported, but not listed: " + name for name in sorted(have - want)]
        + ["listed, but not exported: " + name for name in sorted(want - have)]
        + [
            "needs a library it should not: " + name
            for name in sorted(needed(library))
            if not ALLOWED_LIBRARY.fullmatch(name)
        ]
    )


if __name__ == "__main__":
    found = offences(*sys.argv[1:])
    print("\n".join(found))
    sys.exit(1 if found else 0)
