"""Which tests the sanitizers' configurations leave out."""

# For a test in which a sanitizer finds nothing of the library: values and text
# in one thread, or a command that calls the library as tests/stress does.  What
# only such tests need is not compiled for a sanitizer either, and that is most
# of tools/ and of Abseil.
NO_SANITIZER = [
    "noasan",
    "notsan",
]
