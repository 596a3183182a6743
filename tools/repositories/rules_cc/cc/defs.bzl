"""The C++ rules under the names of rules_cc, as Bazel 4.2 has them built in.

The packaged rules_cc needs a newer Bazel.  The toolchain rules are for Bazel's
own BUILD files.
"""

cc_binary = native.cc_binary
cc_import = native.cc_import
cc_library = native.cc_library
cc_test = native.cc_test
cc_toolchain = native.cc_toolchain
cc_toolchain_suite = native.cc_toolchain_suite
