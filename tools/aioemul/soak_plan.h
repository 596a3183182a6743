// What a soak is made of: short programs, each from a seed that follows from
// the one before, so that one that fails can be run again alone.

#ifndef AIOEMUL_TOOLS_AIOEMUL_SOAK_PLAN_H_
#define AIOEMUL_TOOLS_AIOEMUL_SOAK_PLAN_H_

#include <stdint.h>

#include <string>

#include "absl/status/status.h"
#include "tests/stress/bug.h"
#include "tests/stress/mix.h"
#include "tests/stress/tuning.h"

namespace aioemul::tools {

struct SoakOptions {
  uint64_t seed;
  int seconds = 0;     // 0: no limit.
  int operations = 0;  // In all; 0: no limit.
  int threads = 0;
  int per_mille = 0;
  unsigned kinds = 0;
  std::string directory;
  std::string mix;    // Empty: that of each program follows from its seed.
  std::string plant;  // Empty: none.
  bool full_disk = false;
};

// kInvalidArgument when a value is unknown or out of range, or when nothing of
// what is asked for can be had.
absl::Status CheckSoakOptions(const SoakOptions& options);

// Of options that are right.
stress::Bug BugOf(const SoakOptions& options);

struct SoakProgram {
  uint64_t seed;
  int operations;  // Of all threads.
  std::string mix_name;
  stress::Mix mix;
};

// The program of `seed`; at most `operations` of it unless they are 0.
SoakProgram MakeProgram(const SoakOptions& options, uint64_t seed,
                        int operations);

// The seed after this one.
uint64_t NextSeed(uint64_t seed);

// The command that runs `program` alone, with the engine tuned as it was: the
// process's engine, which is made once, may be as another seed wanted it.
std::string ReplayCommand(const SoakOptions& options,
                          const SoakProgram& program,
                          const stress::Tuning& tuning);

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_SOAK_PLAN_H_
