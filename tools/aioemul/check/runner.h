// Runs many checks, each in a process of its own, some at a time.

#ifndef AIOEMUL_TOOLS_AIOEMUL_CHECK_RUNNER_H_
#define AIOEMUL_TOOLS_AIOEMUL_CHECK_RUNNER_H_

#include <stddef.h>

#include <chrono>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/check_process.h"
#include "tools/aioemul/check/outcome.h"

namespace aioemul::tools::check {

struct RunnerOptions {
  int jobs = 1;                             // How many at a time.
  std::chrono::duration<double> limit{30};  // For each.
};

// Runs all tasks, and calls `done` with the index of each as it ends, in this
// thread.  Stops at the first stop signal, with kCancelled; nothing that was
// started is left.  CatchStopSignals was called before.
absl::Status RunTasks(absl::Span<const Task> tasks,
                      const RunnerOptions& options,
                      absl::FunctionRef<void(size_t, Outcome)> done);

}  // namespace aioemul::tools::check

#endif  // AIOEMUL_TOOLS_AIOEMUL_CHECK_RUNNER_H_
