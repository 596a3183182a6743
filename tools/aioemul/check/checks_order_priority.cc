// B: which of the waiting requests is next, seen with a single worker.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/areas.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/gated_write.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

// Leaves the backend one worker: what waits is then carried out one by one, and
// where writes overlap the file tells their order.
void LeaveOneWorker(Trial& trial) {
  if (!trial.backend().has_init) {
    trial.Unsupported("it has no aio_init, which would leave it one worker");
  }
  aioinit init = {};
  init.aio_threads = 1;
  init.aio_num = 64;
  init.aio_idle_time = 1;
  trial.backend().init(&init);
}

std::string Contents(Trial& trial, int fd, size_t size) {
  std::string contents(size, '\0');
  const ssize_t count = pread(fd, contents.data(), size, 0);
  trial.RequireThat(count == static_cast<ssize_t>(size),
                    "the file is read back");
  return contents;
}

void AwaitAll(Trial& trial, std::vector<aiocb>& blocks) {
  for (aiocb& block : blocks) {
    const int error = trial.Await(block);
    trial.Require(error == 0, absl::StrCat("a write: ", ErrorName(error)));
  }
}

// A write of one byte at the beginning of the file.
struct ByteWrite {
  ByteWrite(int fd, char value, int delta)
      : byte(value), block(BlockFor(fd, &byte, 1, 0)) {
    block.aio_reqprio = delta;
  }
  char byte;
  aiocb block;
};

// The later of the two writes leaves its byte.
void ExpectLater(Trial& trial, int fd, ByteWrite& other, ByteWrite& later) {
  trial.ExpectResult("the first write", &other.block, 0, 1);
  trial.ExpectResult("the second write", &later.block, 0, 1);
  const char left = Contents(trial, fd, 1)[0];
  trial.Expect(
      left == later.byte,
      absl::StrCat("of the writes '", std::string(1, other.byte), "' and '",
                   std::string(1, later.byte), "', '", std::string(1, left),
                   "' was carried out last; it must be '",
                   std::string(1, later.byte), "'"));
}

void HigherFirst(Trial& trial) {
  LeaveOneWorker(trial);
  GatedWrite busy(trial, trial.NewFile(0, O_RDWR), 0);
  const int fd = trial.NewFile(1, O_RDWR);
  ByteWrite low(fd, 'l', 1);
  ByteWrite high(fd, 'h', 0);
  trial.Write(&low.block);
  trial.Write(&high.block);
  busy.ExpectWritten('b');
  ExpectLater(trial, fd, high, low);
}

// Another descriptor of the same file, so that the order is seen in it.
void HigherFirstAcrossDescriptors(Trial& trial) {
  LeaveOneWorker(trial);
  GatedWrite busy(trial, trial.NewFile(0, O_RDWR), 0);
  const int fd = trial.NewFile(1, O_RDWR);
  ByteWrite low(fd, 'l', 1);
  ByteWrite high(dup(fd), 'h', 0);
  trial.Write(&low.block);
  trial.Write(&high.block);
  busy.ExpectWritten('b');
  ExpectLater(trial, fd, high, low);
}

void RunUnder(Trial& trial, int policy, int priority) {
  sched_param parameters = {};
  parameters.sched_priority = priority;
  const int error = pthread_setschedparam(pthread_self(), policy, &parameters);
  if (error != 0) {
    trial.NotRun(
        absl::StrCat("may not set a real-time priority: ", ErrorName(error)));
  }
}

// The priority of the caller counts, and the difference is taken from it.
void CallersPriorityCounts(Trial& trial) {
  LeaveOneWorker(trial);
  GatedWrite busy(trial, trial.NewFile(0, O_RDWR), 0);
  const int fd = trial.NewFile(1, O_RDWR);
  ByteWrite low(fd, 'l', 0);
  ByteWrite high(dup(fd), 'h', 3);
  const int base = sched_get_priority_min(SCHED_FIFO);
  RunUnder(trial, SCHED_FIFO, base);
  trial.Write(&low.block);
  RunUnder(trial, SCHED_FIFO, base + 4);
  trial.Write(&high.block);
  RunUnder(trial, SCHED_OTHER, 0);
  busy.ExpectWritten('b');
  ExpectLater(trial, fd, high, low);
}

