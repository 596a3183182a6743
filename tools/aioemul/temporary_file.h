// The destination while it is written: a hidden file in the same directory,
// which takes the destination's place in one step or disappears.

#ifndef AIOEMUL_TOOLS_AIOEMUL_TEMPORARY_FILE_H_
#define AIOEMUL_TOOLS_AIOEMUL_TEMPORARY_FILE_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/aioemul/destination.h"
#include "tools/aioemul/file.h"

namespace aioemul::tools {

// The names of all temporary files begin with it, so that one left behind by
// a crash is recognized.
inline constexpr char kTemporaryPrefix[] = ".aioemul-copy-";

// Removes the file in its destructor unless it was committed.  Only a crash or
// SIGKILL leaves it behind.
class TemporaryFile {
 public:
  // `new_mode` and the umask are the mode of a destination that is new; one
  // that is replaced hands its mode on, and its owner where that is allowed.
  static absl::StatusOr<TemporaryFile> Create(const Destination& target,
                                              mode_t new_mode);

  TemporaryFile(TemporaryFile&& other) noexcept;
  ~TemporaryFile();

  // Open for reading and writing, under the destination's name in messages.
  File& file() { return file_; }
  const std::string& path() const { return path_; }

  // Closes the file and makes it the destination.
  absl::Status Commit();

 private:
  TemporaryFile(File file, std::string path, const Destination& target);

  absl::Status TakeOver(const struct stat& replaced);

  File file_;
  std::string path_;  // Empty when there is nothing to remove.
  std::string destination_path_;
};

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_TEMPORARY_FILE_H_
