// How this command was called.

#ifndef AIOEMUL_TOOLS_AIOEMUL_OWN_COMMAND_H_
#define AIOEMUL_TOOLS_AIOEMUL_OWN_COMMAND_H_

#include <string>

namespace aioemul::tools {

// "aioemul check --jobs=4", fit for a shell.
std::string OwnCommandText();

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_OWN_COMMAND_H_
