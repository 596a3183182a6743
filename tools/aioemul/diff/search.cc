#include "tools/aioemul/diff/search.h"

#include <stdint.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/diff/child_process.h"
#include "tools/aioemul/diff/generator.h"
#include "tools/aioemul/diff/orders.h"
#include "tools/aioemul/diff/program.h"
#include "tools/aioemul/diff/shrinker.h"

namespace aioemul::tools::diff {
namespace {

// Programs of one process: so many that starting it costs nothing beside them,
// so few that the display moves.
constexpr int kBatch = 200;

// Seconds without progress that are a hang.  A smaller program that hangs is
// taken for one sooner; the last one is asked with the longer limit again.
constexpr double kHang = 20;
constexpr double kHangWhileShrinking = 1;

// A failure that depends on who is faster is looked for so often.
constexpr int kFewRepeats = 30;
constexpr int kManyRepeats = 500;
constexpr int kShrinkAttempts = 400;
constexpr double kShrinkSeconds = 300;

}  // namespace

Search::Search(const SearchOptions& options, ChildProcess& process,
               std::function<void(absl::string_view)> show)
    : options_(options),
      process_(process),
      show_(std::move(show)),
      missing_(options.without) {}

Orders Search::NewOrders() const {
  Orders orders;
  orders.backend = options_.backend;
  orders.contract = options_.contract;
  orders.directory = options_.directory;
  orders.calls = options_.calls;
  orders.missing = missing_;
  return orders;
}

bool Search::IsOver() const {
  return (options_.programs > 0 &&
          statistics_.programs() >= options_.programs) ||
         (options_.operations > 0 &&
          statistics_.calls() >= options_.operations) ||
         (options_.seconds > 0 && seconds() >= options_.seconds);
}

int Search::NextBatch() const {
  if (options_.programs == 0) return kBatch;
  return static_cast<int>(
      std::min<int64_t>(kBatch, options_.programs - statistics_.programs()));
}

absl::StatusOr<std::optional<Finding>> Search::Run() {
  uint64_t seed = options_.seed;
  while (!IsOver()) {
    Orders orders = NewOrders();
    orders.seed = seed;
    orders.programs = NextBatch();
    const absl::StatusOr<ChildReport> report = process_.Run(orders, kHang);
    if (!report.ok()) return report.status();
    statistics_.Add(report->counts);
    missing_.insert(report->missing.begin(), report->missing.end());
    for (int i = 0;
         i < (report->faults.empty() ? orders.programs : report->program);
         ++i) {
      seed = NextSeed(seed);
    }
    if (!report->faults.empty()) {
      const Program program =
          Generate(seed, {options_.contract, options_.calls, missing_});
      absl::StatusOr<Finding> finding = Shrunk(program, report->faults[0]);
      if (!finding.ok()) return finding.status();
      finding->seed = seed;
      return std::optional<Finding>(*std::move(finding));
    }
    show_(
        absl::StrFormat("diff: %.0f s, %s", seconds(), statistics_.Summary()));
  }
  return std::optional<Finding>();
}

absl::StatusOr<std::optional<Finding>> Search::Replay(const Program& program) {
  const absl::StatusOr<ChildReport> report =
      RunAlone(program, kManyRepeats, kHang, /*tells_events=*/true);
  if (!report.ok()) return report.status();
  statistics_.Add(report->counts);
  missing_.insert(report->missing.begin(), report->missing.end());
  if (report->faults.empty()) return std::optional<Finding>();
  Finding finding;
  finding.program = program;
  finding.fault = report->faults[0];
  finding.steps_before = program.steps.size();
  finding.fails_alone = true;
  finding.events = report->events;
  return std::optional<Finding>(std::move(finding));
}

absl::StatusOr<ChildReport> Search::RunAlone(const Program& program,
                                             int repeats, double limit,
                                             bool tells_events) {
  Orders orders = NewOrders();
  orders.program = ToText(program);
  orders.repeats = repeats;
  orders.tells_events = tells_events;
  return process_.Run(orders, limit);
}

absl::StatusOr<Finding> Search::Shrunk(const Program& program,
                                       const Fault& fault) {
  Finding finding;
  finding.fault = fault;
  finding.steps_before = program.steps.size();
  absl::Status status;
  int repeats = kFewRepeats;
  int candidates = 0;
  const double end = seconds() + kShrinkSeconds;
  const std::function<bool(const Program&)> fails =
      [&](const Program& smaller) {
        if (!status.ok() || seconds() > end) return false;
        show_(absl::StrCat("diff: found clause ", fault.clause, "; shrinking, ",
                           smaller.steps.size(), " steps (", ++candidates,
                           ")"));
        const absl::StatusOr<ChildReport> report =
            RunAlone(smaller, repeats, kHangWhileShrinking, false);
        status = report.status();
        return report.ok() && !report->faults.empty() &&
               report->faults[0].clause == fault.clause;
      };
  if (!fails(program)) repeats = kManyRepeats;
  finding.program = Shrink(program, fails, kShrinkAttempts);
  if (!status.ok()) return status;
  absl::StatusOr<ChildReport> last =
      RunAlone(finding.program, kManyRepeats, kHang, /*tells_events=*/true);
  if (!last.ok()) return last.status();
  if (last->faults.empty()) {
    // A smaller one was taken for a failing one by chance: it was slow once.
    finding.program = program;
    last = RunAlone(program, kManyRepeats, kHang, /*tells_events=*/true);
    if (!last.ok()) return last.status();
  }
  if (!last->faults.empty()) {
    finding.fails_alone = true;
    finding.fault = last->faults[0];
    finding.events = last->events;
  }
  return finding;
}

}  // namespace aioemul::tools::diff
