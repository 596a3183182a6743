// The standard input and output as files of their own.

#ifndef AIOEMUL_TOOLS_AIOEMUL_STANDARD_STREAMS_H_
#define AIOEMUL_TOOLS_AIOEMUL_STANDARD_STREAMS_H_

#include "absl/status/statusor.h"
#include "tools/aioemul/file.h"

namespace aioemul::tools {

// On a duplicate of the descriptor, which may be closed like any other.
absl::StatusOr<File> OpenStandardInput();
absl::StatusOr<File> OpenStandardOutput();

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_STANDARD_STREAMS_H_
