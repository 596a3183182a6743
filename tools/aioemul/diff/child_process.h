// Has a process of its own run programs, and watches it.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DIFF_CHILD_PROCESS_H_
#define AIOEMUL_TOOLS_AIOEMUL_DIFF_CHILD_PROCESS_H_

#include <stdint.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/aioemul/diff/expectation.h"
#include "tools/aioemul/diff/journal.h"
#include "tools/aioemul/diff/orders.h"

namespace aioemul::tools::diff {

struct ChildReport {
  // Empty when nothing was wrong.  A crash is a fault of the clause "crash",
  // a hang one of "hang".
  std::vector<Fault> faults;
  int program = 0;  // The one with the faults, counted from 0.
  std::vector<std::string> missing;
  std::map<std::string, int64_t> counts;
  std::vector<Event> events;  // Of the last run of the program.
};

// Not thread-safe.
class ChildProcess {
 public:
  // `directory` is the command's own; `command` the program to execute.
  ChildProcess(const std::string& directory, const std::string& command);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Runs what is ordered.  Without progress for `seconds` it is a hang.
  // kCancelled after a stop signal; another error when the backend or the
  // machine are not as they must be.
  absl::StatusOr<ChildReport> Run(const Orders& orders, double seconds);

 private:
  absl::Status Start(const Orders& orders);
  // Takes what it prints until it ends; false when it had to be ended.
  absl::StatusOr<bool> Listen(double seconds, std::string* text);
  // Its wait status.
  int End(bool kill_it);

  const std::string directory_;
  const std::string command_;
  void* progress_ = nullptr;
  int pid_ = -1;
  int out_ = -1;
};

}  // namespace aioemul::tools::diff

#endif  // AIOEMUL_TOOLS_AIOEMUL_DIFF_CHILD_PROCESS_H_
