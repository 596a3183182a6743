#include "tools/aioemul/bench/system_calls.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/bench/measurement.h"
#include "tools/aioemul/bench/measuring_process.h"
#include "tools/aioemul/bench/menu.h"
#include "tools/aioemul/file.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools::bench {
namespace {

constexpr double kLongestSeconds = 300;

struct Lengths {
  int64_t shorter;
  int64_t longer;
};

Lengths LengthsOf(const Measurement& measurement) {
  switch (FindWorkload(measurement.workload)->kind) {
    case WorkloadKind::kQueue:
    case WorkloadKind::kQueueHeld:  // Whole rounds.
      return {measurement.x, measurement.x + std::max(measurement.x, 2000)};
    case WorkloadKind::kError:
      return {10'000, 100'000};
    default:
      return {1000, 5000};
  }
}

struct Count {
  int64_t calls;
  int64_t operations;
};

absl::StatusOr<std::string> ReadFromStart(const File& file) {
  std::string text(size_t{1} << 16, '\0');
  const ssize_t count = pread(file.fd(), text.data(), text.size(), 0);
  if (count < 0) return SystemError(errno, "reading", file.name());
  text.resize(static_cast<size_t>(count));
  return text;
}

absl::StatusOr<Count> CountOnce(const Measurement& measurement,
                                const std::vector<std::string>& environment) {
  const int fd = memfd_create("strace", MFD_CLOEXEC);
  if (fd < 0) return SystemError(errno, "making", "memfd");
  const File file(fd, "strace");
  ProcessOptions options;
  options.environment = environment;
  options.longest_seconds = kLongestSeconds;
  options.wrapper = {"strace", "-f",
                     "-c",     "-qq",
                     "-U",     "calls,name",
                     "-o",     absl::StrCat("/proc/", getpid(), "/fd/", fd)};
  const absl::StatusOr<MeasuredRun> run =
      RunMeasuringProcess(measurement, options);
  if (!run.ok()) return run.status();
  const absl::StatusOr<std::string> text = ReadFromStart(file);
  if (!text.ok()) return text.status();
  const absl::StatusOr<int64_t> total = TotalOfStrace(*text);
  if (!total.ok()) return total.status();
  return Count{*total, run->operations};
}

}  // namespace

bool CanCountSystemCalls(const Measurement& measurement) {
  return FindWorkload(measurement.workload)->kind != WorkloadKind::kCancel;
}

absl::StatusOr<double> CountSystemCalls(
    Measurement measurement, const std::vector<std::string>& environment) {
  const Lengths lengths = LengthsOf(measurement);
  measurement.operations = lengths.shorter;
  const absl::StatusOr<Count> shorter = CountOnce(measurement, environment);
  if (!shorter.ok()) return shorter.status();
  measurement.operations = lengths.longer;
  const absl::StatusOr<Count> longer = CountOnce(measurement, environment);
  if (!longer.ok()) return longer.status();
  return static_cast<double>(longer->calls - shorter->calls) /
         static_cast<double>(longer->operations - shorter->operations);
}

absl::StatusOr<int64_t> TotalOfStrace(const std::string& text) {
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, ' ', absl::SkipEmpty());
    int64_t total = 0;
    if (words.size() == 2 && words[1] == "total" &&
        absl::SimpleAtoi(words[0], &total)) {
      return total;
    }
  }
  return absl::UnknownError("strace has written no total");
}

}  // namespace aioemul::tools::bench
