#include "tools/aioemul/check/trial.h"

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

namespace aioemul::tools::check {
namespace {

constexpr std::pair<int, absl::string_view> kErrorNames[] = {
    {0, "success"},
    {EAGAIN, "EAGAIN"},
    {EBADF, "EBADF"},
    {EBUSY, "EBUSY"},
    {ECANCELED, "ECANCELED"},
    {ECONNRESET, "ECONNRESET"},
    {EFAULT, "EFAULT"},
    {EFBIG, "EFBIG"},
    {EINPROGRESS, "EINPROGRESS"},
    {EINTR, "EINTR"},
    {EINVAL, "EINVAL"},
    {EIO, "EIO"},
    {EISDIR, "EISDIR"},
    {ENOMEM, "ENOMEM"},
    {ENOSPC, "ENOSPC"},
    {ENOSYS, "ENOSYS"},
    {ENOTCONN, "ENOTCONN"},
    {ENOTSUP, "ENOTSUP"},
    {EOVERFLOW, "EOVERFLOW"},
    {EPERM, "EPERM"},
    {EPIPE, "EPIPE"},
    {ESPIPE, "ESPIPE"},
};

// A whole page and more, so that a wrong page shows, and no period of a power
// of two.
constexpr off_t kPatternPeriod = 251;

}  // namespace

std::string ErrorName(int error) {
  for (const auto& [number, name] : kErrorNames) {
    if (number == error) return std::string(name);
  }
  return absl::StrCat("errno ", error);
}

Trial::Trial(const Backend& backend, int results, absl::string_view directory)
    : backend_(backend), results_(results), directory_(directory) {}

void Trial::Tell(absl::string_view kind, absl::string_view text) {
  const std::string line =
      absl::StrCat(kind, " ", absl::StrReplaceAll(text, {{"\n", " "}}), "\n");
  // One write of less than PIPE_BUF bytes: lines of threads do not mix.
  if (write(results_, line.data(), line.size()) < 0) _exit(1);
}

void Trial::Leave() {
  Tell("done", "");
  _exit(0);
}

bool Trial::Expect(bool holds, absl::string_view observed) {
  Tell(holds ? "held" : "failed", observed);
  return holds;
}

bool Trial::ExpectThat(bool holds, absl::string_view claim) {
  return holds ? Expect(true, claim)
               : Expect(false, absl::StrCat("not so: ", claim));
}

bool Trial::ExpectEqual(absl::string_view what, long long got,
                        long long expected) {
  if (got == expected) return Expect(true, absl::StrCat(what, ": ", got));
  return Expect(false,
                absl::StrCat(what, ": expected ", expected, ", got ", got));
}

bool Trial::ExpectError(absl::string_view what, int got, int expected) {
  if (got == expected) {
    return Expect(true, absl::StrCat(what, ": ", ErrorName(got)));
  }
  return Expect(false, absl::StrCat(what, ": expected ", ErrorName(expected),
                                    ", got ", ErrorName(got)));
}

void Trial::Stop() { Leave(); }

void Trial::Require(bool holds, absl::string_view observed) {
  if (!Expect(holds, observed)) Leave();
}

void Trial::RequireThat(bool holds, absl::string_view claim) {
  if (!ExpectThat(holds, claim)) Leave();
}

void Trial::Unsupported(absl::string_view reason) {
  Tell("unsupported", reason);
  Leave();
}

void Trial::NotRun(absl::string_view reason) {
  Tell("notrun", reason);
  Leave();
}

int Trial::Submitted(absl::string_view function, int returned) {
  if (returned == 0) return 0;
  const int error = errno;
  if (error == ENOSYS) Unsupported(absl::StrCat(function, " gives ENOSYS"));
  if (returned != -1) {
    Expect(false, absl::StrCat(function, " returned ", returned,
                               ", which is neither 0 nor -1"));
  }
  return error;
}

void Trial::RequireAccepted(absl::string_view function, int error) {
  if (error == 0) return;
  if (error == EAGAIN) {
    Unsupported(absl::StrCat(function,
                             " gives EAGAIN, as it may for want of resources"));
  }
  Expect(false, absl::StrCat(function, ", which must be accepted here, gave ",
                             ErrorName(error)));
  Leave();
}

int Trial::TryRead(aiocb* block) {
  return Submitted("aio_read", backend_.read(block));
}

int Trial::TryWrite(aiocb* block) {
  return Submitted("aio_write", backend_.write(block));
}

int Trial::TryFsync(int operation, aiocb* block) {
  return Submitted("aio_fsync", backend_.fsync(operation, block));
}

int Trial::TryListio(int mode, aiocb* const list[], int count,
                     sigevent* event) {
  return Submitted("lio_listio", backend_.listio(mode, list, count, event));
}

void Trial::Read(aiocb* block) { RequireAccepted("aio_read", TryRead(block)); }

void Trial::Write(aiocb* block) {
  RequireAccepted("aio_write", TryWrite(block));
}

void Trial::Fsync(int operation, aiocb* block) {
  RequireAccepted("aio_fsync", TryFsync(operation, block));
}

void Trial::Listio(int mode, aiocb* const list[], int count, sigevent* event) {
  RequireAccepted("lio_listio", TryListio(mode, list, count, event));
}

int Trial::Cancel(int fd, aiocb* block) {
  const int returned = backend_.cancel(fd, block);
  if (returned != -1) return returned;
  const int error = errno;
  if (error == ENOSYS) Unsupported("aio_cancel gives ENOSYS");
  return -error;
}

int Trial::Suspend(const aiocb* const list[], int count,
                   const timespec* timeout) {
  return Submitted("aio_suspend", backend_.suspend(list, count, timeout));
}

ssize_t Trial::Return(aiocb* block) {
  errno = 0;
  const ssize_t returned = backend_.result(block);
  return returned == -1 ? -errno : returned;
}

int Trial::Await(const aiocb& block) {
  int error = 0;
  while ((error = backend_.error(&block)) == EINPROGRESS) {
    const timespec moment = {0, 200'000};
    nanosleep(&moment, nullptr);
  }
  return error;
}

void Trial::ExpectResult(absl::string_view what, aiocb* block, int error,
                         ssize_t result) {
  ExpectError(absl::StrCat("aio_error of ", what), Await(*block), error);
  ExpectEqual(absl::StrCat("aio_return of ", what), backend_.result(block),
              result);
}

int Trial::NewFile(size_t size, int flags) {
  const std::string path = absl::StrCat(directory_, "/file", files_++);
  const int fd = open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY, 0600);
  std::vector<unsigned char> bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = PatternAt(static_cast<off_t>(i));
  const bool written =
      fd >= 0 && write(fd, bytes.data(), size) == static_cast<ssize_t>(size) &&
      ::close(fd) == 0;
  const int opened = written ? open(path.c_str(), flags) : -1;
  if (opened < 0) {
    NotRun(absl::StrCat("cannot make a file: ", ErrorName(errno)));
  }
  return opened;
}

void Trial::NewPipe(int descriptors[2]) {
  if (pipe(descriptors) != 0) {
    NotRun(absl::StrCat("cannot make a pipe: ", ErrorName(errno)));
  }
}

void Trial::NewSockets(int type, int descriptors[2]) {
  if (socketpair(AF_UNIX, type, 0, descriptors) != 0) {
    NotRun(absl::StrCat("cannot make sockets: ", ErrorName(errno)));
  }
}

unsigned char PatternAt(off_t offset) {
  return static_cast<unsigned char>(1 + offset % kPatternPeriod);
}

aiocb BlockFor(int fd, void* buffer, size_t bytes, off_t offset) {
  aiocb block = {};
  block.aio_fildes = fd;
  block.aio_buf = buffer;
  block.aio_nbytes = bytes;
  block.aio_offset = offset;
  block.aio_sigevent.sigev_notify = SIGEV_NONE;
  return block;
}

size_t FillUp(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  const std::vector<char> bytes(4096, 'f');
  size_t total = 0;
  // Byte by byte in the end, so that not one more fits in.
  for (size_t size = bytes.size(); size > 0;) {
    const ssize_t count = write(fd, bytes.data(), size);
    if (count > 0) {
      total += static_cast<size_t>(count);
    } else {
      size = size > 1 ? 1 : 0;
    }
  }
  fcntl(fd, F_SETFL, flags);
  return total;
}

}  // namespace aioemul::tools::check
