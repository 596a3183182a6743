"""Tests written in Python."""

load("@rules_shell//shell:sh_test.bzl", "sh_test")

def python_test(name, src, args = [], data = [], **kwargs):
    """A test that passes when a Python script exits with 0.

    A sh_test rather than a py_test, because that needs only a python3 and not
    the Python rules, which the distribution does not package.

    Args:
      name: of the target.
      src: the script.
      args: its arguments.
      data: what it reads, modules beside it included.
      **kwargs: as for any test.
    """
    sh_test(
        name = name,
        srcs = ["//tests:python_test.sh"],
        args = ["$(rootpath %s)" % src] + args,
        data = data + [src],
        **kwargs
    )
