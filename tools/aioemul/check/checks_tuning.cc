// J: aio_init, which is glibc's, this library's variables of the environment,
// and the threads of an idle process.

// <aio.h> tells of aioinit only with _GNU_SOURCE, which g++ defines.
#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/areas.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/gated_write.h"
#include "tools/aioemul/check/page_gate.h"
#include "tools/aioemul/check/scene.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

// Threads that a backend may have beside those that carry out requests.
constexpr size_t kOtherThreads = 4;

void SetThreads(Trial& trial, int threads) {
  if (!trial.backend().has_init) trial.Unsupported("there is no aio_init");
  aioinit init = {};
  init.aio_threads = threads;
  init.aio_num = 64;
  init.aio_idle_time = 1;
  trial.backend().init(&init);
}

// Writes on a file each, that all stay in progress; the first has begun.
class HeldWrites {
 public:
  HeldWrites(Trial& trial, int count)
      : trial_(trial),
        first_(trial, trial.NewFile(1, O_RDWR), 0),
        gate_(trial) {
    for (int i = 1; i < count; ++i) {
      blocks_.push_back(
          BlockFor(trial.NewFile(1, O_RDWR), gate_.buffer(), gate_.size(), 0));
      trial.Write(&blocks_.back());
    }
  }
  HeldWrites(const HeldWrites&) = delete;
  HeldWrites& operator=(const HeldWrites&) = delete;

  // Until so many are being made at a time.
  void AwaitBegun(int count) {
    for (int i = 1; i < count; ++i) gate_.AwaitArrival();
  }
  void Finish() {
    first_.ExpectWritten('g');
    gate_.Open('g');
    for (aiocb& block : blocks_) {
      trial_.ExpectResult("a write that was held up", &block, 0,
                          static_cast<ssize_t>(gate_.size()));
    }
  }

 private:
  Trial& trial_;
  GatedWrite first_;
  PageGate gate_;
  std::deque<aiocb> blocks_;
};

void WriteByte(Trial& trial) {
  char byte = 0;
  aiocb block = BlockFor(trial.NewFile(1, O_RDWR), &byte, 1, 0);
  trial.Write(&block);
  trial.ExpectResult("a write", &block, 0, 1);
}

// No more threads than allowed come to be, however many writes are held up.
void ExpectFewThreads(Trial& trial, size_t before, int allowed) {
  HeldWrites writes(trial, 32);
  const auto most = static_cast<size_t>(allowed) + kOtherThreads;
  // Those of before may not have left yet.
  constexpr int kLooks = 100;
  size_t threads = ThreadIds().size() - before;
  for (int look = 0; look < kLooks && threads > most; ++look) {
    const timespec moment = {0, 1'000'000};
    nanosleep(&moment, nullptr);
    threads = ThreadIds().size() - before;
  }
  trial.Expect(threads <= most,
               absl::StrCat("threads made for 32 writes where ", allowed,
                            " are allowed: ", threads));
  writes.Finish();
}

void LimitsThreads(Trial& trial) {
  const size_t before = ThreadIds().size();
  SetThreads(trial, 2);
  ExpectFewThreads(trial, before, 2);
}

void GrowsLater(Trial& trial) {
  constexpr int kMore = 8;
  SetThreads(trial, 1);
  WriteByte(trial);
  SetThreads(trial, kMore);
  HeldWrites writes(trial, kMore);
  trial.Expect(true, absl::StrCat("after a first request, ", kMore,
                                  " threads are allowed instead of 1; as many "
                                  "writes at a time are waited for"));
  writes.AwaitBegun(kMore);
  writes.Finish();
}

void ShrinksLater(Trial& trial) {
  const size_t before = ThreadIds().size();
  SetThreads(trial, 16);
  {
    HeldWrites writes(trial, 16);
    writes.Finish();
  }
  SetThreads(trial, 2);
  trial.Expect(true,
               "after 16 threads 2 are allowed; the others' end is "
               "waited for");
  while (ThreadIds().size() > before + 2 + kOtherThreads) {
    const timespec moment = {0, 1'000'000};
    nanosleep(&moment, nullptr);
  }
  ExpectFewThreads(trial, before, 2);
}

void AnyValuesWork(Trial& trial) {
  for (const int value : {0, -1, INT_MIN, 1, INT_MAX}) {
    aioinit init = {};
    init.aio_threads = value;
    init.aio_num = value;
    init.aio_idle_time = value;
    SetThreads(trial, 1);
    trial.backend().init(&init);
    trial.Expect(true, absl::StrCat("aio_init with all values ", value));
    WriteByte(trial);
  }
}

