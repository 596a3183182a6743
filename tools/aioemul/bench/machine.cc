#include "tools/aioemul/bench/machine.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace aioemul::tools::bench {
namespace {

std::string ReadAll(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string ProcessorName() {
  for (absl::string_view line :
       absl::StrSplit(ReadAll("/proc/cpuinfo"), '\n')) {
    if (!absl::StartsWith(line, "model name")) continue;
    const size_t colon = line.find(':');
    if (colon == absl::string_view::npos) continue;
    return std::string(absl::StripAsciiWhitespace(line.substr(colon + 1)));
  }
  return "";
}

}  // namespace

std::string LibcVersion() {
  char version[128] = "";
#ifdef _CS_GNU_LIBC_VERSION
  confstr(_CS_GNU_LIBC_VERSION, version, sizeof version);
#endif
  return version;
}

std::string FileSystemIn(const std::string& mounts, unsigned major,
                         unsigned minor) {
  const std::string device = absl::StrCat(major, ":", minor);
  for (absl::string_view line : absl::StrSplit(mounts, '\n')) {
    // ID, parent, device, root, mount point, options, ..., "-", type, ...
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
    if (words.size() < 3 || words[2] != device) continue;
    for (size_t i = 3; i + 1 < words.size(); ++i) {
      if (words[i] == "-") return std::string(words[i + 1]);
    }
  }
  return "";
}

Machine ThisMachine(int fd) {
  Machine machine;
  machine.date =
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::Now(), absl::UTCTimeZone());
  struct utsname system;
  if (uname(&system) == 0) {
    machine.kernel = absl::StrCat(system.sysname, " ", system.release);
  }
  machine.libc = LibcVersion();
  machine.processor = ProcessorName();
  machine.processors = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  machine.memory_bytes =
      int64_t{sysconf(_SC_PHYS_PAGES)} * int64_t{sysconf(_SC_PAGESIZE)};
  struct stat status;
  if (fstat(fd, &status) == 0) {
    machine.file_system =
        FileSystemIn(ReadAll("/proc/self/mountinfo"), major(status.st_dev),
                     minor(status.st_dev));
  }
  return machine;
}

}  // namespace aioemul::tools::bench
