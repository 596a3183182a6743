#include "tests/stress/tuning.h"

#include <cstddef>

#include "emul/options.h"
#include "tests/stress/random.h"

namespace aioemul::stress {
namespace {

// As it was at the start: TuneProcess changes it.
const Options& OptionsOfEnvironment() {
  static const Options options = OptionsAtLoad();
  return options;
}

template <size_t kCount>
int Draw(Random* random, const int (&values)[kCount],
         const Setting& of_environment) {
  const int drawn = values[random->Below(kCount)];
  return of_environment.fixed ? of_environment.value : drawn;
}

void Fix(Setting* setting, int value) {
  setting->Set(value);
  setting->fixed = true;
}

}  // namespace

Tuning DrawTuning(uint64_t seed) {
  static constexpr int kInlineBytes[] = {0, 4096, 65536};
  static constexpr int kMergeBytes[] = {0, 8192, 131072};
  static constexpr int kSpins[] = {0, 20, 100};
  const Options& given = OptionsOfEnvironment();
  Random random(Key({seed, 4}));
  Tuning tuning;
  tuning.inline_bytes = Draw(&random, kInlineBytes, given.inline_bytes);
  tuning.merge_bytes = Draw(&random, kMergeBytes, given.merge_bytes);
  tuning.spin = Draw(&random, kSpins, given.spin);
  tuning.inline_write_bytes =
      Draw(&random, kInlineBytes, given.inline_write_bytes);
  return tuning;
}

Tuning TuneProcess(uint64_t seed) {
  static const Tuning of_process = [seed] {
    const Tuning tuning = DrawTuning(seed);
    Options options = OptionsOfEnvironment();
    Fix(&options.inline_bytes, tuning.inline_bytes);
    Fix(&options.merge_bytes, tuning.merge_bytes);
    Fix(&options.spin, tuning.spin);
    Fix(&options.inline_write_bytes, tuning.inline_write_bytes);
    SetOptionsAtLoadForTesting(options);
    return tuning;
  }();
  return of_process;
}

std::string ToString(const Tuning& tuning) {
  return "AIOEMUL_INLINE=" + std::to_string(tuning.inline_bytes) +
         " AIOEMUL_MERGE=" + std::to_string(tuning.merge_bytes) +
         " AIOEMUL_SPIN=" + std::to_string(tuning.spin) +
         " AIOEMUL_INLINE_WRITES=" + std::to_string(tuning.inline_write_bytes);
}

}  // namespace aioemul::stress