void IdleThreadsLeave(Trial& trial) {
  const size_t before = ThreadIds().size();
  if (trial.backend().has_init) SetThreads(trial, 8);
  {
    HeldWrites writes(trial, 8);
    writes.Finish();
  }
  trial.Expect(true,
               "no request is left; the end of all threads of the "
               "backend is waited for");
  while (ThreadIds().size() > before) {
    const timespec moment = {0, 1'000'000};
    nanosleep(&moment, nullptr);
  }
  WriteByte(trial);
}

// The environment is read when a backend is loaded.

void LimitThreadsByEnvironment() {
  setenv("AIOEMUL_THREADS", "2", /*overwrite=*/1);
}

void EnvironmentLimitsThreads(Trial& trial) {
  if (!trial.backend().has_init) trial.Unsupported("there is no aio_init");
  ExpectFewThreads(trial, ThreadIds().size(), 2);
}

// The standard error goes to a file from before the backend is loaded.
int error_file = -1;

void SetMalformedVariable() {
  setenv("AIOEMUL_THREADS", "many", /*overwrite=*/1);
  error_file = memfd_create("standard error", MFD_CLOEXEC);
  dup2(error_file, STDERR_FILENO);
}

void MalformedVariableIsNamedOnce(Trial& trial) {
  constexpr char kName[] = "AIOEMUL_THREADS";
  if (!trial.backend().has_init) trial.Unsupported("there is no aio_init");
  WriteByte(trial);
  WriteByte(trial);
  std::string output(4096, '\0');
  const ssize_t count = pread(error_file, output.data(), output.size(), 0);
  output.resize(count > 0 ? static_cast<size_t>(count) : 0);
  const std::vector<absl::string_view> parts = absl::StrSplit(output, kName);
  trial.ExpectEqual(absl::StrCat("how often the standard error names ", kName,
                                 "=many after two requests"),
                    static_cast<long long>(parts.size()) - 1, 1);
}

// What the kernel tells of all threads but the caller's: whether they sleep,
// and how often they have been awake.
struct Activity {
  bool asleep = true;
  std::string awakenings;
};

Activity ActivityOfOthers() {
  Activity activity;
  for (const pid_t thread : ThreadIds()) {
    if (thread == getpid()) continue;
    const std::string state = ThreadField(thread, "State");
    activity.asleep &= !state.empty() && state[0] == 'S';
    absl::StrAppend(&activity.awakenings, thread, ":",
                    ThreadField(thread, "voluntary_ctxt_switches"), " ");
  }
  return activity;
}

void IdleUsesNoProcessor(Trial& trial) {
  constexpr int kLooks = 200;
  WriteByte(trial);
  IdleRead read(trial);
  read.Submit();
  trial.Expect(true,
               "a read waits for data and nothing else is asked for; a time in "
               "which no thread of the backend wakes up is waited for");
  Activity last;
  for (int looks = 0; looks < kLooks; ++looks) {
    const timespec moment = {0, 1'000'000};
    nanosleep(&moment, nullptr);
    Activity now = ActivityOfOthers();
    if (!now.asleep || now.awakenings != last.awakenings) looks = 0;
    last = std::move(now);
  }
  read.Feed();
  trial.ExpectResult("the read", read.block(), 0, 1);
}

constexpr Standing kPromised = Standing::kPromised;

constexpr Check kChecks[] = {
    {"tuning.limits-threads", "J1", "", kPromised,
     "aio_init before the first request limits the threads", LimitsThreads},
    {"tuning.grows-later", "J1", "", kPromised,
     "aio_init after the first request allows more threads", GrowsLater},
    {"tuning.shrinks-later", "J1", "", kPromised,
     "aio_init after the first request allows fewer threads", ShrinksLater},
    {"tuning.any-values", "J1", "", kPromised,
     "aio_init with values out of range leaves the backend working",
     AnyValuesWork},
    {"tuning.environment-limits-threads", "J2", "", kPromised,
     "AIOEMUL_THREADS in the environment limits the threads",
     EnvironmentLimitsThreads, LimitThreadsByEnvironment},
    {"tuning.malformed-environment", "J2", "", kPromised,
     "a malformed variable is named once on the standard error, and ignored",
     MalformedVariableIsNamedOnce, SetMalformedVariable},
    {"tuning.idle-uses-no-processor", "J3", "", kPromised,
     "while nothing but a read of an idle pipe is outstanding, no thread of "
     "the backend runs",
     IdleUsesNoProcessor},
    {"tuning.idle-threads-leave", "J3", "", kPromised,
     "a process without requests has no threads of the backend",
     IdleThreadsLeave},
};

}  // namespace

absl::Span<const Check> TuningChecks() { return kChecks; }

}  // namespace aioemul::tools::check
