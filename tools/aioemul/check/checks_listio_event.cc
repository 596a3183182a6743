// F: the notification of a list, and those of its entries.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/areas.h"
#include "tools/aioemul/check/chance.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

// A queued signal, blocked in every thread that the backend starts.
class BlockedSignal {
 public:
  explicit BlockedSignal(int number) : number_(number) {
    sigemptyset(&set_);
    sigaddset(&set_, number);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }

  sigevent Event(int value) const {
    sigevent event = {};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = number_;
    event.sigev_value.sival_int = value;
    return event;
  }

  bool IsPending() const {
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, number_) == 1;
  }

  // Waits for one, and returns its value.
  int Take() const {
    siginfo_t info = {};
    while (sigwaitinfo(&set_, &info) != number_) {
    }
    return info.si_value.sival_int;
  }

  void ExpectNone(Trial& trial, absl::string_view when) const {
    const bool none = !IsPending();
    trial.Expect(none, none ? absl::StrCat("no signal ", when)
                            : absl::StrCat("a signal ", when));
  }

 private:
  const int number_;
  sigset_t set_;
};

aiocb ReadEntry(int fd, void* byte) {
  aiocb block = BlockFor(fd, byte, 1, 0);
  block.aio_lio_opcode = LIO_READ;
  return block;
}

// Two pipes, a read of a byte on each.
struct TwoReads {
  explicit TwoReads(Trial& trial) {
    for (int i = 0; i < 2; ++i) {
      int ends[2];
      trial.NewPipe(ends);
      blocks[i] = ReadEntry(ends[0], &bytes[i]);
      feeds[i] = ends[1];
      list[i] = &blocks[i];
    }
  }
  void Feed(Trial& trial, int i) const {
    trial.RequireThat(write(feeds[i], "x", 1) == 1, "a byte is written");
  }
  aiocb blocks[2];
  aiocb* list[2];
  int feeds[2];
  char bytes[2];
};

// The second entry cannot be done before it is fed, so a signal by then is
// wrong, however slow the backend is.
void SignalAfterAll(Trial& trial) {
  const BlockedSignal signal(SIGRTMIN);
  TwoReads reads(trial);
  sigevent event = signal.Event(41);
  trial.Listio(LIO_NOWAIT, reads.list, 2, &event);
  reads.Feed(trial, 0);
  trial.ExpectError("aio_error of the first", trial.Await(reads.blocks[0]), 0);
  GiveChance(trial);
  signal.ExpectNone(trial, "of the list while an entry waits");
  reads.Feed(trial, 1);
  trial.ExpectEqual("the value of the list's signal", signal.Take(), 41);
  for (aiocb& block : reads.blocks) {
    trial.ExpectError("aio_error of an entry at the signal",
                      trial.backend().error(&block), 0);
  }
}

// A read of a byte of a file; needs nothing else to complete.
struct FileRead {
  explicit FileRead(Trial& trial)
      : block(ReadEntry(trial.NewFile(1, O_RDONLY), &byte)) {}
  char byte = 0;
  aiocb block;
};

void SignalOnce(Trial& trial) {
  const BlockedSignal signal(SIGRTMIN);
  FileRead reads[] = {FileRead(trial), FileRead(trial)};
  aiocb* const list[] = {&reads[0].block, &reads[1].block};
  sigevent event = signal.Event(42);
  trial.Listio(LIO_NOWAIT, list, 2, &event);
  trial.ExpectEqual("the value of the list's signal", signal.Take(), 42);
  GiveChance(trial);
  signal.ExpectNone(trial, "of the list once more");
}

struct FunctionCalls {
  sem_t done;
  std::atomic<int> count{0};
};

void CountCall(sigval value) {
  auto* const calls = static_cast<FunctionCalls*>(value.sival_ptr);
  ++calls->count;
  sem_post(&calls->done);
}

