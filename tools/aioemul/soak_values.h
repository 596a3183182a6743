// The values of soak's flags that have a form of their own.

#ifndef AIOEMUL_TOOLS_AIOEMUL_SOAK_VALUES_H_
#define AIOEMUL_TOOLS_AIOEMUL_SOAK_VALUES_H_

#include <string>

#include "absl/strings/string_view.h"

namespace aioemul::tools {

// A rate in percent with at most one decimal: "1%", "0.5%".
struct FaultRate {
  int per_mille;
};

bool AbslParseFlag(absl::string_view text, FaultRate* rate, std::string* error);
std::string AbslUnparseFlag(FaultRate rate);

// Kinds of faults as a comma-separated list: "errors,cuts".
struct FaultKinds {
  unsigned set;  // of stress::FaultKind
};

bool AbslParseFlag(absl::string_view text, FaultKinds* kinds,
                   std::string* error);
std::string AbslUnparseFlag(FaultKinds kinds);

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_SOAK_VALUES_H_
