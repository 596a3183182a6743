// The flag --backend, which `check` and `diff` take.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BACKEND_FLAG_H_
#define AIOEMUL_TOOLS_AIOEMUL_BACKEND_FLAG_H_

#include <string>
#include <vector>

#include "tools/aioemul/abseil_flags.h"

// The last one given; empty when none was.
ABSL_DECLARE_FLAG(std::string, backend);

namespace aioemul::tools {

// All that were given, in their order.
const std::vector<std::string>& GivenBackends();

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_BACKEND_FLAG_H_