void ThreadAfterAll(Trial& trial) {
  FunctionCalls calls;
  sem_init(&calls.done, 0, 0);
  TwoReads reads(trial);
  sigevent event = {};
  event.sigev_notify = SIGEV_THREAD;
  event.sigev_notify_function = CountCall;
  event.sigev_value.sival_ptr = &calls;
  trial.Listio(LIO_NOWAIT, reads.list, 2, &event);
  reads.Feed(trial, 0);
  trial.ExpectError("aio_error of the first", trial.Await(reads.blocks[0]), 0);
  GiveChance(trial);
  trial.ExpectEqual("calls of the function while an entry waits", calls.count,
                    0);
  reads.Feed(trial, 1);
  while (sem_wait(&calls.done) != 0) {
  }
  GiveChance(trial);
  trial.ExpectEqual("calls of the function", calls.count, 1);
}

void EntriesAndList(Trial& trial) {
  const BlockedSignal of_entries[] = {BlockedSignal(SIGRTMIN),
                                      BlockedSignal(SIGRTMIN + 1)};
  const BlockedSignal of_list(SIGRTMIN + 2);
  FileRead reads[] = {FileRead(trial), FileRead(trial)};
  for (int i = 0; i < 2; ++i) {
    reads[i].block.aio_sigevent = of_entries[i].Event(i);
  }
  aiocb* const list[] = {&reads[0].block, &reads[1].block};
  sigevent event = of_list.Event(9);
  trial.Listio(LIO_NOWAIT, list, 2, &event);
  for (int i = 0; i < 2; ++i) {
    trial.ExpectEqual("the value of an entry's signal", of_entries[i].Take(),
                      i);
  }
  trial.ExpectEqual("the value of the list's signal", of_list.Take(), 9);
}

void WaitNotifiesEntries(Trial& trial) {
  const BlockedSignal signal(SIGRTMIN);
  char byte = 0;
  aiocb read = ReadEntry(trial.NewFile(1, O_RDONLY), &byte);
  read.aio_sigevent = signal.Event(5);
  aiocb* const list[] = {&read};
  // Its own signal is blocked, so it interrupts nothing.
  trial.Listio(LIO_WAIT, list, 1, nullptr);
  trial.ExpectEqual("the value of the entry's signal", signal.Take(), 5);
}

void WaitIgnoresEvent(Trial& trial) {
  const BlockedSignal signal(SIGRTMIN);
  char byte = 0;
  aiocb read = ReadEntry(trial.NewFile(1, O_RDONLY), &byte);
  aiocb* const list[] = {&read};
  sigevent event = signal.Event(6);
  trial.Listio(LIO_WAIT, list, 1, &event);
  GiveChance(trial);
  signal.ExpectNone(trial, "for a list with LIO_WAIT");
  event.sigev_notify = 12345;
  trial.ExpectError("lio_listio with LIO_WAIT and a bad sigevent",
                    trial.TryListio(LIO_WAIT, list, 1, &event), 0);
}

void NoEvent(Trial& trial) {
  char byte = 0;
  aiocb read = ReadEntry(trial.NewFile(1, O_RDONLY), &byte);
  aiocb* const list[] = {&read};
  trial.Listio(LIO_NOWAIT, list, 1, nullptr);
  trial.ExpectResult("the entry of a list without a sigevent", &read, 0, 1);
  sigevent event = {};
  event.sigev_notify = SIGEV_NONE;
  trial.Listio(LIO_NOWAIT, list, 1, &event);
  trial.ExpectResult("the entry of a list with SIGEV_NONE", &read, 0, 1);
}

