// /proc/self/cgroup names the group of the process in each hierarchy: "0::/a/b"
// in that of version 2, "4:cpu,cpuacct:/a/b" in the one of version 1 that is
// about processors.  The group and each above it may have a limit of its own.
// In a container the path may be one of the host, which is not to be found
// there; then the topmost directory is the group itself.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "emul/platform/processor_quota.h"

namespace aioemul::processor_quota {
namespace {

constexpr size_t kLongestPath = 1024;

// Reads the file as a string, up to what fits; false when it cannot be read.
template <size_t kSize>
bool ReadFile(const char* path, std::array<char, kSize>* text) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const ssize_t count = read(fd, text->data(), kSize - 1);
  close(fd);
  (*text)[count > 0 ? static_cast<size_t>(count) : 0] = '\0';
  return count > 0;
}

// The number in the file `name` of `directory`, that after `skip` others; -1
// for what is none ("max"), and without such a file.
long long ReadNumber(const char* directory, const char* name, int skip = 0) {
  std::array<char, kLongestPath> path;
  std::array<char, 128> text;
  const int length =
      snprintf(path.data(), path.size(), "%s/%s", directory, name);
  if (length < 0 || static_cast<size_t>(length) >= path.size() ||
      !ReadFile(path.data(), &text)) {
    return -1;
  }
  char* begin = text.data();
  for (; skip > 0; --skip) strtoll(begin, &begin, 10);
  char* end = begin;
  const long long number = strtoll(begin, &end, 10);
  return end == begin ? -1 : number;
}

int ToProcessors(long long quota, long long period) {
  if (quota <= 0 || period <= 0) return INT_MAX;
  return static_cast<int>(std::clamp<long long>(quota / period, 1, INT_MAX));
}

// The limits of one group, of either version.
int OfGroup(const char* directory) {
  return std::min(ToProcessors(ReadNumber(directory, "cpu.max"),
                               ReadNumber(directory, "cpu.max", 1)),
                  ToProcessors(ReadNumber(directory, "cpu.cfs_quota_us"),
                               ReadNumber(directory, "cpu.cfs_period_us")));
}

// The least of the group at `path` and those above it, up to `mount`.
int OfGroups(const char* mount, const char* path) {
  std::array<char, kLongestPath> directory;
  const int length =
      snprintf(directory.data(), directory.size(), "%s%s", mount, path);
  if (length < 0 || static_cast<size_t>(length) >= directory.size()) {
    return INT_MAX;
  }
  int least = INT_MAX;
  const size_t top = strlen(mount);
  for (;;) {
    least = std::min(least, OfGroup(directory.data()));
    char* slash = strrchr(directory.data(), '/');
    if (slash < directory.data() + top) return least;
    *slash = '\0';
  }
}

bool IsAboutProcessors(const char* controllers) {
  for (const char* name = controllers; name != nullptr;) {
    if (strncmp(name, "cpu", 3) == 0 && (name[3] == ',' || name[3] == '\0')) {
      return true;
    }
    name = strchr(name, ',');
    if (name != nullptr) ++name;
  }
  return false;
}

// What the group of one line, "number:controllers:path", leaves.
int OfLine(const char* root, char* line) {
  char* controllers = strchr(line, ':');
  char* path = controllers == nullptr ? nullptr : strchr(controllers + 1, ':');
  if (path == nullptr) return INT_MAX;
  *path++ = '\0';
  ++controllers;
  const bool unified = *controllers == '\0';
  if (!unified && !IsAboutProcessors(controllers)) return INT_MAX;
  std::array<char, kLongestPath> mount;
  const int length = snprintf(mount.data(), mount.size(), "%s/sys/fs/cgroup%s",
                              root, unified ? "" : "/cpu");
  return static_cast<size_t>(length) < mount.size()
             ? OfGroups(mount.data(), path)
             : INT_MAX;
}

}  // namespace

int Processors(const char* root) {
  const int saved_errno = errno;
  std::array<char, kLongestPath> path;
  std::array<char, 4096> groups;
  snprintf(path.data(), path.size(), "%s/proc/self/cgroup", root);
  int least = INT_MAX;
  if (ReadFile(path.data(), &groups)) {
    char* rest = groups.data();
    while (char* line = strsep(&rest, "\n")) {
      least = std::min(least, OfLine(root, line));
    }
  }
  errno = saved_errno;
  return least;
}

}  // namespace aioemul::processor_quota
