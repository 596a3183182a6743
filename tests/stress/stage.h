// What a run stands on: an engine, and what makes it fail.

#ifndef AIOEMUL_TESTS_STRESS_STAGE_H_
#define AIOEMUL_TESTS_STRESS_STAGE_H_

#include <cstdint>
#include <memory>

#include "tests/stress/buffers.h"
#include "tests/stress/bug.h"
#include "tests/stress/engine_under_test.h"
#include "tests/stress/failures.h"
#include "tests/stress/limits.h"
#include "tests/stress/mix.h"
#include "tests/stress/tuning.h"

namespace aioemul::stress {

// What was injected by the platform, and how often.
struct Injected {
  int errors = 0, cuts = 0, interruptions = 0, delays = 0, sync_errors = 0;
  int memory = 0, threads = 0, signals = 0;
  int misses = 0;       // reads from the cache that did not find it all
  int broken_runs = 0;  // transfers of a run that failed or were cut short

  void Add(const Injected& other);
};

// The ways in which requests were carried out.
struct Ways {
  int at_once = 0;          // reads by the caller
  int written_at_once = 0;  // writes by the caller
  int runs = 0;             // of more than one request
  int in_runs = 0;          // requests in them

  void Add(const Ways& other);
};

class Stage {
 public:
  Stage() = default;
  virtual ~Stage() = default;
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  virtual EngineUnderTest& engine() = 0;
  // What programs may lower; null where the platform fails instead.
  virtual Limits* limits() { return nullptr; }

  // Gives up what a planted bug holds back, so that the run can end.
  virtual void OnStall() {}
  // Nothing fails any more.
  virtual void StopFaults() {}
  // Everything is complete: ends the engine, where that can be, and looks at
  // what is left.
  virtual Injected Finish(Failures& failures) = 0;
  // As far as they are known.
  virtual Ways ways() const { return {}; }
};

// An engine of the run's own, over a platform that fails.
std::unique_ptr<Stage> MakeOwnStage(const Mix& mix, const Tuning& tuning,
                                    uint64_t seed, Bug bug, Buffers& buffers);

// The process's engine, on the system as it is.  One at a time.
std::unique_ptr<Stage> MakeProcessStage(const Mix& mix, Bug bug);

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_STAGE_H_
