// Makes a program that fails smaller, as long as it still fails.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DIFF_SHRINKER_H_
#define AIOEMUL_TOOLS_AIOEMUL_DIFF_SHRINKER_H_

#include <functional>

#include "tools/aioemul/diff/program.h"

namespace aioemul::tools::diff {

// `fails` tells whether a program fails as the first one does; it may be costly
// and is asked `attempts` times at most.  Where it is not always right, the
// result is one of the programs of which it said so.
Program Shrink(const Program& program,
               const std::function<bool(const Program&)>& fails, int attempts);

}  // namespace aioemul::tools::diff

#endif  // AIOEMUL_TOOLS_AIOEMUL_DIFF_SHRINKER_H_
