// The subcommand `check`: holds backends of POSIX asynchronous I/O against the
// contract.

#ifndef AIOEMUL_TOOLS_AIOEMUL_CHECK_CHECK_SUBCOMMAND_H_
#define AIOEMUL_TOOLS_AIOEMUL_CHECK_CHECK_SUBCOMMAND_H_

#include "tools/aioemul/subcommand.h"

namespace aioemul::tools::check {

extern const Subcommand kCheckSubcommand;

}  // namespace aioemul::tools::check

#endif  // AIOEMUL_TOOLS_AIOEMUL_CHECK_CHECK_SUBCOMMAND_H_
