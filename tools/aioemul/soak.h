// The subcommand `soak`: random programs that check every byte and every
// completion, for as long as wanted.  The programs and what they check are
// those of the stress test, tests/stress/README.md.

#ifndef AIOEMUL_TOOLS_AIOEMUL_SOAK_H_
#define AIOEMUL_TOOLS_AIOEMUL_SOAK_H_

#include "tools/aioemul/subcommand.h"

namespace aioemul::tools {

extern const Subcommand kSoakSubcommand;

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_SOAK_H_
