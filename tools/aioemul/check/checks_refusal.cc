// A: what is an error, whether it is told by the call or by aio_error.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/areas.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

char g_byte = 'b';

aiocb ByteBlock(int fd, off_t offset = 0) {
  return BlockFor(fd, &g_byte, 1, offset);
}

// So high that no descriptor that the backend opens for itself is it.
int ClosedDescriptor(Trial& trial) {
  constexpr int kHigh = 700;
  const int fd = fcntl(trial.NewFile(1, O_RDWR), F_DUPFD, kHigh);
  if (fd < 0) trial.NotRun(absl::StrCat("needs ", kHigh, " descriptors"));
  close(fd);
  return fd;
}

// Both ways of telling are right.
void ExpectEither(Trial& trial, absl::string_view what, int call_error,
                  aiocb* block, int error) {
  if (call_error != 0) {
    trial.ExpectError(absl::StrCat("errno of ", what), call_error, error);
  } else {
    trial.ExpectResult(what, block, error, -1);
  }
}

std::string CallResult(int error) {
  return error == 0 ? "0" : absl::StrCat("-1 with ", ErrorName(error));
}

// The call alone is right.
void ExpectRefused(Trial& trial, absl::string_view what, int call_error,
                   int error) {
  std::string observed = absl::StrCat(what, ": ", CallResult(call_error));
  if (call_error != error) {
    absl::StrAppend(&observed, ", expected ", CallResult(error));
  }
  trial.Expect(call_error == error, observed);
}

void ReadOfWriteOnly(Trial& trial) {
  aiocb block = ByteBlock(trial.NewFile(1, O_WRONLY));
  ExpectEither(trial, "aio_read, open for writing only", trial.TryRead(&block),
               &block, EBADF);
}

void WriteOfReadOnly(Trial& trial) {
  aiocb block = ByteBlock(trial.NewFile(1, O_RDONLY));
  ExpectEither(trial, "aio_write, open for reading only",
               trial.TryWrite(&block), &block, EBADF);
}

void ClosedRead(Trial& trial) {
  aiocb block = ByteBlock(ClosedDescriptor(trial));
  ExpectEither(trial, "aio_read of a closed descriptor", trial.TryRead(&block),
               &block, EBADF);
  block = ByteBlock(-1);
  ExpectEither(trial, "aio_read of descriptor -1", trial.TryRead(&block),
               &block, EBADF);
}

void ClosedWrite(Trial& trial) {
  aiocb block = ByteBlock(ClosedDescriptor(trial));
  ExpectEither(trial, "aio_write of a closed descriptor",
               trial.TryWrite(&block), &block, EBADF);
  block = ByteBlock(-1);
  ExpectEither(trial, "aio_write of descriptor -1", trial.TryWrite(&block),
               &block, EBADF);
}

void ClosedFsync(Trial& trial) {
  aiocb block = ByteBlock(ClosedDescriptor(trial));
  ExpectRefused(trial, "aio_fsync of a closed descriptor",
                trial.TryFsync(O_SYNC, &block), EBADF);
  block = ByteBlock(-1);
  ExpectRefused(trial, "aio_fsync of descriptor -1",
                trial.TryFsync(O_SYNC, &block), EBADF);
}

void FsyncOfReadOnly(Trial& trial) {
  aiocb block = ByteBlock(trial.NewFile(1, O_RDONLY));
  trial.Fsync(O_SYNC, &block);
  trial.ExpectResult("aio_fsync, open for reading only", &block, 0, 0);
}

void FsyncOperation(Trial& trial) {
  const int fd = trial.NewFile(1, O_RDWR);
  for (const int operation : {0, -1, O_APPEND, O_SYNC | O_APPEND}) {
    aiocb block = ByteBlock(fd);
    ExpectRefused(trial, absl::StrCat("aio_fsync with op ", operation),
                  trial.TryFsync(operation, &block), EINVAL);
  }
}

