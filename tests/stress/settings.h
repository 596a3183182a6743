// What a person may set to repeat a run by hand: --seed=N, --operations=N and
// --threads=N, or AIOEMUL_STRESS_SEED, AIOEMUL_STRESS_OPERATIONS and
// AIOEMUL_STRESS_THREADS.

#ifndef AIOEMUL_TESTS_STRESS_SETTINGS_H_
#define AIOEMUL_TESTS_STRESS_SETTINGS_H_

#include <cstdint>

#include "tests/stress/bug.h"
#include "tests/stress/mix.h"
#include "tests/stress/run.h"

namespace aioemul::stress {

struct Settings {
  uint64_t seed = 0;   // of this run of the test; random unless set
  int operations = 0;  // 0: as the mix says
  int threads = 0;

  // The mix with what was set.
  Mix Apply(Mix mix) const;
};

// What main has made of the environment and the command line.
Settings& TheSettings();

// Files where tests may have some; what is known when nothing moves any more is
// printed.
Setting TheSetting(Bug bug = Bug::kNone);

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_SETTINGS_H_
