// The subcommand `tail`: the options and the exit status around tail_loop.h.

#ifndef AIOEMUL_TOOLS_AIOEMUL_TAIL_H_
#define AIOEMUL_TOOLS_AIOEMUL_TAIL_H_

#include "tools/aioemul/subcommand.h"

namespace aioemul::tools {

extern const Subcommand kTailSubcommand;

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_TAIL_H_