void FsyncIgnoresTheRest(Trial& trial) {
  aiocb block = ByteBlock(trial.NewFile(1, O_RDWR), -1);
  block.aio_nbytes = SIZE_MAX;
  block.aio_reqprio = -1;
  trial.Fsync(O_SYNC, &block);
  trial.ExpectResult("aio_fsync with nonsense in what it does not use", &block,
                     0, 0);
}

void FsyncOfPipe(Trial& trial) {
  int ends[2];
  trial.NewPipe(ends);
  aiocb block = ByteBlock(ends[1]);
  ExpectEither(trial, "aio_fsync of a pipe", trial.TryFsync(O_SYNC, &block),
               &block, EINVAL);
}

void NegativeOffset(Trial& trial) {
  const int fd = trial.NewFile(4, O_RDWR);
  aiocb read = ByteBlock(fd, -1);
  ExpectEither(trial, "aio_read at offset -1", trial.TryRead(&read), &read,
               EINVAL);
  aiocb write = ByteBlock(fd, std::numeric_limits<off_t>::min());
  ExpectEither(trial, "aio_write at the lowest offset", trial.TryWrite(&write),
               &write, EINVAL);
}

void BadPriority(Trial& trial) {
  const int fd = trial.NewFile(4, O_RDWR);
  const long most = sysconf(_SC_AIO_PRIO_DELTA_MAX);
  for (const long priority : {-1L, static_cast<long>(INT_MIN), most + 1}) {
    // Without a limit there is none too many.
    if (priority == most + 1 && most < 0) continue;
    aiocb block = ByteBlock(fd);
    block.aio_reqprio = static_cast<int>(priority);
    ExpectEither(trial, absl::StrCat("aio_read with aio_reqprio ", priority),
                 trial.TryRead(&block), &block, EINVAL);
    ExpectEither(trial, absl::StrCat("aio_write with aio_reqprio ", priority),
                 trial.TryWrite(&block), &block, EINVAL);
  }
}

void GoodPriorities(Trial& trial) {
  const int fd = trial.NewFile(4, O_RDWR);
  const long most = std::max(0L, sysconf(_SC_AIO_PRIO_DELTA_MAX));
  for (long priority = 0; priority <= most; ++priority) {
    aiocb block = ByteBlock(fd);
    block.aio_reqprio = static_cast<int>(priority);
    trial.Read(&block);
    trial.ExpectResult(absl::StrCat("aio_read with aio_reqprio ", priority),
                       &block, 0, 1);
  }
}

void TooManyBytes(Trial& trial) {
  const int fd = trial.NewFile(4, O_RDWR);
  aiocb read = ByteBlock(fd);
  read.aio_nbytes = static_cast<size_t>(SSIZE_MAX) + 1;
  ExpectEither(trial, "aio_read of SSIZE_MAX + 1 bytes", trial.TryRead(&read),
               &read, EINVAL);
  aiocb write = ByteBlock(fd);
  write.aio_nbytes = SIZE_MAX;
  ExpectEither(trial, "aio_write of SIZE_MAX bytes", trial.TryWrite(&write),
               &write, EINVAL);
}

constexpr off_t kOffsetMaximum = std::numeric_limits<off_t>::max();

void NothingBeyondMaximum(Trial& trial) {
  const int fd = trial.NewFile(4, O_RDWR);
  aiocb block = BlockFor(fd, &g_byte, 1, kOffsetMaximum);
  if (trial.TryWrite(&block) == 0) {
    const int error = trial.Await(block);
    trial.Expect(error != 0, absl::StrCat("aio_error of a write at the offset "
                                          "maximum: ",
                                          ErrorName(error)));
    trial.ExpectEqual("aio_return", trial.backend().result(&block), -1);
  }
  struct stat status = {};
  fstat(fd, &status);
  trial.ExpectEqual("the size of the file afterwards", status.st_size, 4);
}

void WriteAtMaximum(Trial& trial) {
  aiocb block = BlockFor(trial.NewFile(4, O_RDWR), &g_byte, 1, kOffsetMaximum);
  ExpectEither(trial, "aio_write at the offset maximum", trial.TryWrite(&block),
               &block, EFBIG);
}

