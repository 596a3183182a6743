// E1, E2: what aio_cancel answers, and what it leaves alone.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <deque>
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

bool ExpectAnswer(Trial& trial, absl::string_view what, int got, int expected) {
  return trial.Expect(
      got == expected,
      absl::StrCat("aio_cancel of ", what, ": ", AnswerName(got), ", expected ",
                   AnswerName(expected)));
}

// A read that waits, and one behind it: of those, the second is the one that
// any backend can cancel.
struct ReadBehind {
  explicit ReadBehind(Trial& trial)
      : head(trial), block(BlockFor(head.fd(), &byte, 1, 0)) {
    head.Submit();
  }
  IdleRead head;
  char byte = 0;
  aiocb block;
};

void DoneIsAllDone(Trial& trial) {
  char byte = 0;
  aiocb block = BlockFor(trial.NewFile(1, O_RDONLY), &byte, 1, 0);
  trial.Read(&block);
  trial.Await(block);
  ExpectAnswer(trial, "a completed read",
               trial.Cancel(block.aio_fildes, &block), AIO_ALLDONE);
  ExpectAnswer(trial, "a descriptor whose requests have completed",
               trial.Cancel(block.aio_fildes, nullptr), AIO_ALLDONE);
  trial.ExpectResult("the read", &block, 0, 1);
}

void NothingIsAllDone(Trial& trial) {
  ExpectAnswer(trial, "a descriptor without requests",
               trial.Cancel(trial.NewFile(1, O_RDONLY), nullptr), AIO_ALLDONE);
}

void BadDescriptor(Trial& trial) {
  const int closed = trial.NewFile(1, O_RDONLY);
  trial.backend().close(closed);
  ExpectAnswer(trial, "a closed descriptor", trial.Cancel(closed, nullptr),
               -EBADF);
  ExpectAnswer(trial, "descriptor -1", trial.Cancel(-1, nullptr), -EBADF);
}

void OtherDescriptor(Trial& trial) {
  IdleRead read(trial);
  read.Submit();
  ExpectAnswer(trial, "a read, with another descriptor than its own",
               trial.Cancel(read.feeding_fd(), read.block()), -EINVAL);
  read.Feed();
  trial.ExpectResult("the read", read.block(), 0, 1);
}

void CanceledStatus(Trial& trial) {
  ReadBehind read(trial);
  trial.Read(&read.block);
  RequireCanceled(trial, "a read behind an idle one", &read.block);
  trial.ExpectError("aio_error of the cancelled read, at once",
                    trial.backend().error(&read.block), ECANCELED);
  trial.ExpectEqual("aio_return of it", trial.backend().result(&read.block),
                    -1);
}

// The transfer is under way: it waits at the gate.
void StartedEndsAsTold(Trial& trial) {
  const int fd = trial.NewFile(1, O_RDWR);
  GatedWrite write(trial, fd, 0);
  const int answer = trial.Cancel(fd, write.block());
  if (answer == AIO_CANCELED) {
    write.Open('g');
    trial.ExpectResult("the write, told to be cancelled", write.block(),
                       ECANCELED, -1);
    return;
  }
  ExpectAnswer(trial, "a write that is being made", answer, AIO_NOTCANCELED);
  write.ExpectWritten('g');
  char byte = 0;
  trial.ExpectThat(pread(fd, &byte, 1, 0) == 1 && byte == 'g',
                   "the file holds what it wrote");
}

// Whether the answer fits what became of the read.
bool Fits(int answer, int error_at_return, int error_in_the_end) {
  if (answer == AIO_CANCELED) return error_in_the_end == ECANCELED;
  if (answer == AIO_ALLDONE) return error_at_return != EINPROGRESS;
  return answer == AIO_NOTCANCELED && error_in_the_end == 0;
}

