// The subcommand `diff`: random programs against a backend, judged by a model.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DIFF_DIFF_H_
#define AIOEMUL_TOOLS_AIOEMUL_DIFF_DIFF_H_

#include "tools/aioemul/subcommand.h"

namespace aioemul::tools::diff {

extern const Subcommand kDiffSubcommand;

}  // namespace aioemul::tools::diff

#endif  // AIOEMUL_TOOLS_AIOEMUL_DIFF_DIFF_H_