void ReadAtMaximum(Trial& trial) {
  aiocb block =
      BlockFor(trial.NewFile(4, O_RDONLY), &g_byte, 1, kOffsetMaximum);
  trial.Read(&block);
  trial.ExpectResult("a read at the offset maximum, behind the end", &block, 0,
                     0);
}

void BadEvents(Trial& trial) {
  const int fd = trial.NewFile(4, O_RDWR);
  aiocb block = ByteBlock(fd);
  block.aio_sigevent.sigev_notify = 12345;
  ExpectRefused(trial, "aio_read with an unknown sigev_notify",
                trial.TryRead(&block), EINVAL);
  for (const int number : {-1, SIGRTMAX + 1}) {
    block = ByteBlock(fd);
    block.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
    block.aio_sigevent.sigev_signo = number;
    ExpectRefused(trial, absl::StrCat("aio_write with signal ", number),
                  trial.TryWrite(&block), EINVAL);
  }
}

// Where it is accepted it does not complete, so that nobody calls nothing.
void NullFunction(Trial& trial) {
  int ends[2];
  trial.NewPipe(ends);
  aiocb block = ByteBlock(ends[0]);
  block.aio_sigevent.sigev_notify = SIGEV_THREAD;
  block.aio_sigevent.sigev_notify_function = nullptr;
  ExpectRefused(trial, "aio_read with SIGEV_THREAD and no function",
                trial.TryRead(&block), EINVAL);
}

void NullBlock(Trial& trial) {
  ExpectRefused(trial, "aio_read(NULL)", trial.TryRead(nullptr), EINVAL);
  ExpectRefused(trial, "aio_write(NULL)", trial.TryWrite(nullptr), EINVAL);
  ExpectRefused(trial, "aio_fsync(O_SYNC, NULL)",
                trial.TryFsync(O_SYNC, nullptr), EINVAL);
}

void KnownAtCall(Trial& trial) {
  aiocb block = ByteBlock(trial.NewFile(1, O_WRONLY));
  ExpectRefused(trial, "aio_read, open for writing only", trial.TryRead(&block),
                EBADF);
  trial.ExpectError("aio_error of the refused block",
                    trial.backend().error(&block), EBADF);
  block = ByteBlock(trial.NewFile(1, O_RDONLY));
  ExpectRefused(trial, "aio_write, open for reading only",
                trial.TryWrite(&block), EBADF);
  trial.ExpectError("aio_error of the refused block",
                    trial.backend().error(&block), EBADF);
  block = ByteBlock(ClosedDescriptor(trial));
  ExpectRefused(trial, "aio_read of a closed descriptor", trial.TryRead(&block),
                EBADF);
}

void OffsetKnownAtCall(Trial& trial) {
  aiocb block = ByteBlock(trial.NewFile(1, O_RDWR), -1);
  ExpectRefused(trial, "aio_read at offset -1", trial.TryRead(&block), EINVAL);
  trial.ExpectError("aio_error of the refused block",
                    trial.backend().error(&block), EINVAL);
}

void PriorityKnownAtCall(Trial& trial) {
  aiocb block = ByteBlock(trial.NewFile(1, O_RDWR));
  block.aio_reqprio = -1;
  ExpectRefused(trial, "aio_read with aio_reqprio -1", trial.TryRead(&block),
                EINVAL);
  trial.ExpectError("aio_error of the refused block",
                    trial.backend().error(&block), EINVAL);
}

constexpr absl::string_view kErrors = "aio_read and aio_write, ERRORS";
constexpr absl::string_view kEither =
    "aio_read and aio_write, ERRORS: by the call, or later";
constexpr absl::string_view kFsync = "aio_fsync, ERRORS";
constexpr Standing kDemanded = Standing::kDemanded;
constexpr Standing kChosen = Standing::kChosen;
constexpr Standing kPromised = Standing::kPromised;