// The data come at every moment of aio_cancel.
void AnswersTruly(Trial& trial) {
  constexpr int kRounds = 500;
  IdleRead read(trial);
  for (int round = 0; round < kRounds; ++round) {
    read.Submit();
    std::atomic<bool> go{false};
    std::thread feeder([&] {
      while (!go.load()) sched_yield();
      read.Feed();
    });
    go = true;
    for (std::atomic<int> pause{0}; pause < round * 10; ++pause) {
    }
    const int answer = trial.Cancel(read.fd(), read.block());
    const int at_return = trial.backend().error(read.block());
    feeder.join();
    const int in_the_end = trial.Await(*read.block());
    if (!Fits(answer, at_return, in_the_end)) {
      trial.Expect(false,
                   absl::StrCat("aio_cancel answered ", AnswerName(answer),
                                "; aio_error then gave ", ErrorName(at_return),
                                " and in the end ", ErrorName(in_the_end)));
      return;
    }
    // What a cancelled read has left would end the next.
    int left = 0;
    ioctl(read.fd(), FIONREAD, &left);
    char rest = 0;
    if (left > 0 && ::read(read.fd(), &rest, 1) != 1) return;
    trial.Return(read.block());
  }
  trial.Expect(true, absl::StrCat(kRounds, " answers were true"));
}

void NullBlockMeansAll(Trial& trial) {
  std::deque<aiocb> behind;
  IdleRead head(trial);
  head.Submit();
  char bytes[4] = {};
  for (char& byte : bytes) {
    behind.push_back(BlockFor(head.fd(), &byte, 1, 0));
    trial.Read(&behind.back());
  }
  const int answer = trial.Cancel(head.fd(), nullptr);
  int cancelled = trial.backend().error(head.block()) == ECANCELED ? 1 : 0;
  for (const aiocb& block : behind) {
    if (trial.backend().error(&block) == ECANCELED) ++cancelled;
  }
  if (answer == AIO_CANCELED) {
    trial.ExpectEqual("of 5 requests, told to be cancelled, are", cancelled, 5);
  } else {
    ExpectAnswer(trial, "5 reads of a descriptor", answer, AIO_NOTCANCELED);
    trial.ExpectThat(cancelled < 5, "told that one was not: one was not");
  }
  // With requests outstanding, that use what is in this frame.
  trial.Stop();
}

void AllIdleReadsCancelled(Trial& trial) {
  IdleRead head(trial);
  head.Submit();
  char byte = 0;
  aiocb behind = BlockFor(head.fd(), &byte, 1, 0);
  trial.Read(&behind);
  ExpectAnswer(trial, "two idle reads of a descriptor",
               trial.Cancel(head.fd(), nullptr), AIO_CANCELED);
}

void NullBlockSparesOthers(Trial& trial) {
  IdleRead here(trial);
  IdleRead there(trial);
  const int copy = dup(there.fd());
  here.Submit();
  there.Submit();
  trial.Cancel(here.fd(), nullptr);
  ExpectAnswer(trial, "a copy of a descriptor, without requests of its own",
               trial.Cancel(copy, nullptr), AIO_ALLDONE);
  there.Feed();
  trial.ExpectResult("the read of another descriptor", there.block(), 0, 1);
}

void NamedSparesOthers(Trial& trial) {
  ReadBehind read(trial);
  trial.Read(&read.block);
  char last_byte = 0;
  aiocb last = BlockFor(read.head.fd(), &last_byte, 1, 0);
  trial.Read(&last);
  RequireCanceled(trial, "the second of three reads", &read.block);
  read.head.Feed();
  read.head.Feed();
  trial.ExpectResult("the first read", read.head.block(), 0, 1);
  trial.ExpectResult("the third read", &last, 0, 1);
}

int TakeSignal(const sigset_t& set, siginfo_t* info) {
  int number = -1;
  while ((number = sigwaitinfo(&set, info)) < 0) {
  }
  return number;
}

