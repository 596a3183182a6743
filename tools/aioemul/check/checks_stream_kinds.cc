// I5: odd descriptors give what read and write give.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/areas.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/scene.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

int Opened(Trial& trial, const char* path, int flags) {
  const int fd = open(path, flags);
  if (fd < 0) {
    trial.NotRun(absl::StrCat("cannot open ", path, ": ", ErrorName(errno)));
  }
  return fd;
}

void DevNull(Trial& trial) {
  const int fd = Opened(trial, "/dev/null", O_RDWR);
  char bytes[8] = {};
  aiocb read = BlockFor(fd, bytes, sizeof(bytes), 0);
  aiocb write = BlockFor(fd, bytes, sizeof(bytes), 0);
  trial.Read(&read);
  trial.Write(&write);
  trial.ExpectResult("a read of /dev/null", &read, 0, 0);
  trial.ExpectResult("a write of 8 bytes to it", &write, 0, sizeof(bytes));
}

void DevZero(Trial& trial) {
  char bytes[8];
  memset(bytes, 'x', sizeof(bytes));
  aiocb block =
      BlockFor(Opened(trial, "/dev/zero", O_RDONLY), bytes, sizeof(bytes), 0);
  trial.Read(&block);
  trial.ExpectResult("a read of 8 bytes of /dev/zero", &block, 0,
                     sizeof(bytes));
  trial.ExpectThat(std::all_of(std::begin(bytes), std::end(bytes),
                               [](char byte) { return byte == 0; }),
                   "it read zeros");
}

void NamedPipe(Trial& trial) {
  const std::string path = absl::StrCat(trial.directory(), "/fifo");
  if (mkfifo(path.c_str(), 0600) != 0) trial.NotRun("cannot make a FIFO");
  const int reading = Opened(trial, path.c_str(), O_RDONLY | O_NONBLOCK);
  const int writing = Opened(trial, path.c_str(), O_WRONLY);
  fcntl(reading, F_SETFL, 0);
  char in[4] = {};
  char out[4] = {'f', 'i', 'f', 'o'};
  aiocb read = BlockFor(reading, in, sizeof(in), 0);
  aiocb write = BlockFor(writing, out, sizeof(out), 0);
  trial.Read(&read);
  trial.Write(&write);
  trial.ExpectResult("a write to a FIFO", &write, 0, sizeof(out));
  trial.ExpectResult("the read that waits at it", &read, 0, sizeof(in));
  trial.ExpectThat(memcmp(in, out, sizeof(in)) == 0,
                   "it read what was written");
}

void Terminal(Trial& trial) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
    trial.NotRun("cannot make a terminal");
  }
  const int terminal = Opened(trial, ptsname(master), O_RDWR | O_NOCTTY);
  char line[64] = {};
  aiocb read = BlockFor(terminal, line, sizeof(line), 0);
  trial.Read(&read);
  trial.RequireThat(write(master, "first\nsecond\n", 13) == 13,
                    "two lines are typed");
  trial.ExpectResult("a read of a terminal, two lines typed", &read, 0, 6);
  trial.ExpectThat(absl::string_view(line, 6) == "first\n", "it read one line");
  char out[3] = {'o', 'u', 't'};
  aiocb write = BlockFor(terminal, out, sizeof(out), 0);
  trial.Write(&write);
  trial.ExpectResult("a write to the terminal", &write, 0, sizeof(out));
}

void Datagrams(Trial& trial) {
  int ends[2];
  trial.NewSockets(SOCK_DGRAM, ends);
  char bytes[8] = {};
  aiocb first = BlockFor(ends[0], bytes, 4, 0);
  trial.Read(&first);
  trial.RequireThat(send(ends[1], "longer", 6, 0) == 6, "a message is sent");
  trial.RequireThat(send(ends[1], "xy", 2, 0) == 2, "another is sent");
  trial.ExpectResult("a read of 4 bytes of a message of 6", &first, 0, 4);
  aiocb second = BlockFor(ends[0], bytes, sizeof(bytes), 0);
  trial.Read(&second);
  trial.ExpectResult("a read of 8 bytes of the next, of 2", &second, 0, 2);
  char out[5] = {};
  aiocb write = BlockFor(ends[0], out, sizeof(out), 0);
  trial.Write(&write);
  trial.ExpectResult("a write of a message of 5 bytes", &write, 0, sizeof(out));
  trial.ExpectEqual("size of the message that came",
                    recv(ends[1], bytes, sizeof(bytes), 0), sizeof(out));
}

