#include <vector>

#include "absl/types/span.h"
#include "tools/aioemul/check/areas.h"
#include "tools/aioemul/check/check.h"

namespace aioemul::tools::check {

absl::Span<const Check* const> AllChecks() {
  static const auto* const all = [] {
    auto* const checks = new std::vector<const Check*>;
    for (const absl::Span<const Check> area : {
             HeaderChecks(),      SubmitChecks(),
             ExhaustionChecks(),  RefusalChecks(),
             TransferChecks(),    OrderPriorityChecks(),
             OrderChecks(),       OrderFsyncChecks(),
             ErrorReturnChecks(), HandlerChecks(),
             SuspendChecks(),     SuspendInterruptedChecks(),
             CancelChecks(),      CancelStreamChecks(),
             ListioChecks(),      ListioEventChecks(),
             SignalChecks(),      NotifyThreadChecks(),
             ForkChecks(),        CloseChecks(),
             ExitChecks(),        ThreadLifeChecks(),
             StreamChecks(),      StreamKindChecks(),
             TuningChecks(),
         }) {
      for (const Check& check : area) checks->push_back(&check);
    }
    return checks;
  }();
  return *all;
}

}  // namespace aioemul::tools::check