void CancelledSendsSignal(Trial& trial) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  ReadBehind read(trial);
  read.block.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
  read.block.aio_sigevent.sigev_signo = SIGRTMIN;
  read.block.aio_sigevent.sigev_value.sival_int = 41;
  trial.Read(&read.block);
  RequireCanceled(trial, "a read behind an idle one", &read.block);
  trial.Expect(true, "it is cancelled; its signal is waited for");
  siginfo_t info = {};
  TakeSignal(set, &info);
  trial.ExpectEqual("the value that came with the signal",
                    info.si_value.sival_int, 41);
}

// What the function of a request notes of it.
struct Notified {
  const Backend* backend;
  const aiocb* block;
  std::atomic<int> status{-1};
};

void NoteStatus(sigval value) {
  auto* const notified = static_cast<Notified*>(value.sival_ptr);
  notified->status = notified->backend->error(notified->block);
}

void CancelledCallsFunction(Trial& trial) {
  ReadBehind read(trial);
  Notified notified{&trial.backend(), &read.block};
  read.block.aio_sigevent.sigev_notify = SIGEV_THREAD;
  read.block.aio_sigevent.sigev_notify_function = NoteStatus;
  read.block.aio_sigevent.sigev_value.sival_ptr = &notified;
  trial.Read(&read.block);
  RequireCanceled(trial, "a read behind an idle one", &read.block);
  trial.Expect(true, "it is cancelled; its function is waited for");
  while (notified.status == -1) sched_yield();
  trial.ExpectError("aio_error in the function", notified.status, ECANCELED);
}

constexpr absl::string_view kDescription = "aio_cancel, DESCRIPTION";
constexpr absl::string_view kReturn = "aio_cancel, RETURN VALUE";
constexpr Standing kDemanded = Standing::kDemanded;
constexpr Standing kChosen = Standing::kChosen;

constexpr Check kChecks[] = {
    {"cancel.completed", "E1", kReturn, kDemanded,
     "of completed requests it answers AIO_ALLDONE", DoneIsAllDone},
    {"cancel.no-requests", "E1", kReturn, kDemanded,
     "of a descriptor without requests it answers AIO_ALLDONE",
     NothingIsAllDone},
    {"cancel.bad-descriptor", "E2", "aio_cancel, ERRORS", kDemanded,
     "a descriptor that is not open gives EBADF", BadDescriptor},
    {"cancel.other-descriptor", "E2",
     "aio_cancel, DESCRIPTION: unspecified results", kChosen,
     "a request of another descriptor gives EINVAL and goes on",
     OtherDescriptor},
    {"cancel.status", "E1", kDescription, kDemanded,
     "a cancelled request has the status ECANCELED and the result -1",
     CanceledStatus},
    {"cancel.started", "E1", kDescription, kDemanded,
     "a request that was not cancelled ends with its own result",
     StartedEndsAsTold},
    {"cancel.answers-truly", "E1", kReturn, kDemanded,
     "the answer is true at whatever moment the request completes",
     AnswersTruly},
    {"cancel.null-block", "E2", kReturn, kDemanded,
     "without a block, AIO_CANCELED means that all requests are",
     NullBlockMeansAll},
    {"cancel.null-block-all", "E2",
     "aio_cancel, DESCRIPTION: implementation-defined", kChosen,
     "without a block, all idle reads of a pipe are cancelled",
     AllIdleReadsCancelled},
    {"cancel.null-block-spares-others", "E2", kDescription, kDemanded,
     "requests of other descriptors, of a copy too, are left alone",
     NullBlockSparesOthers},
    {"cancel.named-spares-others", "E1", kDescription, kDemanded,
     "requests that were not named are left alone", NamedSparesOthers},
    {"cancel.sends-signal", "E1", kDescription, kDemanded,
     "a cancelled request sends its signal", CancelledSendsSignal},
    {"cancel.calls-function", "E1", kDescription, kDemanded,
     "a cancelled request has its function called", CancelledCallsFunction},
};

}  // namespace

absl::Span<const Check> CancelChecks() { return kChecks; }

}  // namespace aioemul::tools::check
