// I1 to I4: requests on pipes and sockets, that wait for the other side.

#include <aio.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/areas.h"
#include "tools/aioemul/check/chance.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/scene.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

void SetNonblocking(int fd) {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void Drain(int fd, size_t bytes) {
  std::vector<char> buffer(64 << 10);
  while (bytes > 0) {
    const ssize_t count =
        ::read(fd, buffer.data(), std::min(bytes, buffer.size()));
    if (count <= 0) return;
    bytes -= static_cast<size_t>(count);
  }
}

void IdleReadsHoldNoWorker(Trial& trial) {
  constexpr int kReads = 64;
  std::deque<IdleRead> reads;
  for (int i = 0; i < kReads; ++i) reads.emplace_back(trial).Submit();
  char byte = 0;
  aiocb file_read = BlockFor(trial.NewFile(1, O_RDONLY), &byte, 1, 0);
  trial.Read(&file_read);
  trial.Expect(true, absl::StrCat(kReads,
                                  " pipes have nothing to read; a read "
                                  "of a file is waited for"));
  trial.ExpectResult("the read of the file", &file_read, 0, 1);
}

void IdleReadsCostNoThreads(Trial& trial) {
  constexpr size_t kReads = 400;
  const size_t before = ThreadIds().size();
  std::deque<IdleRead> reads;
  for (size_t i = 0; i < kReads; ++i) reads.emplace_back(trial).Submit();
  GiveChance(trial);
  const size_t threads = ThreadIds().size() - before;
  trial.Expect(threads < kReads / 4, absl::StrCat("threads made for ", kReads,
                                                  " idle reads: ", threads));
}

void ReadDelaysNoWrite(Trial& trial) {
  int ends[2];
  trial.NewSockets(SOCK_STREAM, ends);
  char in = 0;
  char out = 'x';
  aiocb read = BlockFor(ends[0], &in, 1, 0);
  aiocb write = BlockFor(ends[0], &out, 1, 0);
  trial.Read(&read);
  trial.Write(&write);
  trial.Expect(true,
               "a socket has nothing to read; a write to it is waited for");
  trial.ExpectResult("the write", &write, 0, 1);
  // With requests outstanding, that use what is in this frame.
  trial.Stop();
}

void WriteDelaysNoRead(Trial& trial) {
  int ends[2];
  trial.NewSockets(SOCK_STREAM, ends);
  FillUp(ends[0]);
  char in = 0;
  char out = 'x';
  aiocb write = BlockFor(ends[0], &out, 1, 0);
  aiocb read = BlockFor(ends[0], &in, 1, 0);
  trial.Write(&write);
  trial.Read(&read);
  trial.RequireThat(::write(ends[1], &out, 1) == 1, "the other side writes");
  trial.Expect(true, "a socket has no room; a read of it is waited for");
  trial.ExpectResult("the read", &read, 0, 1);
  // With requests outstanding, that use what is in this frame.
  trial.Stop();
}

// Nobody reads before the write has been submitted.
void ExpectWholeWrite(Trial& trial, int reading, int writing) {
  constexpr size_t kBytes = 4 << 20;
  std::vector<char> bytes(kBytes, 'w');
  aiocb block = BlockFor(writing, bytes.data(), kBytes, 0);
  trial.Write(&block);
  std::thread reader([=] { Drain(reading, kBytes); });
  trial.ExpectResult("a write of 4 MiB", &block, 0, kBytes);
  // A short write would leave the reader waiting.
  close(writing);
  reader.detach();
}

void WholePipeWrite(Trial& trial) {
  int ends[2];
  trial.NewPipe(ends);
  ExpectWholeWrite(trial, ends[0], ends[1]);
}

void WholeSocketWrite(Trial& trial) {
  int ends[2];
  trial.NewSockets(SOCK_STREAM, ends);
  ExpectWholeWrite(trial, ends[1], ends[0]);
}

void WriteWaitsForRoom(Trial& trial) {
  int ends[2];
  trial.NewPipe(ends);
  const size_t full = FillUp(ends[1]);
  char byte = 'x';
  aiocb block = BlockFor(ends[1], &byte, 1, 0);
  trial.Write(&block);
  GiveChance(trial);
  trial.ExpectError("aio_error of a write to a full pipe",
                    trial.backend().error(&block), EINPROGRESS);
  Drain(ends[0], full);
  trial.ExpectResult("the write, once there is room", &block, 0, 1);
}

void ReadWaitsForData(Trial& trial) {
  IdleRead read(trial);
  read.Submit();
  GiveChance(trial);
  trial.ExpectError("aio_error of a read of an empty pipe",
                    trial.backend().error(read.block()), EINPROGRESS);
  read.Feed();
  trial.ExpectResult("the read, once there are data", read.block(), 0, 1);
  trial.ExpectEqual("the byte it read", read.byte(), IdleRead::kFood);
}

void ShortRead(Trial& trial) {
  int ends[2];
  trial.NewPipe(ends);
  trial.RequireThat(write(ends[1], "abc", 3) == 3,
                    "three bytes go into the pipe");
  char bytes[16] = {};
  aiocb block = BlockFor(ends[0], bytes, sizeof(bytes), 0);
  trial.Read(&block);
  trial.ExpectResult("a read of 16 bytes where there are 3", &block, 0, 3);
}

void EndOfData(Trial& trial) {
  int ends[2];
  trial.NewPipe(ends);
  char byte = 0;
  aiocb block = BlockFor(ends[0], &byte, 1, 0);
  trial.Read(&block);
  close(ends[1]);
  trial.ExpectResult("a read that waits when the last writer closes", &block, 0,
                     0);
}

void BrokenPipe(Trial& trial) {
  signal(SIGPIPE, SIG_IGN);
  int ends[2];
  trial.NewPipe(ends);
  close(ends[0]);
  char byte = 'x';
  aiocb block = BlockFor(ends[1], &byte, 1, 0);
  trial.Write(&block);
  trial.ExpectResult("a write to a pipe nobody can read", &block, EPIPE, -1);
}

void BreakingPipe(Trial& trial) {
  signal(SIGPIPE, SIG_IGN);
  int ends[2];
  trial.NewPipe(ends);
  FillUp(ends[1]);
  char byte = 'x';
  aiocb block = BlockFor(ends[1], &byte, 1, 0);
  trial.Write(&block);
  close(ends[0]);
  trial.ExpectResult("a write that waits when the last reader closes", &block,
                     EPIPE, -1);
}

std::atomic<int> broken_pipe_signals{0};
void CountBrokenPipe(int /*number*/) { ++broken_pipe_signals; }

void NoSignalForCaller(Trial& trial) {
  signal(SIGPIPE, CountBrokenPipe);
  int ends[2];
  trial.NewPipe(ends);
  close(ends[0]);
  char byte = 'x';
  aiocb block = BlockFor(ends[1], &byte, 1, 0);
  trial.Write(&block);
  trial.Await(block);
  trial.ExpectEqual("handlers of SIGPIPE run", broken_pipe_signals, 0);
}

// Two TCP sockets of this machine.
bool Connect(int ends[2]) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, any, length) != 0 || listen(listener, 1) != 0 ||
      getsockname(listener, any, &length) != 0) {
    return false;
  }
  ends[0] = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(ends[0], any, length) != 0) return false;
  ends[1] = accept(listener, nullptr, nullptr);
  return ends[1] >= 0;
}

