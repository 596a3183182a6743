// How the command words what went wrong: "writing 'DEST': No space left on
// device", always one line, whatever a file is called.

#ifndef AIOEMUL_TOOLS_AIOEMUL_SYSTEM_ERROR_H_
#define AIOEMUL_TOOLS_AIOEMUL_SYSTEM_ERROR_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace aioemul::tools {

// The file name in quotes, with what is not printable escaped.
std::string Quoted(absl::string_view name);

// An error of the operating system met while `action` was done to the file
// `name`.  The code is kUnknown whatever `error` is: in this program
// kInvalidArgument means misuse of the command and kCancelled means that it
// was told to stop, and neither may come from errno by accident.
absl::Status SystemError(int error, absl::string_view action,
                         absl::string_view name);

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_SYSTEM_ERROR_H_
