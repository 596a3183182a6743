#include "tools/aioemul/temporary_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tools/aioemul/destination.h"
#include "tools/aioemul/file.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools {
namespace {

constexpr mode_t kPermissions = S_IRWXU | S_IRWXG | S_IRWXO;

// Process numbers are unique on one machine only: another machine writing to
// the same directory makes for a second attempt.
constexpr int kAttempts = 100;

}  // namespace

absl::StatusOr<TemporaryFile> TemporaryFile::Create(const Destination& target,
                                                    mode_t new_mode) {
  // The mode holds for later opens: this one can write whatever the mode.
  const mode_t mode =
      target.replaced.has_value() ? S_IRUSR | S_IWUSR : new_mode & kPermissions;
  int fd = -1;
  std::string path;
  for (int attempt = 0; attempt < kAttempts && fd < 0; ++attempt) {
    path = absl::StrCat(target.directory, "/", kTemporaryPrefix, getpid(), "-",
                        attempt);
    fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0 && errno != EEXIST) break;
  }
  if (fd < 0) return SystemError(errno, "creating", target.name);
  TemporaryFile temporary(File(fd, target.name), std::move(path), target);
  if (target.replaced.has_value()) {
    absl::Status status = temporary.TakeOver(*target.replaced);
    if (!status.ok()) return status;
  }
  return temporary;
}

TemporaryFile::TemporaryFile(File file, std::string path,
                             const Destination& target)
    : file_(std::move(file)),
      path_(std::move(path)),
      destination_path_(target.path) {}

TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept
    : file_(std::move(other.file_)),
      path_(std::exchange(other.path_, std::string())),
      destination_path_(std::move(other.destination_path_)) {}

TemporaryFile::~TemporaryFile() {
  if (!path_.empty()) unlink(path_.c_str());
}

absl::Status TemporaryFile::TakeOver(const struct stat& replaced) {
  // Giving a file away is not for everybody; whoever may not do so owns the
  // copy, as after cp --remove-destination.
  if (fchown(file_.fd(), replaced.st_uid, replaced.st_gid) != 0 &&
      errno != EPERM) {
    return SystemError(errno, "setting the owner of", file_.name());
  }
  if (fchmod(file_.fd(), replaced.st_mode & kPermissions) != 0) {
    return SystemError(errno, "setting the mode of", file_.name());
  }
  return absl::OkStatus();
}

absl::Status TemporaryFile::Commit() {
  if (absl::Status status = file_.Close(); !status.ok()) return status;
  if (rename(path_.c_str(), destination_path_.c_str()) != 0) {
    return SystemError(errno, "replacing", file_.name());
  }
  path_.clear();
  return absl::OkStatus();
}

}  // namespace aioemul::tools
