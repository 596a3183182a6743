// Flags that several subcommands take, each with a default of its own.  Flags
// are global to a program, so one place has to define them.

#ifndef AIOEMUL_TOOLS_AIOEMUL_SHARED_FLAGS_H_
#define AIOEMUL_TOOLS_AIOEMUL_SHARED_FLAGS_H_

#include <stdint.h>

#include <string>

#include "tools/aioemul/abseil_flags.h"

ABSL_DECLARE_FLAG(int, seconds);
ABSL_DECLARE_FLAG(int, operations);
ABSL_DECLARE_FLAG(std::string, directory);
ABSL_DECLARE_FLAG(uint64_t, seed);
ABSL_DECLARE_FLAG(bool, list);

#endif  // AIOEMUL_TOOLS_AIOEMUL_SHARED_FLAGS_H_
