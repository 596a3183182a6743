// H2: closing a descriptor that has requests outstanding.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/areas.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/gated_write.h"
#include "tools/aioemul/check/scene.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

// Not by dup2: the number may be in use again, by the backend.  Then less is
// seen.
void TakeNumber(int other, int fd) {
  const int taken = fcntl(other, F_DUPFD, fd);
  if (taken != fd) close(taken);
}

// Makes the number `fd` mean what `other` does, closing what it was.
using Replace = void (*)(const Backend& backend, int other, int fd);

void ByClose(const Backend& backend, int other, int fd) {
  backend.close(fd);
  TakeNumber(other, fd);
}
void JustClose(const Backend& backend, int /*other*/, int fd) {
  backend.close(fd);
}
void ByDup2(const Backend& backend, int other, int fd) {
  backend.dup2(other, fd);
}
void ByDup3(const Backend& backend, int other, int fd) {
  backend.dup3(other, fd, O_CLOEXEC);
}
void ByCloseRange(const Backend& backend, int other, int fd) {
  backend.close_range(static_cast<unsigned>(fd), static_cast<unsigned>(fd), 0);
  TakeNumber(other, fd);
}

// Closes an idle read's descriptor, then the pipe's other end.  The close may
// wait for the read, so it is made in a thread.
void CloseIdle(Trial& trial, const IdleRead& read) {
  std::atomic<pid_t> thread{0};
  std::thread closer([&] {
    thread = gettid();
    trial.backend().close(read.fd());
  });
  while (thread == 0) sched_yield();
  LetFallAsleep(thread);
  close(read.feeding_fd());
  closer.join();
}

// Does so while a write is held up, and lets that go.  The closing call may
// wait for the write, so it is made in a thread; when it does not get its turn
// here, nothing is looked at too early, only less is seen.
void ReplaceAndOpen(Trial& trial, GatedWrite& started, Replace replace,
                    int other, int fd) {
  std::atomic<pid_t> thread{0};
  std::thread closer([&] {
    thread = gettid();
    replace(trial.backend(), other, fd);
  });
  while (thread == 0) sched_yield();
  LetFallAsleep(thread);
  started.Open('g');
  closer.join();
}

int ByteAt(int fd, off_t offset) {
  unsigned char byte = 0;
  return pread(fd, &byte, 1, offset) == 1 ? byte : -1;
}

off_t SizeOf(int fd) { return lseek(fd, 0, SEEK_END); }

// A write is being made, and one waits behind it, when the descriptor's number
// comes to mean another file.
void QueuedStaysOffNewFile(Trial& trial, Replace replace) {
  const int old_file = trial.NewFile(1, O_RDWR | O_APPEND);
  const int new_file = trial.NewFile(1, O_RDWR | O_APPEND);
  const int fd = dup(old_file);
  GatedWrite started(trial, fd, 0);
  char byte = 'q';
  aiocb queued = BlockFor(fd, &byte, 1, 0);
  trial.Write(&queued);
  ReplaceAndOpen(trial, started, replace, new_file, fd);
  const int started_error = trial.Await(*started.block());
  const int queued_error = trial.Await(queued);
  trial.Expect(SizeOf(new_file) == 1,
               absl::StrCat("the file that took over the number has ",
                            SizeOf(new_file) - 1, " bytes of their writes"));
  off_t expected = 1;
  if (started_error == 0) expected += static_cast<off_t>(started.size());
  if (queued_error == 0) expected += 1;
  trial.ExpectEqual(
      absl::StrCat("size of the old file, the writes having ended with ",
                   ErrorName(started_error), " and ", ErrorName(queued_error)),
      SizeOf(old_file), expected);
  for (const int error : {started_error, queued_error}) {
    trial.Expect(error == 0 || error == ECANCELED || error == EBADF,
                 absl::StrCat("a write ended with ", ErrorName(error)));
  }
}

void CloseStaysOff(Trial& trial) { QueuedStaysOffNewFile(trial, ByClose); }
void Dup2StaysOff(Trial& trial) { QueuedStaysOffNewFile(trial, ByDup2); }
void Dup3StaysOff(Trial& trial) { QueuedStaysOffNewFile(trial, ByDup3); }
void CloseRangeStaysOff(Trial& trial) {
  QueuedStaysOffNewFile(trial, ByCloseRange);
}

void StartedFinishes(Trial& trial) {
  const int fd = trial.NewFile(1, O_RDWR);
  const int watched = dup(fd);
  GatedWrite started(trial, fd, 0);
  ReplaceAndOpen(trial, started, JustClose, -1, fd);
  const int error = trial.Await(*started.block());
  trial.Expect(error == 0 || error == ECANCELED,
               absl::StrCat("the write that was being made ended with ",
                            ErrorName(error)));
  if (error != 0) return;
  trial.ExpectEqual("aio_return of it", trial.Return(started.block()),
                    static_cast<ssize_t>(started.size()));
  trial.ExpectEqual("the first byte of the file", ByteAt(watched, 0), 'g');
}

// The close may wait for the write that is being made, but what it cancels is
// cancelled before that ends.
void QueuedIsCancelled(Trial& trial) {
  const int fd = trial.NewFile(1, O_RDWR | O_APPEND);
  GatedWrite started(trial, fd, 0);
  char byte = 'q';
  aiocb queued = BlockFor(fd, &byte, 1, 0);
  trial.Write(&queued);
  std::atomic<bool> closed{false};
  std::thread closer([&] {
    trial.backend().close(fd);
    closed = true;
  });
  trial.Expect(true, "until close returns, or the write that waits has ended");
  while (!closed && trial.backend().error(&queued) == EINPROGRESS) {
    sched_yield();
  }
  started.Open('g');
  closer.join();
  trial.ExpectResult("the write that waited", &queued, ECANCELED, -1);
  trial.Await(*started.block());
}

