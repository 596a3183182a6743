// A C program that makes the calls of a finding and checks what comes of them.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DIFF_C_PROGRAM_H_
#define AIOEMUL_TOOLS_AIOEMUL_DIFF_C_PROGRAM_H_

#include <string>

#include "tools/aioemul/diff/search.h"

namespace aioemul::tools::diff {

// It needs nothing but a C compiler, uses whatever <aio.h> it runs with, and
// exits with status 1 and a message when the fault shows.
std::string CProgram(const Finding& finding);

}  // namespace aioemul::tools::diff

#endif  // AIOEMUL_TOOLS_AIOEMUL_DIFF_C_PROGRAM_H_
