// Probes for the bugs of single requests: arguments, transfers, order, results.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "tools/backends/broken_probe.h"

namespace aioemul::backends {
namespace {

bool AllOfAListComplete(const Probe& probe) {
  const int fd = FileOf("abc", O_RDONLY);
  char bytes[3];
  aiocb blocks[3];
  aiocb* list[3];
  for (int i = 0; i < 3; ++i) {
    blocks[i] = BlockFor(fd, &bytes[i], 1, i);
    blocks[i].aio_lio_opcode = LIO_READ;
    list[i] = &blocks[i];
  }
  return probe.aio.listio(LIO_WAIT, list, 3, nullptr) == 0 &&
         probe.aio.error(&blocks[0]) == 0 && probe.aio.error(&blocks[1]) == 0 &&
         probe.aio.error(&blocks[2]) == 0;
}

bool ReadsTheBytes(const Probe& probe) {
  char buffer[4] = {};
  aiocb block = BlockFor(FileOf("abcd", O_RDONLY), buffer, 4, 0);
  return probe.ReadGives(&block, 0, 4) && std::string(buffer, 4) == "abcd";
}

bool ReadsFromTheOffset(const Probe& probe) {
  char byte = 0;
  aiocb block = BlockFor(FileOf("abcd", O_RDONLY), &byte, 1, 2);
  return probe.ReadGives(&block, 0, 1) && byte == 'c';
}

bool TellsAShortRead(const Probe& probe) {
  char buffer[10];
  aiocb block = BlockFor(FileOf("abcd", O_RDONLY), buffer, 10, 0);
  return probe.ReadGives(&block, 0, 4);
}

bool TellsTheEndOfFile(const Probe& probe) {
  char byte;
  aiocb block = BlockFor(FileOf("abcd", O_RDONLY), &byte, 1, 4);
  return probe.ReadGives(&block, 0, 0);
}

bool IgnoresTheOffsetOfAPipe(const Probe& probe) {
  const Pipe pipe;
  pipe.Put("a");
  char byte;
  aiocb block = BlockFor(pipe.read, &byte, 1, 5);
  return probe.ReadGives(&block, 0, 1);
}

bool ReadsAPipeThreeTimes(const Probe& probe) {
  const Pipe pipe;
  pipe.Put("abc");
  char byte;
  for (int i = 0; i < 3; ++i) {
    aiocb block = BlockFor(pipe.read, &byte, 1, 0);
    if (!probe.ReadGives(&block, 0, 1)) return false;
  }
  return true;
}

bool IsRefused(const Probe& probe, aiocb* block, int error) {
  return probe.aio.read(block) == -1 && errno == error;
}

bool RefusesABadPriority(const Probe& probe) {
  char byte;
  aiocb block = BlockFor(FileOf("abcd", O_RDONLY), &byte, 1, 0);
  block.aio_reqprio = 1000;
  return IsRefused(probe, &block, EINVAL);
}

bool RefusesANegativeOffset(const Probe& probe) {
  char byte;
  aiocb block = BlockFor(FileOf("abcd", O_RDONLY), &byte, 1, -1);
  return IsRefused(probe, &block, EINVAL);
}

bool RefusesABadDescriptor(const Probe& probe) {
  char byte;
  aiocb block = BlockFor(-1, &byte, 1, 0);
  return IsRefused(probe, &block, EBADF);
}

bool RefusesANullBlock(const Probe& probe) {
  return IsRefused(probe, nullptr, EINVAL);
}

bool ForgetsResultsNobodyFetches(const Probe& probe) {
  char byte;
  std::vector<aiocb> blocks(100,
                            BlockFor(FileOf("abcd", O_RDONLY), &byte, 1, 0));
  for (aiocb& block : blocks) {
    if (probe.aio.read(&block) != 0 || !probe.Completes(block)) return false;
  }
  return true;
}

bool LeavesACompleteBlockAlone(const Probe& probe) {
  char byte;
  aiocb block = BlockFor(FileOf("abcd", O_RDONLY), &byte, 1, 0);
  aiocb other = block;
  if (probe.aio.read(&block) != 0 || !probe.Completes(block)) return false;
  block.aio_offset = 7;
  return probe.ReadGives(&other, 0, 1) && block.aio_offset == 7;
}

bool ReadsTheEventAtSubmission(const Probe& probe) {
  const Pipe pipe;
  char byte;
  aiocb block = BlockFor(pipe.read, &byte, 1, 0);
  AskForSignal(&block, BlockedSignal(), 1);
  if (probe.aio.read(&block) != 0) return false;
  block.aio_sigevent.sigev_value.sival_int = 2;
  pipe.Put("a");
  siginfo_t details = {};
  return probe.SignalComes(SIGRTMIN, &details) &&
         details.si_value.sival_int == 1;
}

bool ReadsTheBlockAtSubmission(const Probe& probe) {
  const Pipe pipe;
  char bytes[3];
  aiocb first = BlockFor(pipe.read, &bytes[0], 1, 0);
  aiocb second = BlockFor(pipe.read, &bytes[1], 1, 0);
  if (probe.aio.read(&first) != 0 || probe.aio.read(&second) != 0) return false;
  second.aio_nbytes = 2;
  pipe.Put("abc");
  while (probe.aio.error(&second) == EINPROGRESS) usleep(100);
  return probe.aio.result(&second) == 1;
}

bool SynchronizesAfterWhatIsEarlier(const Probe& probe) {
  const Pipe pipe;
  char byte;
  aiocb read = BlockFor(pipe.read, &byte, 1, 0);
  aiocb sync = BlockFor(pipe.read, nullptr, 0, 0);
  return probe.aio.read(&read) == 0 && probe.aio.fsync(O_SYNC, &sync) == 0 &&
         probe.StaysInProgress(sync);
}

// The file's first write keeps the only worker busy while two wait.  The one of
// lower priority, asked for last, must have the last word.
bool PriorityIsHeeded(const Probe& probe) {
  std::string much(16 << 20, 'm');
  char high = 'h';
  char low = 'l';
  const int fd = FileOf("x", O_RDWR);
  const int rounds = probe.spoilt() ? 10'000 : 3;
  for (int i = 0; i < rounds; ++i) {
    aiocb first = BlockFor(fd, much.data(), much.size(), 1);
    aiocb second = BlockFor(fd, &high, 1, 0);
    aiocb third = BlockFor(fd, &low, 1, 0);
    third.aio_reqprio = 10;
    for (aiocb* const block : {&first, &second, &third}) {
      if (probe.aio.write(block) != 0) return false;
    }
    for (aiocb* const block : {&first, &second, &third}) {
      if (!probe.Completes(*block)) return false;
    }
    if (BytesOf(fd)[0] != 'l') return false;
  }
  return true;
}

bool AppendsInOrder(const Probe& probe) {
  char bytes[] = {'a', 'b'};
  const int rounds = probe.spoilt() ? 100 : 1;
  for (int i = 0; i < rounds; ++i) {
    const int fd = FileOf("", O_RDWR | O_APPEND);
    aiocb first = BlockFor(fd, &bytes[0], 1, 0);
    aiocb second = BlockFor(fd, &bytes[1], 1, 0);
    if (probe.aio.write(&first) != 0 || probe.aio.write(&second) != 0 ||
        !probe.Completes(first) || !probe.Completes(second) ||
        BytesOf(fd) != "ab") {
      return false;
    }
  }
  return true;
}

bool WritesBesideAWaitingRead(const Probe& probe) {
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0) return false;
  char bytes[] = {'a', 'b'};
  aiocb read = BlockFor(sockets[0], &bytes[0], 1, 0);
  aiocb write = BlockFor(sockets[0], &bytes[1], 1, 0);
  return probe.aio.read(&read) == 0 && probe.aio.write(&write) == 0 &&
         probe.Gives(&write, 0, 1);
}

bool GivesAResultOnce(const Probe& probe) {
  char byte;
  aiocb block = BlockFor(FileOf("abcd", O_RDONLY), &byte, 1, 0);
  return probe.ReadGives(&block, 0, 1) && probe.aio.result(&block) == -1;
}

bool ForgetsTheLastStatusOfABlock(const Probe& probe) {
  const Pipe pipe;
  pipe.Put("a");
  char byte;
  aiocb block = BlockFor(pipe.read, &byte, 1, 0);
  return probe.ReadGives(&block, 0, 1) && probe.aio.read(&block) == 0 &&
         probe.aio.error(&block) == EINPROGRESS;
}

constexpr ProbeEntry kProbes[] = {
    {"lost-completion", AllOfAListComplete},
    {"wrong-byte", ReadsTheBytes},
    {"short-read-as-full", TellsAShortRead},
    {"zero-at-eof-missing", TellsTheEndOfFile},
    {"offset-ignored", ReadsFromTheOffset},
    {"offset-used-on-pipe", IgnoresTheOffsetOfAPipe},
    {"eintr-reported", ReadsAPipeThreeTimes},
    {"errno-wrong", RefusesABadPriority},
    {"bad-descriptor-accepted", RefusesABadDescriptor},
    {"bad-priority-accepted", RefusesABadPriority},
    {"negative-offset-accepted", RefusesANegativeOffset},
    {"crash-on-null", RefusesANullBlock},
    {"resource-leak", ForgetsResultsNobodyFetches},
    {"touches-block-after-completion", LeavesACompleteBlockAlone},
    {"sigevent-read-late", ReadsTheEventAtSubmission},
    {"control-block-read-late", ReadsTheBlockAtSubmission},
    {"overtaking-barrier", SynchronizesAfterWhatIsEarlier},
    {"priority-inverted", PriorityIsHeeded},
    {"reordered-append", AppendsInOrder},
    {"one-at-a-time", WritesBesideAWaitingRead},
    {"stale-status", GivesAResultOnce},
    {"result-kept-after-reuse", ForgetsTheLastStatusOfABlock},
};

}  // namespace

absl::Span<const ProbeEntry> TransferProbes() { return kProbes; }

}  // namespace aioemul::backends