constexpr Check kChecks[] = {
    {"refusal.read-of-write-only", "A3", kErrors, kDemanded,
     "aio_read gives EBADF where the descriptor is not open for reading",
     ReadOfWriteOnly},
    {"refusal.write-of-read-only", "A3", kErrors, kDemanded,
     "aio_write gives EBADF where the descriptor is not open for writing",
     WriteOfReadOnly},
    {"refusal.read-of-closed", "A3", kErrors, kDemanded,
     "aio_read gives EBADF for what is no descriptor", ClosedRead},
    {"refusal.write-of-closed", "A3", kErrors, kDemanded,
     "aio_write gives EBADF for what is no descriptor", ClosedWrite},
    {"refusal.fsync-of-closed", "A3", kFsync, kDemanded,
     "aio_fsync fails with EBADF for what is no descriptor", ClosedFsync},
    {"refusal.fsync-of-read-only", "A3", kFsync, kDemanded,
     "aio_fsync needs no descriptor open for writing", FsyncOfReadOnly},
    {"refusal.fsync-operation", "A4", kFsync, kDemanded,
     "aio_fsync fails with EINVAL for an op that is neither O_SYNC nor O_DSYNC",
     FsyncOperation},
    {"refusal.fsync-ignores-the-rest", "A4", "aio_fsync, DESCRIPTION",
     kDemanded, "aio_fsync ignores aio_reqprio, aio_offset and aio_nbytes",
     FsyncIgnoresTheRest},
    {"refusal.fsync-of-pipe", "A8", kFsync, kPromised,
     "aio_fsync of a pipe gives EINVAL, as fsync does", FsyncOfPipe},
    {"refusal.negative-offset", "A4", kErrors, kDemanded,
     "a negative aio_offset on a file gives EINVAL", NegativeOffset},
    {"refusal.bad-priority", "A4", kErrors, kChosen,
     "an aio_reqprio outside of 0 to AIO_PRIO_DELTA_MAX gives EINVAL",
     BadPriority},
    {"refusal.good-priorities", "A4", "2.8.2 Asynchronous I/O", kDemanded,
     "every aio_reqprio from 0 to AIO_PRIO_DELTA_MAX is accepted",
     GoodPriorities},
    {"refusal.too-many-bytes", "A4", kErrors, kChosen,
     "an aio_nbytes above SSIZE_MAX gives EINVAL", TooManyBytes},
    {"refusal.nothing-beyond-maximum", "A5", "aio_write, DESCRIPTION",
     kDemanded, "no byte is written at the offset maximum of a file",
     NothingBeyondMaximum},
    {"refusal.write-at-maximum", "A5",
     "aio_write, ERRORS: EFBIG, or EINVAL for an invalid offset", kChosen,
     "a write at the offset maximum of a file gives EFBIG", WriteAtMaximum},
    {"refusal.read-at-maximum", "A5",
     "read, DESCRIPTION; aio_read, ERRORS: EINVAL for an invalid offset",
     kChosen, "a read at the offset maximum, behind the end, gives 0",
     ReadAtMaximum},
    {"refusal.bad-event", "A4", "", kPromised,
     "an unknown notification or signal number is refused with EINVAL",
     BadEvents},
    {"refusal.null-function", "A4", "", kPromised,
     "SIGEV_THREAD without a function is refused with EINVAL", NullFunction},
    {"refusal.null-block", "A4", "", kPromised,
     "a null control block is refused with EINVAL", NullBlock},
    {"refusal.descriptor-at-call", "A2", kEither, kChosen,
     "a bad descriptor is told by the call, and by aio_error", KnownAtCall},
    {"refusal.offset-at-call", "A2", kEither, kChosen,
     "a negative aio_offset is told by the call, and by aio_error",
     OffsetKnownAtCall},
    {"refusal.priority-at-call", "A2", kEither, kChosen,
     "a bad aio_reqprio is told by the call, and by aio_error",
     PriorityKnownAtCall},
};

}  // namespace

absl::Span<const Check> RefusalChecks() { return kChecks; }

}  // namespace aioemul::tools::check
