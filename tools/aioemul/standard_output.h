// Writes to the standard output in a way that a stop signal can interrupt.

#ifndef AIOEMUL_TOOLS_AIOEMUL_STANDARD_OUTPUT_H_
#define AIOEMUL_TOOLS_AIOEMUL_STANDARD_OUTPUT_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/file.h"
#include "tools/aioemul/transfer.h"

namespace aioemul::tools {

// Not thread-safe.
class StandardOutput {
 public:
  explicit StandardOutput(File file);

  // Returns when all of `text` is out, or has failed.  A second stop signal
  // ends the process meanwhile.
  absl::Status Write(absl::string_view text);

  // The last write failed because nobody reads any more.
  bool reader_gone() const { return reader_gone_; }

 private:
  absl::Status WriteInPlace(absl::string_view text);
  absl::Status WriteToStream(absl::string_view text);
  absl::Status Error(int error);

  const File file_;
  const bool seekable_;
  bool reader_gone_ = false;
  Transfer transfer_;
};

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_STANDARD_OUTPUT_H_
