#include "tools/aioemul/source_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tools/aioemul/file.h"
#include "tools/aioemul/standard_streams.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools {
namespace {

struct FreePath {
  void operator()(char* path) const { free(path); }
};

// A pipe can be opened as /dev/fd/N, which is how shells pass one in place of a
// file.  That leads to no path, and no other writer will come.
bool HasName(const std::string& path) {
  return std::unique_ptr<char, FreePath>(realpath(path.c_str(), nullptr)) !=
         nullptr;
}

// Opening a FIFO or a serial line can wait, hence O_NONBLOCK.
absl::StatusOr<File> OpenNow(const std::string& path) {
  const int fd =
      open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return SystemError(errno, "opening", path);
  File file(fd, path);
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0) {
    return SystemError(errno, "opening", path);
  }
  return file;
}

std::optional<File> OpenWriter(const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  return fd < 0 ? std::nullopt : std::make_optional<File>(fd, path);
}

}  // namespace

absl::StatusOr<SourceFile> OpenSourceFile(const std::string& path) {
  const bool standard_input = path == "-";
  absl::StatusOr<File> file =
      standard_input ? OpenStandardInput() : OpenNow(path);
  if (!file.ok()) return file.status();
  const absl::StatusOr<struct stat> status = file->Stat();
  if (!status.ok()) return status.status();
  if (S_ISDIR(status->st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat(Quoted(file->name()), " is a directory"));
  }
  SourceFile source = {*std::move(file), SourceFile::Kind::kStream,
                       std::nullopt};
  if (S_ISREG(status->st_mode)) {
    source.kind = SourceFile::Kind::kRegular;
  } else if (S_ISFIFO(status->st_mode) && !standard_input && HasName(path)) {
    source.kind = SourceFile::Kind::kFifo;
    std::optional<File> writer = OpenWriter(path);
    if (writer.has_value()) source.writer.emplace(*std::move(writer));
  }
  return source;
}

}  // namespace aioemul::tools