void EventCounter(Trial& trial) {
  const int fd = eventfd(0, 0);
  uint64_t in = 0;
  uint64_t out = 7;
  aiocb read = BlockFor(fd, &in, sizeof(in), 0);
  aiocb write = BlockFor(fd, &out, sizeof(out), 0);
  trial.Read(&read);
  trial.RequireThat(::write(fd, &out, sizeof(out)) == sizeof(out),
                    "7 is added to the counter");
  trial.ExpectResult("the read that waits at an eventfd", &read, 0, sizeof(in));
  trial.ExpectEqual("the number it read", static_cast<long long>(in), 7);
  trial.Write(&write);
  trial.ExpectResult("a write to the eventfd", &write, 0, sizeof(out));
}

void Timer(Trial& trial) {
  const int fd = timerfd_create(CLOCK_MONOTONIC, 0);
  uint64_t expirations = 0;
  aiocb read = BlockFor(fd, &expirations, sizeof(expirations), 0);
  trial.Read(&read);
  itimerspec soon = {};
  soon.it_value.tv_nsec = 1'000'000;
  timerfd_settime(fd, 0, &soon, nullptr);
  trial.ExpectResult("the read that waits for a timer", &read, 0,
                     sizeof(expirations));
  trial.ExpectEqual("expirations", static_cast<long long>(expirations), 1);
}

// What the plain call says is what the request must say, at once or later.
void ExpectSameRefusal(Trial& trial, absl::string_view what, int fd) {
  char byte = 0;
  const int plain = read(fd, &byte, 1) < 0 ? errno : 0;
  if (plain == 0) trial.NotRun("read of it succeeds here");
  aiocb block = BlockFor(fd, &byte, 1, 0);
  const int at_once = trial.TryRead(&block);
  const int error = at_once != 0 ? at_once : trial.Await(block);
  trial.ExpectError(absl::StrCat("aio_read of ", what, ", where read gives ",
                                 ErrorName(plain)),
                    error, plain);
}

void ListeningSocket(Trial& trial) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (listener < 0 || listen(listener, 1) != 0) {
    trial.NotRun("cannot listen");
  }
  ExpectSameRefusal(trial, "a listening socket", listener);
}

void Directory(Trial& trial) {
  ExpectSameRefusal(
      trial, "a directory",
      Opened(trial, trial.directory().c_str(), O_RDONLY | O_DIRECTORY));
}

constexpr absl::string_view kRead = "aio_read, DESCRIPTION: as read would";
constexpr absl::string_view kBoth =
    "aio_read and aio_write, DESCRIPTION: as read and write would";
constexpr Standing kDemanded = Standing::kDemanded;
constexpr Standing kPromised = Standing::kPromised;

constexpr Check kChecks[] = {
    {"stream-kind.dev-null", "I5", kBoth, kDemanded,
     "/dev/null has no data and takes all", DevNull},
    {"stream-kind.dev-zero", "I5", "", kPromised, "/dev/zero gives zeros",
     DevZero},
    {"stream-kind.fifo", "I5", kBoth, kDemanded,
     "a FIFO passes what is written to who waits to read", NamedPipe},
    {"stream-kind.terminal", "I5", kBoth, kDemanded,
     "a read of a terminal gives one line", Terminal},
    {"stream-kind.datagrams", "I5", kBoth, kDemanded,
     "each read takes one message, and each write sends one", Datagrams},
    {"stream-kind.eventfd", "I5", "", kPromised,
     "a read of an eventfd waits for it to be signalled", EventCounter},
    {"stream-kind.timerfd", "I5", "", kPromised,
     "a read of a timerfd waits for the timer", Timer},
    {"stream-kind.listening-socket", "I5", kRead, kDemanded,
     "a listening socket cannot be read", ListeningSocket},
    {"stream-kind.directory", "I5", kRead, kDemanded,
     "a directory that read refuses cannot be read", Directory},
};

}  // namespace

absl::Span<const Check> StreamKindChecks() { return kChecks; }

}  // namespace aioemul::tools::check
