// C: aio_error and aio_return.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/areas.h"
#include "tools/aioemul/check/chance.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

// The error of an aio_error that fails: returned, or in errno beside -1.
int ErrorOf(Trial& trial, const aiocb& block) {
  errno = 0;
  const int error = trial.backend().error(&block);
  return error == -1 ? errno : error;
}

void ExpectNoResult(Trial& trial, absl::string_view what, aiocb* block) {
  errno = 0;
  const ssize_t result = trial.backend().result(block);
  const int error = errno;
  trial.Expect(result == -1 && error == EINVAL,
               absl::StrCat(what, ": ", result, " with ", ErrorName(error),
                            "; -1 with EINVAL is right"));
}

void InProgress(Trial& trial) {
  int ends[2];
  trial.NewPipe(ends);
  char byte = 0;
  aiocb block = BlockFor(ends[0], &byte, 1, 0);
  trial.Read(&block);
  for (int look = 0; look < 3; ++look) {
    trial.ExpectError("aio_error of a read that waits",
                      trial.backend().error(&block), EINPROGRESS);
  }
  trial.RequireThat(write(ends[1], "x", 1) == 1, "a byte is written");
  trial.ExpectResult("the read", &block, 0, 1);
}

void StatusStays(Trial& trial) {
  char bytes[16];
  aiocb block = BlockFor(trial.NewFile(100, O_RDONLY), bytes, sizeof(bytes), 0);
  trial.Read(&block);
  trial.ExpectError("aio_error", trial.Await(block), 0);
  for (int look = 0; look < 3; ++look) {
    trial.ExpectError("aio_error once more", trial.backend().error(&block), 0);
  }
  trial.ExpectEqual("aio_return", trial.Return(&block), 16);
}

void FailureOfTransfer(Trial& trial) {
  signal(SIGPIPE, SIG_IGN);
  int ends[2];
  trial.NewPipe(ends);
  close(ends[0]);
  char byte = 'x';
  aiocb block = BlockFor(ends[1], &byte, 1, 0);
  trial.Write(&block);
  trial.ExpectResult("a write on a pipe without a reader", &block, EPIPE, -1);
}

void EachItsOwn(Trial& trial) {
  const int fd = trial.NewFile(100, O_RDONLY);
  constexpr size_t kRequests = 8;
  char bytes[kRequests][16];
  std::vector<aiocb> blocks;
  for (size_t i = 0; i < kRequests; ++i) {
    blocks.push_back(BlockFor(fd, bytes[i], i + 1, 0));
  }
  for (aiocb& block : blocks) trial.Read(&block);
  for (aiocb& block : blocks) {
    trial.ExpectResult(absl::StrCat("a read of ", block.aio_nbytes, " bytes"),
                       &block, 0, static_cast<ssize_t>(block.aio_nbytes));
  }
}

void ResultOnce(Trial& trial) {
  char bytes[16];
  aiocb block = BlockFor(trial.NewFile(100, O_RDONLY), bytes, sizeof(bytes), 0);
  trial.Read(&block);
  trial.ExpectResult("the read", &block, 0, sizeof(bytes));
  ExpectNoResult(trial, "a second aio_return", &block);
}

void StatusAfterResult(Trial& trial) {
  char bytes[16];
  aiocb block = BlockFor(trial.NewFile(100, O_RDONLY), bytes, sizeof(bytes), 0);
  trial.Read(&block);
  trial.ExpectResult("the read", &block, 0, sizeof(bytes));
  trial.ExpectError("aio_error after aio_return", ErrorOf(trial, block), 0);
}

void NeverSubmitted(Trial& trial) {
  char byte = 0;
  aiocb block = BlockFor(trial.NewFile(1, O_RDONLY), &byte, 1, 0);
  trial.ExpectError("aio_error", ErrorOf(trial, block), EINVAL);
  ExpectNoResult(trial, "aio_return", &block);
}

void Reused(Trial& trial) {
  const int fd = trial.NewFile(100, O_RDWR);
  char bytes[16];
  aiocb block = BlockFor(fd, bytes, 16, 0);
  trial.Read(&block);
  trial.ExpectResult("a read of 16 bytes", &block, 0, 16);
  block.aio_nbytes = 5;
  trial.Write(&block);
  trial.ExpectResult("a write of 5 bytes by the same block", &block, 0, 5);
  trial.Fsync(O_SYNC, &block);
  trial.ExpectResult("an fsync by the same block", &block, 0, 0);
}

// A result that an earlier request left must not show for a later one.
void InProgressWhenReused(Trial& trial) {
  char byte = 0;
  aiocb block = BlockFor(trial.NewFile(100, O_RDONLY), &byte, 1, 0);
  trial.Read(&block);
  trial.ExpectResult("a read of a file", &block, 0, 1);
  int ends[2];
  trial.NewPipe(ends);
  block.aio_fildes = ends[0];
  trial.Read(&block);
  trial.ExpectError("aio_error of the next read, which waits",
                    trial.backend().error(&block), EINPROGRESS);
  trial.RequireThat(close(ends[1]) == 0, "the pipe ends");
  trial.ExpectResult("the next read", &block, 0, 0);
}

