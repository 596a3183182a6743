// How much a test does that repeats something, or makes up programs.

#ifndef AIOEMUL_TESTS_SUPPORT_EFFORT_H_
#define AIOEMUL_TESTS_SUPPORT_EFFORT_H_

#include <cstdlib>

namespace aioemul::testing {

// Whether a test may take minutes where seconds show nearly as much: set by
// `tools/test --long`.
inline bool LongTests() { return getenv("AIOEMUL_LONG_TESTS") != nullptr; }

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_SUPPORT_EFFORT_H_
