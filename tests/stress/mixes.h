// The mixes by name, and what may fail in them.

#ifndef AIOEMUL_TESTS_STRESS_MIXES_H_
#define AIOEMUL_TESTS_STRESS_MIXES_H_

#include <string>
#include <vector>

#include "tests/stress/bug.h"
#include "tests/stress/mix.h"

namespace aioemul::stress {

// Without faults.
struct NamedMix {
  const char* name;
  Mix mix;
};
const std::vector<NamedMix>& NamedMixes();
// Null when there is no such mix.
const Mix* FindMix(const std::string& name);

// What can be asked to fail or happen, as a set.
enum FaultKind : unsigned {
  kErrors = 1,
  kCuts = 2,
  kDelays = 4,
  kMemory = 8,
  kThreads = 16,
  kSignals = 32,
  kForks = 64,
  kCloses = 128,
  kAllKinds = 255,
};
struct NamedKind {
  const char* name;
  FaultKind kind;
};
const std::vector<NamedKind>& NamedKinds();

// Those of `kinds` that can be had in `mix`.
unsigned KindsIn(const Mix& mix, unsigned kinds);

// The mix with these kinds of faults, each so often in a thousand times.
Mix WithFaults(Mix mix, unsigned kinds, int per_mille);

struct NamedBug {
  const char* name;
  Bug bug;
};
const std::vector<NamedBug>& NamedBugs();

// The name of a mix in which `bug` shows.
std::string MixFor(Bug bug);

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_MIXES_H_