// Write i covers the bytes from i on, so byte i is of the last of the writes up
// to i: it is i's own if none of the earlier ones came after it.
void EqualInCallOrder(Trial& trial) {
  constexpr size_t kWrites = 26;
  LeaveOneWorker(trial);
  GatedWrite busy(trial, trial.NewFile(0, O_RDWR), 0);
  const int fd = trial.NewFile(0, O_RDWR);
  std::vector<std::string> texts;
  std::vector<aiocb> blocks;
  std::string expected;
  for (size_t i = 0; i < kWrites; ++i) {
    expected.push_back(static_cast<char>('a' + i));
    texts.emplace_back(kWrites - i, expected.back());
  }
  for (size_t i = 0; i < kWrites; ++i) {
    blocks.push_back(
        BlockFor(fd, texts[i].data(), texts[i].size(), static_cast<off_t>(i)));
  }
  for (aiocb& block : blocks) trial.Write(&block);
  busy.ExpectWritten('b');
  AwaitAll(trial, blocks);
  const std::string contents = Contents(trial, fd, kWrites);
  trial.Expect(
      contents == expected,
      absl::StrCat("writes of which the last shows, each from one byte "
                   "further on, leave ",
                   contents, "; in call order they leave ", expected));
}

// Write i of the many is on byte i alone.  The one is on all bytes: those that
// are its own in the end were written before it.
void OthersNotStarved(Trial& trial) {
  constexpr size_t kMany = 1024;
  LeaveOneWorker(trial);
  GatedWrite busy(trial, trial.NewFile(0, O_RDWR), 0);
  const int fd = trial.NewFile(kMany, O_RDWR);
  char letter = 'm';
  std::vector<aiocb> blocks;
  for (size_t i = 0; i < kMany; ++i) {
    blocks.push_back(BlockFor(fd, &letter, 1, static_cast<off_t>(i)));
  }
  std::string ones(kMany, '1');
  blocks.push_back(BlockFor(dup(fd), ones.data(), ones.size(), 0));
  for (aiocb& block : blocks) trial.Write(&block);
  busy.ExpectWritten('b');
  AwaitAll(trial, blocks);
  const std::string contents = Contents(trial, fd, kMany);
  const auto before = std::count(contents.begin(), contents.end(), '1');
  trial.Expect(before <= static_cast<ptrdiff_t>(kMany / 4),
               absl::StrCat(before, " of ", kMany,
                            " requests on one descriptor went before the one "
                            "on another"));
}

constexpr absl::string_view kPrioritized =
    "2.8.2 Asynchronous I/O: for the files that the implementation prioritizes";

constexpr Check kChecks[] = {
    {"order.higher-priority-first", "B1", kPrioritized, Standing::kChosen,
     "of two requests that wait on one descriptor the one of higher priority "
     "is carried out first",
     HigherFirst},
    {"order.higher-priority-first-of-all", "B1", kPrioritized,
     Standing::kChosen,
     "a waiting request of higher priority goes before one on another "
     "descriptor of the file",
     HigherFirstAcrossDescriptors},
    {"order.priority-of-caller", "B1",
     "aio_read and aio_write, DESCRIPTION: for the files that the "
     "implementation prioritizes",
     Standing::kChosen,
     "the priority is the calling thread's real-time priority minus "
     "aio_reqprio",
     CallersPriorityCounts},
    {"order.equal-priority-call-order", "B1", "", Standing::kPromised,
     "requests of equal priority start in call order", EqualInCallOrder},
    {"order.no-starvation", "B2", "", Standing::kPromised,
     "many requests on one descriptor do not hold up one on another",
     OthersNotStarved},
};

}  // namespace

absl::Span<const Check> OrderPriorityChecks() { return kChecks; }

}  // namespace aioemul::tools::check