// The signal is waited for without limit: where it never comes this hangs.
void EmptyListNotifies(Trial& trial) {
  const BlockedSignal signal(SIGRTMIN);
  sigevent event = signal.Event(1);
  aiocb* const none[] = {nullptr};
  trial.Listio(LIO_NOWAIT, none, 0, &event);
  trial.ExpectEqual("the signal of a list of no entries", signal.Take(), 1);
  event.sigev_value.sival_int = 2;
  trial.Listio(LIO_NOWAIT, none, 1, &event);
  trial.ExpectEqual("the signal of a list of a null entry", signal.Take(), 2);
  aiocb nop = BlockFor(-1, nullptr, 0, 0);
  nop.aio_lio_opcode = LIO_NOP;
  aiocb* const nops[] = {&nop};
  event.sigev_value.sival_int = 3;
  trial.Listio(LIO_NOWAIT, nops, 1, &event);
  trial.ExpectEqual("the signal of a list of LIO_NOP", signal.Take(), 3);
}

void NopsAreNotCounted(Trial& trial) {
  const BlockedSignal signal(SIGRTMIN);
  char byte = 0;
  aiocb read = ReadEntry(trial.NewFile(1, O_RDONLY), &byte);
  aiocb nop = BlockFor(-1, nullptr, 0, 0);
  nop.aio_lio_opcode = LIO_NOP;
  aiocb* const list[] = {&nop, nullptr, &read, nullptr, &nop};
  sigevent event = signal.Event(4);
  trial.Listio(LIO_NOWAIT, list, 5, &event);
  trial.ExpectEqual("the signal of a list with entries to be ignored",
                    signal.Take(), 4);
}

// Whether the entry is refused by the call or fails later, the list is done.
void RefusedEntryNotifies(Trial& trial) {
  const BlockedSignal signal(SIGRTMIN);
  char bytes[2];
  aiocb bad = ReadEntry(trial.NewFile(1, O_WRONLY), &bytes[0]);
  aiocb good = ReadEntry(trial.NewFile(1, O_RDONLY), &bytes[1]);
  aiocb* const list[] = {&bad, &good};
  sigevent event = signal.Event(8);
  const int error = trial.TryListio(LIO_NOWAIT, list, 2, &event);
  trial.Expect(error == 0 || error == EIO,
               absl::StrCat("lio_listio: ", ErrorName(error)));
  trial.ExpectEqual("the signal of a list with a bad entry", signal.Take(), 8);
  trial.ExpectError("aio_error of the good entry", trial.backend().error(&good),
                    0);
}

constexpr absl::string_view kDescription = "lio_listio, DESCRIPTION";
constexpr Standing kDemanded = Standing::kDemanded;
constexpr Standing kPromised = Standing::kPromised;

constexpr Check kChecks[] = {
    {"listio.signal-after-all", "F2", kDescription, kDemanded,
     "the list's signal comes when all entries are done, not before",
     SignalAfterAll},
    {"listio.signal-once", "F2", kDescription, kDemanded,
     "the list's signal comes once", SignalOnce},
    {"listio.thread-after-all", "F2", kDescription, kDemanded,
     "the list's function is called once, when all entries are done",
     ThreadAfterAll},
    {"listio.entries-notified", "F2", kDescription, kDemanded,
     "the entries are notified as well as the list", EntriesAndList},
    {"listio.wait-notifies-entries", "F2", kDescription, kDemanded,
     "with LIO_WAIT the entries are notified", WaitNotifiesEntries},
    {"listio.wait-ignores-event", "F2", kDescription, kDemanded,
     "with LIO_WAIT the sigevent of the list is ignored", WaitIgnoresEvent},
    {"listio.no-event", "F2", kDescription, kDemanded,
     "a list needs no sigevent", NoEvent},
    {"listio.ignored-not-counted", "F2", kDescription, kDemanded,
     "entries that are ignored do not keep the list from being done",
     NopsAreNotCounted},
    {"listio.empty-notified", "F2", "", kPromised,
     "a list without entries to do is notified, too", EmptyListNotifies},
    {"listio.refused-notified", "F2", "", kPromised,
     "a list of which an entry is bad is notified, too", RefusedEntryNotifies},
};

}  // namespace

absl::Span<const Check> ListioEventChecks() { return kChecks; }

}  // namespace aioemul::tools::check
