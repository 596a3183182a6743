// The subcommand `copy`: the options, the display and the exit status around
// file_copy.h.

#ifndef AIOEMUL_TOOLS_AIOEMUL_COPY_H_
#define AIOEMUL_TOOLS_AIOEMUL_COPY_H_

#include "tools/aioemul/subcommand.h"

namespace aioemul::tools {

extern const Subcommand kCopySubcommand;

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_COPY_H_
