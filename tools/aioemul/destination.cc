#include "tools/aioemul/destination.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tools/aioemul/file.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools {
namespace {

std::string BaseName(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string DirectoryOf(const std::string& path) {
  const std::string::size_type slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string InsideDirectory(const std::string& directory,
                            const std::string& name) {
  return absl::StrCat(directory, absl::EndsWith(directory, "/") ? "" : "/",
                      name);
}

// Follows the symbolic links at the end of `path`.
absl::StatusOr<std::string> ResolveLinks(const std::string& path) {
  const std::unique_ptr<char, decltype(&free)> target(
      realpath(path.c_str(), nullptr), free);
  if (target != nullptr) return std::string(target.get());
  if (errno == ENOENT) {
    return absl::FailedPreconditionError(
        absl::StrCat(Quoted(path), " is a dangling symbolic link"));
  }
  return SystemError(errno, "following", path);
}

absl::Status CheckReplaceable(const File& source, const Destination& target,
                              bool force) {
  const absl::StatusOr<struct stat> origin = source.Stat();
  if (!origin.ok()) return origin.status();
  if (origin->st_dev == target.replaced->st_dev &&
      origin->st_ino == target.replaced->st_ino) {
    return absl::FailedPreconditionError(
        absl::StrCat(Quoted(source.name()), " and ", Quoted(target.name),
                     " are the same file"));
  }
  if (S_ISDIR(target.replaced->st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(
        Quoted(target.name), " is a directory and cannot be replaced"));
  }
  if (!S_ISREG(target.replaced->st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat(Quoted(target.name), " is not a regular file"));
  }
  // rename would replace a write-protected file: its directory alone decides.
  if (!force &&
      faccessat(AT_FDCWD, target.path.c_str(), W_OK, AT_EACCESS) != 0) {
    return SystemError(errno, "replacing", target.name);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Destination> ResolveDestination(const File& source,
                                               const std::string& named,
                                               bool force) {
  struct stat status;
  Destination target;
  target.name = named;
  if (stat(named.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
    target.name = InsideDirectory(named, BaseName(source.name()));
  }
  target.path = target.name;
  if (lstat(target.path.c_str(), &status) == 0) {
    if (S_ISLNK(status.st_mode)) {
      absl::StatusOr<std::string> resolved = ResolveLinks(target.path);
      if (!resolved.ok()) return resolved.status();
      target.path = *std::move(resolved);
    }
    if (stat(target.path.c_str(), &status) != 0) {
      return SystemError(errno, "examining", target.name);
    }
    target.replaced = status;
    absl::Status replaceable = CheckReplaceable(source, target, force);
    if (!replaceable.ok()) return replaceable;
  } else if (errno != ENOENT) {
    return SystemError(errno, "creating", target.name);
  } else if (target.path.empty() || absl::EndsWith(target.path, "/")) {
    return SystemError(ENOENT, "opening directory", target.name);
  }
  target.directory = DirectoryOf(target.path);
  return target;
}

}  // namespace aioemul::tools
