// An open file: the descriptor, the name to use in messages, and how its
// transfers must be aligned.

#ifndef AIOEMUL_TOOLS_AIOEMUL_FILE_H_
#define AIOEMUL_TOOLS_AIOEMUL_FILE_H_

#include <stddef.h>
#include <sys/stat.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace aioemul::tools {

// Owns the descriptor.  Movable; whoever submits requests on it keeps it open
// until they are complete.
class File {
 public:
  File(int fd, std::string name);
  File(File&& other) noexcept;
  File& operator=(File&& other) = delete;
  ~File();

  int fd() const { return fd_; }
  const std::string& name() const { return name_; }

  // Offsets and lengths of transfers are multiples of it: 1 unless direct I/O
  // is on.
  size_t alignment() const { return alignment_; }
  void set_alignment(size_t alignment) { alignment_ = alignment; }

  absl::StatusOr<struct stat> Stat() const;

  // Closes the descriptor now.  Some file systems report only here that data
  // could not be kept.
  absl::Status Close();

 private:
  int fd_;
  std::string name_;
  size_t alignment_ = 1;
};

// Opens `path` for reading.  Only regular files can be copied by offset:
// directories, pipes, sockets and devices are refused before they are opened,
// as opening them can wait or have effects of its own.
absl::StatusOr<File> OpenSource(const std::string& path);

// Opens a directory, to make changes of its entries durable.
absl::StatusOr<File> OpenDirectory(const std::string& path);

// The source has ended before the size that it had at the start.
absl::Status ShrankError(const File& source);

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_FILE_H_