void ReusedWithoutReturn(Trial& trial) {
  const int fd = trial.NewFile(100, O_RDONLY);
  char bytes[16];
  aiocb block = BlockFor(fd, bytes, 1, 0);
  for (int round = 0; round < 1000; ++round) {
    block.aio_nbytes = 1 + static_cast<size_t>(round) % sizeof(bytes);
    trial.Read(&block);
    const aiocb* const list[] = {&block};
    while (trial.Suspend(list, 1, nullptr) != 0) {
    }
  }
  trial.ExpectResult("the last of 1000 reads by one block", &block, 0,
                     static_cast<ssize_t>(block.aio_nbytes));
}

// More than any fixed table of requests would hold.
void ResultsNeverFetched(Trial& trial) {
  constexpr size_t kBlocks = 50;
  constexpr int kLists = 1000;
  const int fd = trial.NewFile(100, O_RDONLY);
  char byte = 0;
  std::vector<aiocb> blocks(kBlocks * kLists, BlockFor(fd, &byte, 1, 0));
  for (int i = 0; i < kLists; ++i) {
    aiocb* list[kBlocks];
    for (size_t j = 0; j < kBlocks; ++j) {
      list[j] = &blocks[static_cast<size_t>(i) * kBlocks + j];
      list[j]->aio_lio_opcode = LIO_READ;
    }
    const int error = trial.TryListio(LIO_WAIT, list, kBlocks, nullptr);
    if (error == 0) continue;
    trial.Expect(false, absl::StrCat("after ", i * kBlocks,
                                     " requests whose results were not fetched "
                                     "lio_listio gives ",
                                     ErrorName(error)));
    trial.Stop();
  }
  trial.Expect(true, "50,000 requests whose results were not fetched");
}

// Has control blocks taken away once their requests are complete.  Where a
// backend touches one after that, it is killed: no address comes twice.
void TakeBlocksAway(Trial& trial, bool fetch_result) {
  constexpr int kRounds = 500;
  const int fd = trial.NewFile(100, O_RDWR);
  const auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  char byte = 'b';
  for (int round = 0; round < kRounds; ++round) {
    void* const page = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) trial.NotRun("cannot map memory");
    auto* const block = static_cast<aiocb*>(page);
    *block = BlockFor(fd, &byte, 1, 0);
    trial.Write(block);
    // No pause: the time in which it could still be touched is short.
    while (trial.backend().error(block) == EINPROGRESS) {
    }
    if (fetch_result) trial.Return(block);
    mprotect(page, size, PROT_NONE);
  }
  GiveChance(trial);
  trial.Expect(true, "500 control blocks were taken away once complete");
}

void BlockTakenAway(Trial& trial) { TakeBlocksAway(trial, true); }

void BlockTakenAwayUnfetched(Trial& trial) { TakeBlocksAway(trial, false); }

constexpr absl::string_view kError = "aio_error, DESCRIPTION and RETURN VALUE";
constexpr absl::string_view kReturn = "aio_return, DESCRIPTION";
constexpr absl::string_view kMayFail =
    "aio_error and aio_return, ERRORS (may fail)";
constexpr Standing kDemanded = Standing::kDemanded;
constexpr Standing kPromised = Standing::kPromised;

constexpr Check kChecks[] = {
    {"error-return.in-progress", "C1", kError, kDemanded,
     "aio_error gives EINPROGRESS as long as a request waits", InProgress},
    {"error-return.status-stays", "C1", kError, kDemanded,
     "aio_error gives the same status each time until aio_return", StatusStays},
    {"error-return.failed-transfer", "C1", kError, kDemanded,
     "of a failed transfer aio_error gives the errno and aio_return -1",
     FailureOfTransfer},
    {"error-return.own-result", "C1", kReturn, kDemanded,
     "each of several requests has its own result", EachItsOwn},
    {"error-return.reused-block", "C1", kReturn, kDemanded,
     "a control block can be used again for another operation", Reused},
    {"error-return.reused-block-in-progress", "C1", kError, kDemanded,
     "a control block that is used again reads EINPROGRESS again",
     InProgressWhenReused},
    {"error-return.result-once", "C2", kMayFail, Standing::kChosen,
     "a result is given once: after it, aio_return fails with EINVAL",
     ResultOnce},
    {"error-return.status-after-result", "C2", kMayFail, Standing::kChosen,
     "aio_error gives the status after aio_return, too", StatusAfterResult},
    {"error-return.never-submitted", "C2", kMayFail, Standing::kChosen,
     "aio_error and aio_return of a block never submitted fail with EINVAL",
     NeverSubmitted},
    {"error-return.reused-without-return", "C4", "", kPromised,
     "a block may be used again without a call of aio_return",
     ReusedWithoutReturn},
    {"error-return.never-fetched", "C4", "", kPromised,
     "requests whose results are never fetched hold no resource",
     ResultsNeverFetched},
    {"error-return.block-freed", "A9",
     "aio_read and aio_write, DESCRIPTION: illegal before completion only",
     kDemanded, "a control block is not touched after aio_return",
     BlockTakenAway},
    {"error-return.block-freed-unfetched", "A9", "", kPromised,
     "a control block is not touched once its request is complete",
     BlockTakenAwayUnfetched},
};

}  // namespace

absl::Span<const Check> ErrorReturnChecks() { return kChecks; }

}  // namespace aioemul::tools::check
