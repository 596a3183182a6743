// A library needs something to export.

extern "C" int another_function();

int another_function() { return 0; }
