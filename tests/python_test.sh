#!/usr/bin/env bash
# Runs a test written in Python; see python_test.bzl.

set -euo pipefail

# -B: the script lies in the source tree, where no bytecode belongs.
exec python3 -B "$@"
