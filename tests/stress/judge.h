// What may become of an attempt.

#ifndef AIOEMUL_TESTS_STRESS_JUDGE_H_
#define AIOEMUL_TESTS_STRESS_JUDGE_H_

#include <sys/types.h>

#include "tests/stress/failures.h"
#include "tests/stress/subject.h"

namespace aioemul::stress {

// What aio_error said of an attempt, and aio_return.
struct Outcome {
  int status;
  ssize_t result;
};

// Adds to `failures` if the attempt may not have come to this.
void Judge(const Attempt& attempt, const Outcome& outcome, Failures& failures);

// What attempt it was, for a message.
std::string Describe(const Attempt& attempt);

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_JUDGE_H_
