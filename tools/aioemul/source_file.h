// Opens what `tail` reads, without waiting for anybody.

#ifndef AIOEMUL_TOOLS_AIOEMUL_SOURCE_FILE_H_
#define AIOEMUL_TOOLS_AIOEMUL_SOURCE_FILE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "tools/aioemul/file.h"

namespace aioemul::tools {

struct SourceFile {
  enum class Kind {
    kRegular,  // Has a size, and last lines.
    kFifo,     // Has a name, under which writers come and go.
    kStream,   // Anything else: its end is its end.
  };

  File file;  // Blocking, unless somebody else has made it otherwise.
  Kind kind;
  // A writer of our own at a FIFO: while it is open a read waits for others,
  // where it would meet the end if there is none.  Absent where it is not
  // permitted.
  std::optional<File> writer;
};

// "-" is the standard input.  A directory is an error.
absl::StatusOr<SourceFile> OpenSourceFile(const std::string& path);

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_SOURCE_FILE_H_
