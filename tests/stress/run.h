// A run: one engine, some threads with a program each, and what came of it.

#ifndef AIOEMUL_TESTS_STRESS_RUN_H_
#define AIOEMUL_TESTS_STRESS_RUN_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "tests/stress/mix.h"
#include "tests/stress/program.h"
#include "tests/stress/sabotage.h"

namespace aioemul::stress {

struct Injected {
  int errors, cuts, interruptions, delays, sync_errors;
  int memory, threads, signals;
};

struct Report {
  std::vector<std::string> failures;
  Counts counts;
  Injected injected;
};

std::ostream& operator<<(std::ostream& stream, const Report& report);

// Runs `mix` from `seed`, with a bug planted if any.  Ends the process when
// nothing moves any more, having said why.
Report RunStress(const Mix& mix, uint64_t seed, Bug bug = Bug::kNone);

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_RUN_H_
