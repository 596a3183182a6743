// What a backend is held to.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DIFF_CONTRACT_H_
#define AIOEMUL_TOOLS_AIOEMUL_DIFF_CONTRACT_H_

#include "tools/aioemul/diff/program.h"

namespace aioemul::tools::diff {

enum class Contract {
  kProject,  // All that this project promises.
  kPosix,    // What POSIX demands; where it leaves a choice, any.
};

// Whether the contract says anything about a call or a flawed request; where it
// does not, a program may not do it at all.
constexpr bool IsDefined(Contract contract, Call call) {
  return contract == Contract::kProject ||
         (call != Call::kAgain && call != Call::kFresh);
}

constexpr bool IsDefined(Contract contract, const Request& request) {
  if (contract == Contract::kProject) return true;
  if (request.spoilt) return false;
  // Whether a refusal that comes late notifies is open.
  if (request.flaw != Flaw::kNone && request.notice != Notice::kNone) {
    return false;
  }
  switch (request.flaw) {
    case Flaw::kLowPriority:
    case Flaw::kHighPriority:
    case Flaw::kCount:
    case Flaw::kNotify:
    case Flaw::kSignal:
    case Flaw::kFunction:
    case Flaw::kBuffer:
      return false;
    case Flaw::kOpcode:
      return request.kind == RequestKind::kFsync;
    default:
      return true;
  }
}

constexpr bool IsDefined(Contract contract, Timeout timeout) {
  return contract == Contract::kProject || timeout != Timeout::kBad;
}

}  // namespace aioemul::tools::diff

#endif  // AIOEMUL_TOOLS_AIOEMUL_DIFF_CONTRACT_H_
