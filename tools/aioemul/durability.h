// Makes what was written to a file survive a crash.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DURABILITY_H_
#define AIOEMUL_TOOLS_AIOEMUL_DURABILITY_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "tools/aioemul/file.h"

namespace aioemul::tools {

// Returns when all that was written to `file` is on stable storage.  `observer`
// is called a few times a second while that lasts; an error of its ends the
// call as soon as the request allows.
absl::Status SyncFile(const File& file,
                      absl::FunctionRef<absl::Status()> observer);

// The same for the entries of a directory.  File systems that cannot do it are
// taken to have no need of it.
absl::Status SyncDirectory(const File& directory);

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_DURABILITY_H_