void ResetConnection(Trial& trial) {
  int ends[2];
  if (!Connect(ends)) trial.NotRun("cannot connect to this machine by TCP");
  char byte = 0;
  aiocb block = BlockFor(ends[0], &byte, 1, 0);
  trial.Read(&block);
  // Closing resets, instead of ending in order.
  const linger reset = {1, 0};
  setsockopt(ends[1], SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  close(ends[1]);
  trial.ExpectResult("a read that waits when the peer resets", &block,
                     ECONNRESET, -1);
}

void NonblockingRead(Trial& trial) {
  int ends[2];
  trial.NewPipe(ends);
  SetNonblocking(ends[0]);
  char byte = 0;
  aiocb block = BlockFor(ends[0], &byte, 1, 0);
  trial.Read(&block);
  trial.Expect(true, "a read of an empty pipe with O_NONBLOCK is waited for");
  trial.ExpectResult("the read", &block, EAGAIN, -1);
}

void NonblockingWrite(Trial& trial) {
  int ends[2];
  trial.NewPipe(ends);
  SetNonblocking(ends[1]);
  std::vector<char> bytes(4 << 20, 'w');
  aiocb part = BlockFor(ends[1], bytes.data(), bytes.size(), 0);
  trial.Write(&part);
  trial.Expect(true,
               "a write of 4 MiB to a pipe with O_NONBLOCK is waited for");
  trial.ExpectError("aio_error of the write", trial.Await(part), 0);
  const ssize_t count = trial.Return(&part);
  trial.Expect(count > 0 && count < static_cast<ssize_t>(bytes.size()),
               absl::StrCat("aio_return of the write: ", count));
  FillUp(ends[1]);
  aiocb none = BlockFor(ends[1], bytes.data(), 1, 0);
  trial.Write(&none);
  trial.ExpectResult("a write when the pipe is full", &none, EAGAIN, -1);
}

void FlagsAreKept(Trial& trial) {
  IdleRead read(trial);
  const int before = fcntl(read.fd(), F_GETFL);
  read.Submit();
  GiveChance(trial);
  trial.ExpectEqual("flags of a pipe while a read of it waits",
                    fcntl(read.fd(), F_GETFL), before);
  read.Feed();
  trial.Await(*read.block());
  trial.ExpectEqual("flags of it afterwards", fcntl(read.fd(), F_GETFL),
                    before);
}

constexpr absl::string_view kRead = "aio_read, DESCRIPTION: as read would";
constexpr absl::string_view kWrite = "aio_write, DESCRIPTION: as write would";
constexpr Standing kDemanded = Standing::kDemanded;
constexpr Standing kChosen = Standing::kChosen;
constexpr Standing kPromised = Standing::kPromised;

constexpr Check kChecks[] = {
    {"stream.idle-reads-beside-file", "I1", "", kPromised,
     "reads that wait for data hold up no read of a file",
     IdleReadsHoldNoWorker},
    {"stream.idle-reads-cost-no-threads", "I1", "", kPromised,
     "hundreds of idle reads need few threads", IdleReadsCostNoThreads},
    {"stream.read-delays-no-write", "I2", "", kPromised,
     "a read that waits delays no write of its descriptor", ReadDelaysNoWrite},
    {"stream.write-delays-no-read", "I2", "", kPromised,
     "a write that waits delays no read of its descriptor", WriteDelaysNoRead},
    {"stream.whole-pipe-write", "I3", kWrite, kDemanded,
     "a write to a pipe completes when all bytes are out", WholePipeWrite},
    {"stream.whole-socket-write", "I3", kWrite, kChosen,
     "a write to a stream socket completes when all bytes are out",
     WholeSocketWrite},
    {"stream.write-waits", "I3", kWrite, kDemanded,
     "a write to a full pipe is in progress until there is room",
     WriteWaitsForRoom},
    {"stream.read-waits", "I3", kRead, kDemanded,
     "a read of an empty pipe is in progress until there are data",
     ReadWaitsForData},
    {"stream.short-read", "I3", kRead, kDemanded,
     "a read of a pipe completes with the data that are there", ShortRead},
    {"stream.end-of-data", "I4", kRead, kDemanded,
     "a read that waits ends with 0 when the last writer closes", EndOfData},
    {"stream.broken-pipe", "I4", kWrite, kDemanded,
     "a write that nobody can read fails with EPIPE", BrokenPipe},
    {"stream.breaking-pipe", "I4", kWrite, kDemanded,
     "a write that waits fails with EPIPE when the last reader closes",
     BreakingPipe},
    {"stream.no-sigpipe", "I4", "", kPromised,
     "a write that nobody can read raises no SIGPIPE in the caller",
     NoSignalForCaller},
    {"stream.reset", "I4", kRead, kDemanded,
     "a read that waits fails with ECONNRESET when the peer resets",
     ResetConnection},
    {"stream.nonblocking-read", "I3", kRead, kChosen,
     "with O_NONBLOCK, a read of an empty pipe fails with EAGAIN",
     NonblockingRead},
    {"stream.nonblocking-write", "I3", kWrite, kChosen,
     "with O_NONBLOCK, a write gives what fits, or EAGAIN", NonblockingWrite},
    {"stream.flags-kept", "I4", "", kPromised,
     "the flags of a descriptor stay as they are", FlagsAreKept},
};

}  // namespace

absl::Span<const Check> StreamChecks() { return kChecks; }

}  // namespace aioemul::tools::check
