// A run: one engine, some threads with a program each, and what came of it.

#ifndef AIOEMUL_TESTS_STRESS_RUN_H_
#define AIOEMUL_TESTS_STRESS_RUN_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/stress/bug.h"
#include "tests/stress/mix.h"
#include "tests/stress/program.h"
#include "tests/stress/stage.h"
#include "tests/stress/tuning.h"

namespace aioemul::stress {

struct Report {
  std::vector<std::string> failures;
  int lost = 0;         // completions and notifications
  int wrong_bytes = 0;  // comparisons that found some
  Counts counts;
  Ways ways;
  Injected injected;

  void Add(const Report& other);
};

std::ostream& operator<<(std::ostream& stream, const Report& report);

struct Setting {
  std::string directory;         // of the files
  Bug bug = Bug::kNone;          // planted
  std::optional<Tuning> tuning;  // of an engine of the run's own; else drawn
  // Called before the process is aborted because nothing moves any more.
  std::function<void(const Report&)> stuck;
};

// What RunMix tunes the engine to.
Tuning TuningOf(const Mix& mix, uint64_t seed, const Setting& setting);

// Runs `mix` from `seed`.
Report RunMix(const Mix& mix, uint64_t seed, const Setting& setting);

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_RUN_H_
