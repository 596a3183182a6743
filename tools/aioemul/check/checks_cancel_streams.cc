// E3, E4: cancelling what waits for the other side, and who waited behind it.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
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

// The request waits, and is cancelled at once.
void ExpectCancels(Trial& trial, absl::string_view what, aiocb* block) {
  const int answer = trial.Cancel(block->aio_fildes, block);
  if (trial.Expect(
          answer == AIO_CANCELED,
          absl::StrCat("aio_cancel of ", what, ": ", AnswerName(answer)))) {
    trial.ExpectResult(what, block, ECANCELED, -1);
  }
  // With requests outstanding, that use what is in this frame.
  trial.Stop();
}

void IdlePipeRead(Trial& trial) {
  IdleRead read(trial);
  read.Submit();
  ExpectCancels(trial, "the read of an empty pipe", read.block());
}

void IdleSocketRead(Trial& trial) {
  int ends[2];
  trial.NewSockets(SOCK_STREAM, ends);
  char byte = 0;
  aiocb block = BlockFor(ends[0], &byte, 1, 0);
  trial.Read(&block);
  ExpectCancels(trial, "the read of an empty socket", &block);
}

void IdleTerminalRead(Trial& trial) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
    trial.NotRun("cannot make a terminal");
  }
  const int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
  if (terminal < 0) trial.NotRun("cannot open a terminal");
  char byte = 0;
  aiocb block = BlockFor(terminal, &byte, 1, 0);
  trial.Read(&block);
  ExpectCancels(trial, "the read of a terminal where nobody types", &block);
}

void FullPipeWrite(Trial& trial) {
  int ends[2];
  trial.NewPipe(ends);
  FillUp(ends[1]);
  char byte = 'x';
  aiocb block = BlockFor(ends[1], &byte, 1, 0);
  trial.Write(&block);
  ExpectCancels(trial, "the write to a full pipe", &block);
}

void FullSocketWrite(Trial& trial) {
  int ends[2];
  trial.NewSockets(SOCK_STREAM, ends);
  FillUp(ends[0]);
  char byte = 'x';
  aiocb block = BlockFor(ends[0], &byte, 1, 0);
  trial.Write(&block);
  ExpectCancels(trial, "the write to a full socket", &block);
}

// Each byte that is written goes to a read that completes or stays in the pipe.
void NoByteIsLost(Trial& trial) {
  constexpr int kRounds = 300;
  IdleRead read(trial);
  for (int round = 0; round < kRounds; ++round) {
    read.Submit();
    std::thread feeder([&] { read.Feed(); });
    for (std::atomic<int> pause{0}; pause < round * 50; ++pause) {
    }
    trial.Cancel(read.fd(), read.block());
    feeder.join();
    if (trial.Await(*read.block()) == ECANCELED) {
      char byte = 0;
      const int flags = fcntl(read.fd(), F_GETFL);
      fcntl(read.fd(), F_SETFL, flags | O_NONBLOCK);
      const ssize_t count = ::read(read.fd(), &byte, 1);
      fcntl(read.fd(), F_SETFL, flags);
      trial.RequireThat(
          count == 1 && byte == IdleRead::kFood,
          "a byte that a cancelled read did not deliver is still in "
          "the pipe");
    }
    trial.Return(read.block());
  }
  trial.Expect(true, absl::StrCat(kRounds, " bytes were delivered or left"));
}

// Two thirds of it fit, and nobody reads.
void PartlyMovedWrite(Trial& trial) {
  int ends[2];
  trial.NewPipe(ends);
  const int room = fcntl(ends[1], F_GETPIPE_SZ);
  std::vector<char> bytes(static_cast<size_t>(room) * 3 / 2, 'x');
  aiocb block = BlockFor(ends[1], bytes.data(), bytes.size(), 0);
  trial.Write(&block);
  for (int moved = 0; moved == 0; ioctl(ends[0], FIONREAD, &moved)) {
    sched_yield();
  }
  const int answer = trial.Cancel(ends[1], &block);
  trial.Expect(answer == AIO_NOTCANCELED,
               absl::StrCat("aio_cancel of a write that has moved bytes: ",
                            AnswerName(answer)));
  trial.Expect(true, "nobody reads; the write is waited for");
  trial.ExpectError("aio_error of the write", trial.Await(block), 0);
  const ssize_t count = trial.Return(&block);
  trial.Expect(
      count > 0 && count < static_cast<ssize_t>(bytes.size()),
      absl::StrCat("aio_return of the write of ", bytes.size(), ": ", count));
}

void CancelledHeadOfPipe(Trial& trial) {
  IdleRead head(trial);
  head.Submit();
  char byte = 0;
  aiocb follower = BlockFor(head.fd(), &byte, 1, 0);
  trial.Read(&follower);
  RequireCanceled(trial, "the first of two reads", head.block());
  head.Feed();
  trial.Expect(true, "the first is cancelled; the second is waited for");
  trial.ExpectResult("the second read", &follower, 0, 1);
}

