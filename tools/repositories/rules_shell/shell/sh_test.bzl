"""sh_test under the name of rules_shell, as Bazel 4.2 has it built in."""

sh_test = native.sh_test
