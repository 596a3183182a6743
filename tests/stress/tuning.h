// How the engine of a run may carry requests out: by itself, together, and how
// long it looks before it sleeps (emul/options.h).  Each run draws its own.

#ifndef AIOEMUL_TESTS_STRESS_TUNING_H_
#define AIOEMUL_TESTS_STRESS_TUNING_H_

#include <cstdint>
#include <string>

namespace aioemul::stress {

struct Tuning {
  int inline_bytes;
  int merge_bytes;
  int spin;
  int inline_write_bytes;
};

// That of a run from `seed`; what the environment fixes is not drawn.
Tuning DrawTuning(uint64_t seed);

// The same for the process's engine, which is made once: what the first call
// gives it, every call returns.  To be called before anything uses the engine.
Tuning TuneProcess(uint64_t seed);

// As assignments to the environment, which fix it for another run.
std::string ToString(const Tuning& tuning);

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_TUNING_H_