// So many writes that whatever carries them out is busy: all stand before one
// gate.  Some backends keep what comes now in a queue.
constexpr int kBusy = 64;

void CancelledHeadOfFile(Trial& trial) {
  GatedWrite first(trial, trial.NewFile(1, O_RDWR), 0);
  PageGate gate(trial);
  std::deque<aiocb> busy;
  for (int i = 1; i < kBusy; ++i) {
    busy.push_back(
        BlockFor(trial.NewFile(1, O_RDWR), gate.buffer(), gate.size(), 0));
    trial.Write(&busy.back());
  }
  char bytes[2] = {'a', 'b'};
  const int fd = trial.NewFile(1, O_RDWR);
  aiocb head = BlockFor(fd, &bytes[0], 1, 0);
  aiocb follower = BlockFor(fd, &bytes[1], 1, 1);
  trial.Write(&head);
  trial.Write(&follower);
  const int answer = trial.Cancel(fd, &head);
  first.Open('f');
  gate.Open('g');
  trial.Expect(
      true, absl::StrCat("aio_cancel of the first of two writes: ",
                         AnswerName(answer), "; now the second is waited for"));
  trial.ExpectResult("the second write", &follower, 0, 1);
  // With requests outstanding, that use what is in this frame.
  trial.Stop();
}

void CancelledBeforeFsync(Trial& trial) {
  const int fd = trial.NewFile(1, O_RDWR | O_APPEND);
  GatedWrite started(trial, fd, 0);
  char byte = 'x';
  aiocb queued = BlockFor(fd, &byte, 1, 0);
  aiocb sync = BlockFor(fd, nullptr, 0, 0);
  trial.Write(&queued);
  trial.Fsync(O_SYNC, &sync);
  RequireCanceled(trial, "an append behind one that is being made", &queued);
  started.Open('g');
  trial.Expect(true, "the append is cancelled; the aio_fsync is waited for");
  trial.ExpectResult("the aio_fsync behind it", &sync, 0, 0);
  // With requests outstanding, that use what is in this frame.
  trial.Stop();
}

void CancelledInList(Trial& trial) {
  IdleRead head(trial);
  head.Submit();
  char byte = 0;
  aiocb behind = BlockFor(head.fd(), &byte, 1, 0);
  behind.aio_lio_opcode = LIO_READ;
  aiocb* const list[] = {&behind};
  std::atomic<int> error{-1};
  std::thread waiter(
      [&] { error = trial.TryListio(LIO_WAIT, list, 1, nullptr); });
  // Before the list is submitted there is nothing to cancel.
  while (error == -1 && trial.backend().error(&behind) != EINPROGRESS) {
    sched_yield();
  }
  RequireCanceled(trial, "a list's read behind an idle one", &behind);
  waiter.join();
  trial.ExpectError("lio_listio that waited for it", error, EIO);
}

constexpr absl::string_view kDefined =
    "aio_cancel, DESCRIPTION: implementation-defined";
constexpr absl::string_view kNormal = "aio_cancel, DESCRIPTION";
constexpr Standing kDemanded = Standing::kDemanded;
constexpr Standing kChosen = Standing::kChosen;

constexpr Check kChecks[] = {
    {"cancel.idle-pipe-read", "E3", kDefined, kChosen,
     "a read of an empty pipe can be cancelled", IdlePipeRead},
    {"cancel.idle-socket-read", "E3", kDefined, kChosen,
     "a read of an empty socket can be cancelled", IdleSocketRead},
    {"cancel.idle-terminal-read", "E3", kDefined, kChosen,
     "a read of a terminal can be cancelled", IdleTerminalRead},
    {"cancel.full-pipe-write", "E3", kDefined, kChosen,
     "a write to a full pipe can be cancelled", FullPipeWrite},
    {"cancel.full-socket-write", "E3", kDefined, kChosen,
     "a write to a full socket can be cancelled", FullSocketWrite},
    {"cancel.no-byte-lost", "E3", "", Standing::kPromised,
     "a read that was cancelled has taken no data", NoByteIsLost},
    {"cancel.partly-moved-write", "E3", kDefined, kChosen,
     "a write that has moved bytes ends with its short count when cancelled",
     PartlyMovedWrite},
    {"cancel.head-of-pipe", "E4", kNormal, kDemanded,
     "a read goes on when the one before it was cancelled",
     CancelledHeadOfPipe},
    {"cancel.head-of-file", "E4", kNormal, kDemanded,
     "a write goes on when the one before it on its file was cancelled",
     CancelledHeadOfFile},
    {"cancel.before-fsync", "E4", kNormal, kDemanded,
     "an aio_fsync goes on when a write before it was cancelled",
     CancelledBeforeFsync},
    {"cancel.in-list", "E4", "lio_listio, DESCRIPTION and ERRORS", kDemanded,
     "a cancelled request of a list that is waited for ends the wait: EIO",
     CancelledInList},
};

}  // namespace

absl::Span<const Check> CancelStreamChecks() { return kChecks; }

}  // namespace aioemul::tools::check
