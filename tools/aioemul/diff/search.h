// The search for a program that fails, and for the smallest one.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DIFF_SEARCH_H_
#define AIOEMUL_TOOLS_AIOEMUL_DIFF_SEARCH_H_

#include <stdint.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/diff/child_process.h"
#include "tools/aioemul/diff/contract.h"
#include "tools/aioemul/diff/expectation.h"
#include "tools/aioemul/diff/generator.h"
#include "tools/aioemul/diff/journal.h"
#include "tools/aioemul/diff/orders.h"
#include "tools/aioemul/diff/program.h"
#include "tools/aioemul/diff/statistics.h"

namespace aioemul::tools::diff {

struct SearchOptions {
  std::string backend;
  Contract contract = Contract::kProject;
  std::string directory;  // The command's own.
  uint64_t seed = 0;
  int calls = 30;
  Features without;  // What programs shall not do.
  // Whichever comes first; 0: no limit.
  int64_t programs = 0;
  int64_t operations = 0;
  double seconds = 0;
};

struct Finding {
  Program program;  // The smallest one.
  Fault fault;
  uint64_t seed = 0;
  size_t steps_before = 0;
  // False when the program failed among others and does not alone.
  bool fails_alone = false;
  std::vector<Event> events;
};

// Not thread-safe.
class Search {
 public:
  // `show` is told now and then how far it is.
  Search(const SearchOptions& options, ChildProcess& process,
         std::function<void(absl::string_view)> show);

  // Runs programs until one fails or a limit is reached.
  absl::StatusOr<std::optional<Finding>> Run();
  // Runs one program many times.
  absl::StatusOr<std::optional<Finding>> Replay(const Program& program);

  const Statistics& statistics() const { return statistics_; }
  const Features& missing() const { return missing_; }

 private:
  using Clock = std::chrono::steady_clock;

  double seconds() const {
    return std::chrono::duration<double>(Clock::now() - begun_).count();
  }
  bool IsOver() const;
  int NextBatch() const;
  Orders NewOrders() const;
  // How a program fails that is run so often.
  absl::StatusOr<ChildReport> RunAlone(const Program& program, int repeats,
                                       double limit, bool tells_events);
  absl::StatusOr<Finding> Shrunk(const Program& program, const Fault& fault);

  const SearchOptions options_;
  ChildProcess& process_;
  const std::function<void(absl::string_view)> show_;
  const Clock::time_point begun_ = Clock::now();
  Statistics statistics_;
  Features missing_;
};

}  // namespace aioemul::tools::diff

#endif  // AIOEMUL_TOOLS_AIOEMUL_DIFF_SEARCH_H_
