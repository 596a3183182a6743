// F: the entries of lio_listio, and what it returns.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/areas.h"
#include "tools/aioemul/check/chance.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/scene.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

aiocb Entry(int opcode, int fd, void* buffer, size_t bytes, off_t offset) {
  aiocb block = BlockFor(fd, buffer, bytes, offset);
  block.aio_lio_opcode = opcode;
  return block;
}

// Complete already, as after LIO_WAIT it must be.
void ExpectDone(Trial& trial, absl::string_view what, aiocb* block, int error,
                ssize_t result) {
  trial.ExpectError(what, trial.backend().error(block), error);
  trial.ExpectEqual(what, trial.backend().result(block), result);
}

void WaitDoesAll(Trial& trial) {
  const int fd = trial.NewFile(100, O_RDWR);
  unsigned char bytes[10] = {};
  char text[] = "text";
  aiocb read = Entry(LIO_READ, fd, bytes, 10, 20);
  aiocb write = Entry(LIO_WRITE, fd, text, 4, 50);
  aiocb* const list[] = {&read, &write};
  trial.ExpectError("lio_listio", trial.TryListio(LIO_WAIT, list, 2, nullptr),
                    0);
  ExpectDone(trial, "the entry that reads", &read, 0, 10);
  ExpectDone(trial, "the entry that writes", &write, 0, 4);
  trial.ExpectEqual("the first byte read", bytes[0], PatternAt(20));
  char found = 0;
  trial.ExpectEqual("bytes read back", pread(fd, &found, 1, 50), 1);
  trial.ExpectEqual("the first byte written", found, 't');
}

