// A process for each check, so that what a backend does there ends with it: a
// crash, a hang, threads, descriptors, limits.

#ifndef AIOEMUL_TOOLS_AIOEMUL_CHECK_CHECK_PROCESS_H_
#define AIOEMUL_TOOLS_AIOEMUL_CHECK_CHECK_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/outcome.h"

namespace aioemul::tools::check {

// What is to be done in a process.
struct Task {
  std::string backend;
  std::string check;  // Empty: only load the backend.
};

// Whether these arguments of the subcommand are a task for this process.
bool IsTask(absl::Span<const std::string> arguments);

// In the process of a check, one of `checks`: loads the backend, does the task,
// tells, and ends.
[[noreturn]] void DoTaskAndExit(absl::Span<const std::string> arguments,
                                absl::Span<const Check* const> checks);

// Runs `check` in this process, which ends with it: for a debugger.  What it
// tells goes to the descriptor `results`.
[[noreturn]] void RunCheckHere(const std::string& backend, const Check& check,
                               int results, const std::string& directory);

class CheckProcess {
 public:
  // Executes this program anew for `task`, in a session of its own, where the
  // check has `directory` to itself.
  static absl::StatusOr<std::unique_ptr<CheckProcess>> Start(
      const Task& task, const std::string& directory);
  CheckProcess(const CheckProcess&) = delete;
  CheckProcess& operator=(const CheckProcess&) = delete;
  // Kills it with all that it started, unless it was finished.
  ~CheckProcess();

  // To be polled for reading; -1 once there is no more to come.
  int results() const { return results_; }
  int output() const { return output_; }

  // Takes in what there is to read, without waiting.
  void Read();

  // Whether it has ended; its children may be left.
  bool HasEnded() const;

  // Kills what is left of it, and judges.  To be called once.
  Outcome Finish(bool timed_out);

 private:
  CheckProcess(pid_t pid, int results, int output)
      : pid_(pid), results_(results), output_(output) {}

  int End();

  pid_t pid_;  // Its process group, too; -1 once it was waited for.
  int results_;
  int output_;
  ResultReader reader_;
  std::string printed_;
};

}  // namespace aioemul::tools::check

#endif  // AIOEMUL_TOOLS_AIOEMUL_CHECK_CHECK_PROCESS_H_
