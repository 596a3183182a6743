// What a forked child must find to be true of the library (contract H1).

#ifndef AIOEMUL_TESTS_STRESS_CHILD_H_
#define AIOEMUL_TESTS_STRESS_CHILD_H_

#include <aio.h>

#include <array>

#include "tests/stress/engine_under_test.h"

namespace aioemul::stress {

// What the child is given; made before the fork, because the child of a process
// with several threads should not allocate.
struct Inheritance {
  // Requests of the thread that forks; the rest null.
  std::array<aiocb*, 32> blocks = {};
  // The child's own: an empty file, or -1, and a pipe.
  int file = -1;
  int pipe[2] = {-1, -1};
};

// The life of the child.
[[noreturn]] void LiveAsChild(EngineUnderTest& engine,
                              const Inheritance& inheritance);

// What was wrong with a child that ended with `status` of waitpid; null when
// nothing was.
const char* WrongWithChild(int status);

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_CHILD_H_
