#include "tools/aioemul/bench/bench_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tools/aioemul/file.h"
#include "tools/aioemul/stop_signals.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools::bench {
namespace {

constexpr int64_t kPiece = int64_t{1} << 20;

absl::StatusOr<File> MakeUnnamed(const std::string& directory) {
  std::string path = absl::StrCat(directory, "/.aioemul-bench-XXXXXX");
  const int fd = mkostemp(path.data(), O_CLOEXEC);
  if (fd < 0) return SystemError(errno, "making a file in", directory);
  File file(fd, path);
  if (unlink(path.c_str()) != 0) return SystemError(errno, "removing", path);
  return file;
}

}  // namespace

absl::StatusOr<File> MakeBenchFile(const std::string& directory,
                                   int64_t bytes) {
  absl::StatusOr<File> file = MakeUnnamed(directory);
  if (!file.ok()) return file;
  std::mt19937_64 random(1);
  std::vector<uint64_t> piece(static_cast<size_t>(kPiece) / sizeof(uint64_t));
  for (int64_t offset = 0; offset < bytes;) {
    if (StopSignalReceived() != 0) return absl::CancelledError("interrupted");
    for (uint64_t& word : piece) word = random();
    const auto wanted = static_cast<size_t>(std::min(kPiece, bytes - offset));
    const ssize_t count = pwrite(file->fd(), piece.data(), wanted, offset);
    if (count < 0) return SystemError(errno, "writing a file in", directory);
    offset += count;
  }
  if (fsync(file->fd()) != 0) {
    return SystemError(errno, "writing a file in", directory);
  }
  return file;
}

std::string PathForOthers(const File& file) {
  return absl::StrCat("/proc/", getpid(), "/fd/", file.fd());
}

}  // namespace aioemul::tools::bench
