// Each bug of the broken backend is live, and without one it has none of them.

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "gtest/gtest.h"
#include "tools/backends/backend.h"
#include "tools/backends/broken_bug.h"
#include "tools/backends/broken_probe.h"

namespace aioemul::backends {

// For GoogleTest to find.
void PrintTo(const BugEntry& entry, std::ostream* out);
void PrintTo(const BugEntry& entry, std::ostream* out) { *out << entry.name; }

namespace {

constexpr char kLibrary[] = "tools/backends/libbroken_backend.so";

// Which probe shows the bug; null when none does.
const ProbeEntry* ProbeOf(absl::string_view bug) {
  for (const auto& probes :
       {TransferProbes(), WaitingProbes(), ProcessProbes()}) {
    for (const ProbeEntry& entry : probes) {
      if (entry.bug == bug) return &entry;
    }
  }
  return nullptr;
}

constexpr int kRight = 0;
constexpr int kWrong = 1;

// Loads the backend with the bug, or without any when it is null, and probes
// it.
[[noreturn]] void RunProbe(const ProbeEntry& entry, const char* bug) {
  // Crashes are expected, and their images worth nothing.
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  const absl::string_view name = entry.bug;
  if (name == "priority-inverted") setenv("AIOEMUL_THREADS", "1", 1);
  if (bug != nullptr) {
    setenv("AIO_BROKEN", bug, 1);
  } else {
    unsetenv("AIO_BROKEN");
  }
  const auto backend = tools::OpenBackend(kLibrary);
  if (!backend.ok()) {
    fprintf(stderr, "%s\n", backend.status().ToString().c_str());
    _exit(100);
  }
  const bool spoilt = bug != nullptr && absl::string_view(bug) != "list";
  const Probe probe(*backend, spoilt);
  _exit(entry.is_right(probe) ? kRight : kWrong);
}

// The status of waitpid.
int StatusOfProbe(const ProbeEntry& entry, const char* bug) {
  const pid_t child = fork();
  if (child == 0) RunProbe(entry, bug);
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

class BrokenBackend : public testing::TestWithParam<BugEntry> {};

TEST_P(BrokenBackend, HasTheBugOnlyWhenAsked) {
  const ProbeEntry* const entry = ProbeOf(GetParam().name);
  ASSERT_NE(entry, nullptr) << "nothing probes for it";
  const int without = StatusOfProbe(*entry, nullptr);
  EXPECT_TRUE(WIFEXITED(without) && WEXITSTATUS(without) == kRight)
      << "without a bug the probe's status is " << without;
  const int with = StatusOfProbe(*entry, GetParam().name);
  EXPECT_TRUE(WIFSIGNALED(with) || WEXITSTATUS(with) == kWrong)
      << "with the bug the probe's status is " << with;
}

INSTANTIATE_TEST_SUITE_P(
    EachBug, BrokenBackend,
    testing::ValuesIn(std::vector<BugEntry>(kBugs, kBugs + kBugCount)),
    [](const testing::TestParamInfo<BugEntry>& bug) {
      std::string name = bug.param.name;
      for (char& c : name) {
        if (c == '-') c = '_';
      }
      return name;
    });

TEST(BrokenBackendDeathTest, RefusesABugThatItDoesNotHave) {
  const ProbeEntry& any = TransferProbes().front();
  EXPECT_EXIT(RunProbe(any, "no-such"), testing::ExitedWithCode(2),
              "no such bug");
}

TEST(BrokenBackendDeathTest, ListsItsBugsAndHasNone) {
  const ProbeEntry* const any = ProbeOf("wrong-byte");
  ASSERT_NE(any, nullptr);
  EXPECT_EXIT(RunProbe(*any, "list"), testing::ExitedWithCode(kRight),
              "wrong-byte");
}

}  // namespace
}  // namespace aioemul::backends
