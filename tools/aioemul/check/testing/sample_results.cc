#include "tools/aioemul/check/testing/sample_results.h"

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/outcome.h"
#include "tools/aioemul/check/results.h"

namespace aioemul::tools::check {
namespace {

constexpr Check kCancelOne = {
    "cancel.one",      "E1",   "aio_cancel, RETURN VALUE", Standing::kDemanded,
    "it is cancelled", nullptr};
constexpr Check kCancelAll = {"cancel.all",      "E2",
                              "aio_cancel",      Standing::kChosen,
                              "all | cancelled", nullptr};
constexpr Check kForkChild = {
    "fork.child", "H1", "", Standing::kPromised, "the child works", nullptr};
constexpr const Check* kChecks[] = {&kCancelOne, &kCancelAll, &kForkChild};

}  // namespace

absl::Span<const Check* const> SampleChecks() { return kChecks; }

Results SampleResults(const std::vector<Verdict>& verdicts) {
  Results results;
  results.checks.assign(SampleChecks().begin(), SampleChecks().end());
  results.libc = "glibc 2.36";
  results.kernel = "Linux 6.1.0";
  results.command = "aioemul check mine";
  AddBackend("mine", verdicts, &results);
  return results;
}

void AddBackend(const std::string& name, const std::vector<Verdict>& verdicts,
                Results* results) {
  BackendResults backend = {name, {}};
  for (const Verdict verdict : verdicts) {
    Outcome outcome;
    outcome.verdict = verdict;
    outcome.seconds = 0.25;
    backend.outcomes.push_back(outcome);
  }
  results->backends.push_back(backend);
}

}  // namespace aioemul::tools::check
