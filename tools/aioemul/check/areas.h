// The areas of the contract, each with its checks.

#ifndef AIOEMUL_TOOLS_AIOEMUL_CHECK_AREAS_H_
#define AIOEMUL_TOOLS_AIOEMUL_CHECK_AREAS_H_

#include "absl/types/span.h"
#include "tools/aioemul/check/check.h"

namespace aioemul::tools::check {

absl::Span<const Check> HeaderChecks();
absl::Span<const Check> SubmitChecks();
absl::Span<const Check> ExhaustionChecks();
absl::Span<const Check> RefusalChecks();
absl::Span<const Check> TransferChecks();
absl::Span<const Check> OrderPriorityChecks();
absl::Span<const Check> OrderChecks();
absl::Span<const Check> OrderFsyncChecks();
absl::Span<const Check> ErrorReturnChecks();
absl::Span<const Check> HandlerChecks();
absl::Span<const Check> SuspendChecks();
absl::Span<const Check> SuspendInterruptedChecks();
absl::Span<const Check> CancelChecks();
absl::Span<const Check> CancelStreamChecks();
absl::Span<const Check> ListioChecks();
absl::Span<const Check> ListioEventChecks();
absl::Span<const Check> SignalChecks();
absl::Span<const Check> NotifyThreadChecks();
absl::Span<const Check> ForkChecks();
absl::Span<const Check> CloseChecks();
absl::Span<const Check> ExitChecks();
absl::Span<const Check> ThreadLifeChecks();
absl::Span<const Check> StreamChecks();
absl::Span<const Check> StreamKindChecks();
absl::Span<const Check> TuningChecks();

}  // namespace aioemul::tools::check

#endif  // AIOEMUL_TOOLS_AIOEMUL_CHECK_AREAS_H_
