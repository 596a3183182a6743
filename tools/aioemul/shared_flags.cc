#include "tools/aioemul/shared_flags.h"

#include <stdint.h>

#include <string>

#include "tools/aioemul/abseil_flags.h"

ABSL_FLAG(
    int, seconds, 0,
    "How long to go on; 0: for bench 2 seconds for each measurement, for\n"
    "diff and soak 10 seconds, or until --operations are done.");
ABSL_FLAG(int, operations, 0,
          "How many requests to make: for bench in each measurement, for diff\n"
          "and soak in all; 0: as many as the time allows.");
ABSL_FLAG(std::string, directory, "",
          "Where files are made.  Without it, bench makes them in the present\n"
          "directory, diff and soak in TMPDIR or /tmp.");
ABSL_FLAG(uint64_t, seed, 0,
          "What random programs are made from; 0: a new one.");
ABSL_FLAG(bool, list, false,
          "List what there is: for bench workloads and peers, for check the\n"
          "checks.");
