#include "tools/aioemul/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools {
namespace {

absl::Status CheckRegular(const struct stat& status, const std::string& path) {
  if (S_ISREG(status.st_mode)) return absl::OkStatus();
  if (S_ISDIR(status.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat(Quoted(path), " is a directory"));
  }
  return absl::FailedPreconditionError(
      absl::StrCat(Quoted(path), " is not a regular file"));
}

// The files of /proc claim to be empty and hold data all the same; what is
// copied by offset must tell its size.
absl::Status CheckSize(const File& file) {
  const absl::StatusOr<struct stat> status = file.Stat();
  if (!status.ok()) return status.status();
  char byte;
  if (status->st_size > 0 || pread(file.fd(), &byte, 1, 0) <= 0) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat(Quoted(file.name()), " holds data but tells no size"));
}

}  // namespace

File::File(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

File::File(File&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      name_(std::move(other.name_)),
      alignment_(other.alignment_) {}

File::~File() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<struct stat> File::Stat() const {
  struct stat status;
  if (fstat(fd_, &status) != 0) {
    return SystemError(errno, "examining", name_);
  }
  return status;
}

absl::Status File::Close() {
  // After EINTR the descriptor is gone on Linux and must not be closed again;
  // EINTR says nothing about the data.
  if (close(std::exchange(fd_, -1)) != 0 && errno != EINTR) {
    return SystemError(errno, "closing", name_);
  }
  return absl::OkStatus();
}

absl::StatusOr<File> OpenSource(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) {
    return SystemError(errno, "opening", path);
  }
  if (absl::Status regular = CheckRegular(status, path); !regular.ok()) {
    return regular;
  }
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return SystemError(errno, "opening", path);
  File file(fd, path);
  if (absl::Status size = CheckSize(file); !size.ok()) return size;
  return file;
}

absl::StatusOr<File> OpenDirectory(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return SystemError(errno, "opening directory", path);
  return File(fd, path);
}

absl::Status ShrankError(const File& source) {
  return absl::DataLossError(
      absl::StrCat(Quoted(source.name()), " shrank while it was copied"));
}

}  // namespace aioemul::tools