// They may be cancelled, or be as if the descriptor were still open: then the
// end of the data ends them.
void IdleReadsEnd(Trial& trial) {
  IdleRead first(trial);
  first.Submit();
  char byte = 0;
  aiocb second = BlockFor(first.fd(), &byte, 1, 0);
  trial.Read(&second);
  CloseIdle(trial, first);
  trial.Expect(true,
               "two reads wait at a pipe that is closed; they are waited "
               "for");
  for (aiocb* const block : {first.block(), &second}) {
    const int error = trial.Await(*block);
    trial.Expect(error == 0 || error == ECANCELED,
                 absl::StrCat("aio_error of a read: ", ErrorName(error)));
    trial.ExpectEqual("aio_return of it", trial.backend().result(block),
                      error == 0 ? 0 : -1);
  }
}

void IdleReadIsCancelled(Trial& trial) {
  IdleRead read(trial);
  read.Submit();
  // Were it not cancelled, the end of the data would end it.
  CloseIdle(trial, read);
  trial.ExpectResult("the idle read", read.block(), ECANCELED, -1);
}

void NumberIsUsable(Trial& trial) {
  IdleRead read(trial);
  read.Submit();
  const int fd = read.fd();
  CloseIdle(trial, read);
  const int file = trial.NewFile(1, O_RDONLY);
  if (file != fd) dup2(file, fd);
  char byte = 0;
  aiocb block = BlockFor(fd, &byte, 1, 0);
  trial.Read(&block);
  trial.Expect(true,
               "a read of the file that took over the number of an idle "
               "pipe is waited for");
  trial.ExpectResult("the read of the file", &block, 0, 1);
}

// Whether another process sees a lock on the file.
bool IsLocked(Trial& trial, int fd) {
  return StatusOfChild(trial, [fd] {
           struct flock lock = {};
           lock.l_type = F_WRLCK;
           lock.l_whence = SEEK_SET;
           return fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? 1
                                                                           : 0;
         }) == 1;
}

void LocksAreKept(Trial& trial) {
  const int fd = trial.NewFile(1, O_RDWR);
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (fcntl(fd, F_SETLK, &lock) != 0 || !IsLocked(trial, fd)) {
    trial.NotRun("cannot lock a file");
  }
  {
    GatedWrite write(trial, fd, 0);
    aiocb sync = BlockFor(fd, nullptr, 0, 0);
    trial.Fsync(O_SYNC, &sync);
    trial.Cancel(fd, &sync);
    write.ExpectWritten('g');
    trial.Await(sync);
  }
  char byte = 0;
  aiocb read = BlockFor(fd, &byte, 1, 0);
  trial.Read(&read);
  trial.Await(read);
  trial.ExpectThat(IsLocked(trial, fd),
                   "the lock on the file is held after requests on it");
}

constexpr absl::string_view kClose =
    "close, DESCRIPTION: what is not canceled completes as before the close";
constexpr absl::string_view kDup = "dup, DESCRIPTION: dup2 and dup3 close";
constexpr Standing kDemanded = Standing::kDemanded;
constexpr Standing kChosen = Standing::kChosen;

constexpr Check kChecks[] = {
    {"close.queued-write", "H2", kClose, kDemanded,
     "a write that waits when its descriptor is closed never reaches the file "
     "that takes over the number",
     CloseStaysOff},
    {"close.queued-write-dup2", "H2", kDup, kDemanded,
     "the same when dup2 replaces the descriptor", Dup2StaysOff},
    {"close.queued-write-dup3", "H2", kDup, kDemanded,
     "the same when dup3 replaces the descriptor", Dup3StaysOff},
    {"close.queued-write-close-range", "H2", "", Standing::kPromised,
     "the same when close_range closes it", CloseRangeStaysOff},
    {"close.started-write", "H2", kClose, kDemanded,
     "a write that is being made when its descriptor is closed goes to the old "
     "file, or is cancelled",
     StartedFinishes},
    {"close.cancels-queued", "H2", "close, DESCRIPTION: may be canceled",
     kChosen, "a request that waits when its descriptor is closed is cancelled",
     QueuedIsCancelled},
    {"close.idle-reads-end", "H2",
     "close, DESCRIPTION; but lio_listio, APPLICATION USAGE: EBADF", kChosen,
     "idle reads whose descriptor is closed are cancelled, or end with the "
     "data",
     IdleReadsEnd},
    {"close.cancels-idle-read", "H2", "close, DESCRIPTION: may be canceled",
     kChosen, "an idle read is cancelled by the time its descriptor is closed",
     IdleReadIsCancelled},
    {"close.number-usable", "H2", kClose, kDemanded,
     "a descriptor that takes over the number of an idle pipe can be read",
     NumberIsUsable},
    {"close.locks-kept", "H2", "fcntl, DESCRIPTION: record locks", kDemanded,
     "requests on a file drop none of the process's record locks on it",
     LocksAreKept},
};

}  // namespace

absl::Span<const Check> CloseChecks() { return kChecks; }

}  // namespace aioemul::tools::check