// The other thread lets the last entry complete only when it has seen that the
// call is still waiting, having given it a chance to return.
void WaitWaitsForAll(Trial& trial) {
  int ends[2];
  trial.NewPipe(ends);
  char bytes[2];
  aiocb file = Entry(LIO_READ, trial.NewFile(1, O_RDONLY), &bytes[0], 1, 0);
  aiocb pipe = Entry(LIO_READ, ends[0], &bytes[1], 1, 0);
  aiocb* const list[] = {&file, &pipe};
  std::atomic<bool> returned{false};
  std::thread feeder([&] {
    while (trial.backend().error(&file) != 0 && !returned) {
      const timespec moment = {0, 200'000};
      nanosleep(&moment, nullptr);
    }
    GiveChance(trial);
    trial.ExpectThat(!returned,
                     "lio_listio with LIO_WAIT waits for a read that "
                     "has no data yet");
    trial.RequireThat(write(ends[1], "x", 1) == 1, "a byte is written");
  });
  const int error = trial.TryListio(LIO_WAIT, list, 2, nullptr);
  returned = true;
  feeder.join();
  trial.ExpectError("lio_listio", error, 0);
  ExpectDone(trial, "the entry on the pipe", &pipe, 0, 1);
}

void NullEntries(Trial& trial) {
  char byte = 0;
  aiocb read = Entry(LIO_READ, trial.NewFile(1, O_RDONLY), &byte, 1, 0);
  aiocb* const list[] = {nullptr, &read, nullptr};
  trial.ExpectError("lio_listio with LIO_WAIT",
                    trial.TryListio(LIO_WAIT, list, 3, nullptr), 0);
  ExpectDone(trial, "the entry between null ones", &read, 0, 1);
  trial.ExpectError("lio_listio with LIO_NOWAIT",
                    trial.TryListio(LIO_NOWAIT, list, 3, nullptr), 0);
  trial.ExpectResult("the entry between null ones", &read, 0, 1);
}

// Not even what would be an error is looked at.
void NopEntries(Trial& trial) {
  char byte = 0;
  aiocb read = Entry(LIO_READ, trial.NewFile(1, O_RDONLY), &byte, 1, 0);
  aiocb nop = Entry(LIO_NOP, -1, nullptr, 1, -1);
  nop.aio_reqprio = -1;
  aiocb* const list[] = {&nop, &read, &nop};
  trial.ExpectError("lio_listio with LIO_WAIT",
                    trial.TryListio(LIO_WAIT, list, 3, nullptr), 0);
  ExpectDone(trial, "the entry beside LIO_NOP", &read, 0, 1);
  trial.ExpectError("lio_listio with LIO_NOWAIT",
                    trial.TryListio(LIO_NOWAIT, list, 3, nullptr), 0);
  trial.ExpectResult("the entry beside LIO_NOP", &read, 0, 1);
}

void WaitForNothing(Trial& trial) {
  aiocb nop = Entry(LIO_NOP, -1, nullptr, 0, 0);
  aiocb* const list[] = {nullptr, &nop};
  trial.ExpectError("lio_listio of a null entry and LIO_NOP",
                    trial.TryListio(LIO_WAIT, list, 2, nullptr), 0);
  trial.ExpectError("lio_listio of no entries",
                    trial.TryListio(LIO_WAIT, list, 0, nullptr), 0);
}

void UnknownOpcode(Trial& trial) {
  char bytes[2];
  const int fd = trial.NewFile(2, O_RDWR);
  aiocb unknown = Entry(4711, fd, &bytes[0], 1, 0);
  aiocb good = Entry(LIO_READ, fd, &bytes[1], 1, 0);
  aiocb* const list[] = {&unknown, &good};
  trial.ExpectError("lio_listio", trial.TryListio(LIO_WAIT, list, 2, nullptr),
                    EIO);
  trial.ExpectError("aio_error of the entry with an unknown opcode",
                    trial.backend().error(&unknown), EINVAL);
  ExpectDone(trial, "the other entry", &good, 0, 1);
}

void WaitTellsFailure(Trial& trial) {
  char bytes[3];
  aiocb first = Entry(LIO_READ, trial.NewFile(1, O_RDONLY), &bytes[0], 1, 0);
  aiocb bad = Entry(LIO_READ, trial.NewFile(1, O_WRONLY), &bytes[1], 1, 0);
  aiocb last = Entry(LIO_READ, trial.NewFile(1, O_RDONLY), &bytes[2], 1, 0);
  aiocb* const list[] = {&first, &bad, &last};
  trial.ExpectError("lio_listio", trial.TryListio(LIO_WAIT, list, 3, nullptr),
                    EIO);
  trial.ExpectError("aio_error of the entry that cannot be read",
                    trial.backend().error(&bad), EBADF);
  ExpectDone(trial, "the entry before it", &first, 0, 1);
  ExpectDone(trial, "the entry after it", &last, 0, 1);
}

// An error that only the transfer can find.
void WaitTellsLateFailure(Trial& trial) {
  signal(SIGPIPE, SIG_IGN);
  int ends[2];
  trial.NewPipe(ends);
  close(ends[0]);
  char bytes[2] = {};
  aiocb bad = Entry(LIO_WRITE, ends[1], &bytes[0], 1, 0);
  aiocb good = Entry(LIO_READ, trial.NewFile(1, O_RDONLY), &bytes[1], 1, 0);
  aiocb* const list[] = {&bad, &good};
  trial.ExpectError("lio_listio", trial.TryListio(LIO_WAIT, list, 2, nullptr),
                    EIO);
  ExpectDone(trial, "the write on a pipe without a reader", &bad, EPIPE, -1);
  ExpectDone(trial, "the other entry", &good, 0, 1);
}

// The other entries run, and the bad one tells, whatever the call returns.
void NoWaitRunsTheOthers(Trial& trial) {
  char bytes[3];
  aiocb first = Entry(LIO_READ, trial.NewFile(1, O_RDONLY), &bytes[0], 1, 0);
  aiocb bad = Entry(LIO_READ, trial.NewFile(1, O_WRONLY), &bytes[1], 1, 0);
  aiocb last = Entry(LIO_READ, trial.NewFile(1, O_RDONLY), &bytes[2], 1, 0);
  aiocb* const list[] = {&first, &bad, &last};
  const int error = trial.TryListio(LIO_NOWAIT, list, 3, nullptr);
  if (error != 0) trial.ExpectError("lio_listio", error, EIO);
  trial.ExpectResult("the entry before it", &first, 0, 1);
  trial.ExpectError("aio_error of the entry that cannot be read",
                    trial.Await(bad), EBADF);
  trial.ExpectResult("the entry after it", &last, 0, 1);
}

void NoWaitTellsRefusal(Trial& trial) {
  char byte = 0;
  aiocb bad = Entry(LIO_READ, trial.NewFile(1, O_WRONLY), &byte, 1, 0);
  aiocb* const list[] = {&bad};
  trial.ExpectError("lio_listio of an entry that cannot be read",
                    trial.TryListio(LIO_NOWAIT, list, 1, nullptr), EIO);
}

void NoWaitReturns(Trial& trial) {
  int ends[2];
  trial.NewPipe(ends);
  char byte = 0;
  aiocb read = Entry(LIO_READ, ends[0], &byte, 1, 0);
  aiocb* const list[] = {&read};
  trial.Listio(LIO_NOWAIT, list, 1, nullptr);
  trial.ExpectError("aio_error of the entry, which waits",
                    trial.backend().error(&read), EINPROGRESS);
  trial.RequireThat(write(ends[1], "x", 1) == 1, "a byte is written");
  trial.ExpectResult("the entry", &read, 0, 1);
}

// The second entry waits behind the first, so that it is not begun when the
// list changes.
void ListReadOnce(Trial& trial) {
  int ends[2];
  trial.NewPipe(ends);
  char bytes[2] = {};
  aiocb first = Entry(LIO_READ, ends[0], &bytes[0], 1, 0);
  aiocb second = Entry(LIO_READ, ends[0], &bytes[1], 1, 0);
  aiocb* list[] = {&first, &second};
  trial.Listio(LIO_NOWAIT, list, 2, nullptr);
  list[0] = nullptr;
  list[1] = nullptr;
  trial.RequireThat(write(ends[1], "xy", 2) == 2, "two bytes are written");
  trial.ExpectResult("the first entry", &first, 0, 1);
  trial.ExpectResult("the second entry", &second, 0, 1);
}

// What was refused must not have been begun: it would have data soon.
void ExpectNothingBegun(Trial& trial, absl::string_view what, int error,
                        int fd) {
  trial.ExpectError(what, error, EINVAL);
  GiveChance(trial);
  char byte = 0;
  trial.ExpectEqual("bytes of the file read back", pread(fd, &byte, 1, 0), 1);
  trial.Expect(byte != 'n', byte == 'n' ? "an entry was begun all the same"
                                        : "no entry was begun");
}

void BadMode(Trial& trial) {
  const int fd = trial.NewFile(1, O_RDWR);
  char byte = 'n';
  aiocb write = Entry(LIO_WRITE, fd, &byte, 1, 0);
  aiocb* const list[] = {&write};
  ExpectNothingBegun(trial, "lio_listio with mode 4711",
                     trial.TryListio(4711, list, 1, nullptr), fd);
}

void BadCount(Trial& trial) {
  const int fd = trial.NewFile(1, O_RDWR);
  char byte = 'n';
  aiocb write = Entry(LIO_WRITE, fd, &byte, 1, 0);
  aiocb* const list[] = {&write};
  ExpectNothingBegun(trial, "lio_listio with -1 entries",
                     trial.TryListio(LIO_WAIT, list, -1, nullptr), fd);
}

void TooMany(Trial& trial) {
  const long limit = sysconf(_SC_AIO_LISTIO_MAX);
  if (limit < 0 || limit > 1'000'000) {
    trial.NotRun("this system names no AIO_LISTIO_MAX, or a very high one");
  }
  const std::vector<aiocb*> list(static_cast<size_t>(limit) + 1, nullptr);
  trial.ExpectError("lio_listio with AIO_LISTIO_MAX + 1 entries",
                    trial.TryListio(LIO_WAIT, list.data(),
                                    static_cast<int>(limit) + 1, nullptr),
                    EINVAL);
}

void BadListEvent(Trial& trial) {
  const int fd = trial.NewFile(1, O_RDWR);
  char byte = 'n';
  aiocb write = Entry(LIO_WRITE, fd, &byte, 1, 0);
  aiocb* const list[] = {&write};
  sigevent event = {};
  event.sigev_notify = 12345;
  ExpectNothingBegun(trial, "lio_listio with an unknown sigev_notify",
                     trial.TryListio(LIO_NOWAIT, list, 1, &event), fd);
}

// Signals come until the call has returned, so at least one comes while it
// waits.  A backend that goes on waiting hangs here.
void WaitInterrupted(Trial& trial) {
  struct sigaction action = {};
  action.sa_handler = [](int /*number*/) {};
  sigaction(SIGUSR1, &action, nullptr);
  int ends[2];
  trial.NewPipe(ends);
  char byte = 0;
  aiocb read = Entry(LIO_READ, ends[0], &byte, 1, 0);
  aiocb* const list[] = {&read};
  const pthread_t caller = pthread_self();
  std::atomic<bool> returned{false};
  std::thread interrupter([&, thread = getpid()] {
    LetFallAsleep(thread);
    while (!returned) {
      pthread_kill(caller, SIGUSR1);
      const timespec moment = {0, 1'000'000};
      nanosleep(&moment, nullptr);
    }
  });
  const int error = trial.TryListio(LIO_WAIT, list, 1, nullptr);
  returned = true;
  interrupter.join();
  trial.ExpectError("lio_listio, interrupted", error, EINTR);
  const int status = trial.backend().error(&read);
  if (status == EINVAL || status == EAGAIN || status == -1) {
    trial.Unsupported("interrupted before the entry was begun, as it may be");
  }
  trial.ExpectError("aio_error of its entry", status, EINPROGRESS);
  trial.RequireThat(write(ends[1], "x", 1) == 1, "a byte is written");
  trial.ExpectResult("the entry", &read, 0, 1);
}

constexpr absl::string_view kDescription = "lio_listio, DESCRIPTION";
constexpr absl::string_view kReturn = "lio_listio, RETURN VALUE";
constexpr absl::string_view kErrors = "lio_listio, ERRORS";
constexpr Standing kDemanded = Standing::kDemanded;
constexpr Standing kPromised = Standing::kPromised;

constexpr Check kChecks[] = {
    {"listio.wait-does-all", "F1", kDescription, kDemanded,
     "with LIO_WAIT reads and writes are done when the call returns 0",
     WaitDoesAll},
    {"listio.wait-waits-for-all", "F3", kDescription, kDemanded,
     "with LIO_WAIT the call does not return before the last entry is done",
     WaitWaitsForAll},
    {"listio.null-entries", "F1", kDescription, kDemanded,
     "null entries are ignored", NullEntries},
    {"listio.nop-entries", "F1", kDescription, kDemanded,
     "LIO_NOP entries are ignored", NopEntries},
    {"listio.wait-for-nothing", "F3", kReturn, kDemanded,
     "with LIO_WAIT and nothing to do the call returns 0", WaitForNothing},
    {"listio.unknown-opcode", "F1", "lio_listio, APPLICATION USAGE",
     Standing::kChosen,
     "an unknown opcode fails that entry with EINVAL, and the call with EIO",
     UnknownOpcode},
    {"listio.wait-tells-failure", "F3", kErrors, kDemanded,
     "with LIO_WAIT the call fails with EIO when an entry fails, and the "
     "others are done",
     WaitTellsFailure},
    {"listio.wait-tells-late-failure", "F3", kErrors, kDemanded,
     "with LIO_WAIT the call fails with EIO when a transfer fails",
     WaitTellsLateFailure},
    {"listio.nowait-runs-others", "F3", kReturn, kDemanded,
     "with LIO_NOWAIT a bad entry does not keep the others from being done",
     NoWaitRunsTheOthers},
    {"listio.nowait-tells-refusal", "F3", kErrors, Standing::kChosen,
     "with LIO_NOWAIT the call fails with EIO when an entry is refused",
     NoWaitTellsRefusal},
    {"listio.nowait-returns", "F3", kDescription, kDemanded,
     "with LIO_NOWAIT the call does not wait for the entries", NoWaitReturns},
    {"listio.list-read-once", "A9", "", kPromised,
     "a change of the list after the call changes nothing", ListReadOnce},
    {"listio.bad-mode", "F4", kErrors, kDemanded,
     "an unknown mode gives EINVAL, and no entry is begun", BadMode},
    {"listio.negative-count", "F4", "", kPromised,
     "a negative number of entries gives EINVAL", BadCount},
    {"listio.too-many", "F4", kErrors, kDemanded,
     "more than AIO_LISTIO_MAX entries give EINVAL", TooMany},
    {"listio.bad-event", "F4", "", kPromised,
     "a bad sigevent of the list gives EINVAL, and no entry is begun",
     BadListEvent},
    {"listio.wait-interrupted", "F3", kErrors, kDemanded,
     "a caught signal ends LIO_WAIT with EINTR, and the requests go on",
     WaitInterrupted},
};

}  // namespace

absl::Span<const Check> ListioChecks() { return kChecks; }

}  // namespace aioemul::tools::check
