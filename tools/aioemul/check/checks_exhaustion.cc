// A and F: what a submission does when memory runs out.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/areas.h"
#include "tools/aioemul/check/chance.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

constexpr size_t kRequests = 100'000;
constexpr size_t kPerList = 50;

size_t AddressSpace() {
  std::string text(64, '\0');
  const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  const ssize_t length = read(fd, text.data(), text.size() - 1);
  close(fd);
  if (length <= 0) return 0;
  return std::stoul(text) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

// Runs `submit` with little memory to be had.  It must not allocate itself.
void WithLittleMemory(Trial& trial, absl::FunctionRef<void()> submit) {
  // Little, so that backends which search their queues reach it soon.
  constexpr size_t kRoom = 128 << 10;
  constexpr size_t kMost = size_t{1} << 40;
  const size_t in_use = AddressSpace();
  if (in_use == 0 || in_use > kMost) {
    trial.NotRun("the address space cannot be limited, perhaps a sanitizer's");
  }
  rlimit before = {};
  getrlimit(RLIMIT_AS, &before);
  rlimit low = before;
  low.rlim_cur = in_use + kRoom;
  trial.RequireThat(setrlimit(RLIMIT_AS, &low) == 0, "the memory is limited");
  submit();
  setrlimit(RLIMIT_AS, &before);
}

// Reads of a pipe that nobody writes to yet.
struct IdleReads {
  explicit IdleReads(Trial& trial) {
    trial.NewPipe(ends);
    blocks.assign(kRequests, BlockFor(ends[0], &byte, 1, 0));
    for (aiocb& block : blocks) {
      block.aio_lio_opcode = LIO_READ;
      list.push_back(&block);
    }
  }
  int ends[2];
  char byte = 0;
  std::vector<aiocb> blocks;
  std::vector<aiocb*> list;
};

// Has the first `submitted` reads done, so that nothing is in the way of
// another one, whatever number of them the backend allows.
void ExpectWorksAgain(Trial& trial, const IdleReads& reads, size_t submitted) {
  const absl::Span<aiocb* const> blocks =
      absl::MakeConstSpan(reads.list).first(submitted);
  const auto waiting =
      std::count_if(blocks.begin(), blocks.end(), [&trial](aiocb* block) {
        return trial.backend().error(block) == EINPROGRESS;
      });
  const std::string food(static_cast<size_t>(waiting), 'f');
  trial.RequireThat(write(reads.ends[1], food.data(), food.size()) ==
                        static_cast<ssize_t>(food.size()),
                    "the reads are fed");
  for (aiocb* block : blocks) {
    trial.Await(*block);
    trial.Return(block);
  }
  char byte = 0;
  aiocb block = BlockFor(trial.NewFile(1, O_RDONLY), &byte, 1, 0);
  trial.Read(&block);
  trial.Expect(true, "once there is memory again, a request is accepted");
}

void ExhaustMemory(Trial& trial) {
  IdleReads reads(trial);
  size_t accepted = 0;
  int error = 0;
  WithLittleMemory(trial, [&] {
    while (accepted < kRequests && error == 0) {
      if (trial.backend().read(&reads.blocks[accepted]) == 0) {
        ++accepted;
      } else {
        error = errno;
      }
    }
  });
  if (error == ENOSYS) trial.Unsupported("aio_read gives ENOSYS");
  // A backend that needs no memory takes them all.
  if (error != 0) {
    trial.ExpectError(absl::StrCat("errno of aio_read without memory, after ",
                                   accepted, " requests"),
                      error, EAGAIN);
  }
  ExpectWorksAgain(trial, reads, accepted);
}

// The first request may need a thread, the others have what they need but for
// themselves.
void AtFirst(Trial& trial) { ExhaustMemory(trial); }

void Later(Trial& trial) {
  GiveChance(trial);
  ExhaustMemory(trial);
}

// Submits lists until several are not accepted whole.  The errno of the first
// of those, or 0, and how many entries were submitted.
int ExhaustByLists(Trial& trial, const IdleReads& reads, size_t* submitted) {
  // More than one, so that what was at hand for some entries is used up, too.
  constexpr int kRefused = 8;
  int error = 0;
  *submitted = 0;
  GiveChance(trial);
  WithLittleMemory(trial, [&] {
    for (int refused = 0; refused < kRefused && *submitted < kRequests;) {
      if (trial.backend().listio(LIO_NOWAIT, &reads.list[*submitted], kPerList,
                                 nullptr) != 0) {
        if (error == 0) error = errno;
        ++refused;
      }
      *submitted += kPerList;
    }
  });
  if (error == ENOSYS) trial.Unsupported("lio_listio gives ENOSYS");
  return error;
}

void OfList(Trial& trial) {
  const IdleReads reads(trial);
  size_t submitted = 0;
  if (const int error = ExhaustByLists(trial, reads, &submitted); error != 0) {
    trial.ExpectError("errno of lio_listio without memory", error, EAGAIN);
  }
  ExpectWorksAgain(trial, reads, submitted);
}

// No entry can be complete, for nothing is there to be read.  Which error one
// that was not accepted has depends on whether it was looked at.
void OfListEntries(Trial& trial) {
  const IdleReads reads(trial);
  size_t submitted = 0;
  if (ExhaustByLists(trial, reads, &submitted) == 0) {
    trial.Expect(true, "no memory is needed");
    trial.Stop();
  }
  for (const aiocb* block : absl::MakeConstSpan(reads.list).first(submitted)) {
    const int status = trial.backend().error(block);
    if (status != 0) continue;
    trial.Expect(false, "aio_error of an entry that was not accepted: success");
    trial.Stop();
  }
  trial.Expect(true, "no entry reads success");
  // Not by a return: the control blocks are in use.
  trial.Stop();
}

constexpr Check kChecks[] = {
    {"exhaustion.first-request", "A6", "aio_read, ERRORS", Standing::kDemanded,
     "without memory the first call fails with EAGAIN at most, and works again "
     "when there is some",
     AtFirst},
    {"exhaustion.later-request", "A6", "aio_read, ERRORS", Standing::kDemanded,
     "where memory runs out a call fails with EAGAIN, and works again when "
     "there is some",
     Later},
    {"exhaustion.list", "F3", "lio_listio, ERRORS", Standing::kDemanded,
     "where memory runs out lio_listio fails with EAGAIN, and requests are "
     "accepted again when there is some",
     OfList},
    {"exhaustion.list-entries", "F3",
     "lio_listio, ERRORS: the application may check the error status of each",
     Standing::kDemanded,
     "the entries that lio_listio had no memory for do not read success",
     OfListEntries},
};

}  // namespace

absl::Span<const Check> ExhaustionChecks() { return kChecks; }

}  // namespace aioemul::tools::check
