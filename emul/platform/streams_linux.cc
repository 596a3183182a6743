// Linux: preadv2 and pwritev2 take RWF_NOWAIT on pipes, sockets, eventfds and
// their like, with offset -1.  Where they do not (FIFOs with a name; old
// kernels; system-call filters), sockets have flags of their own, and a pipe or
// FIFO can be opened once more, without blocking, for the moment of one
// transfer.
//
// What the system refuses whatever the descriptor, or for all descriptors of a
// kind, is remembered and not asked for again.

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <new>

#include "absl/base/thread_annotations.h"
#include "emul/mutex.h"
#include "emul/platform/files.h"
#include "emul/platform/streams.h"

namespace aioemul::streams {
namespace {

constexpr off_t kNoOffset = -1;

// Kinds of descriptors, as a set.
using KindSet = unsigned;
constexpr KindSet kPipe = 1U;  // FIFOs with a name as well
constexpr KindSet kSocket = 2U;
constexpr KindSet kOther = 4U;
constexpr KindSet kAllKinds = kPipe | kSocket | kOther;

// preadv2 or pwritev2, and what is known of it.
struct FlaggedCall {
  ssize_t (*function)(int fd, const iovec* vector, int count, off_t offset,
                      int flags);
  size_t pipe_end;  // the end of a pipe it is for
  // Where RWF_NOWAIT is refused for good.
  std::atomic<KindSet> refused{0};
  // A new pipe takes it; an old one may have lost the ability.
  std::atomic<bool> new_pipe_takes_it{false};
};

FlaggedCall reading = {&preadv2, 0};
FlaggedCall writing = {&pwritev2, 1};

// /proc cannot be used.
std::atomic<bool> lacks_proc{false};

// Held while there is a descriptor for the moment of one transfer: a child that
// inherited it would keep a pipe open that everybody else has closed.
Mutex momentary_mutex;

ssize_t ToResult(ssize_t returned) { return returned < 0 ? -errno : returned; }

KindSet KindOf(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0) return kOther;
  if (S_ISFIFO(status.st_mode)) return kPipe;
  return S_ISSOCK(status.st_mode) ? kSocket : kOther;
}

// --- The flag

ssize_t Call(const FlaggedCall& call, int fd, const iovec& vector) {
  return ToResult(call.function(fd, &vector, 1, kNoOffset, RWF_NOWAIT));
}

bool MayBeRefusal(ssize_t result) {
  return result == -EOPNOTSUPP || result == -ENOSYS || result == -EPERM ||
         result == -EACCES;
}

// Whether the call is refused whatever the descriptor.  Where it is not, the
// kernel looks at the descriptor before anything else.
bool IsRefusedAltogether(const FlaggedCall& call) {
  char byte = 0;
  return Call(call, -1, {&byte, 1}) != -EBADF;
}

// Whether not even a new pipe takes the flag.
bool IsRefusedByNewPipe(FlaggedCall& call) {
  if (call.new_pipe_takes_it.load(std::memory_order_relaxed)) return false;
  char byte = 0;
  MutexLock lock(momentary_mutex);
  std::array<int, 2> ends;
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  const bool refused =
      Call(call, ends[call.pipe_end], {&byte, 1}) == -EOPNOTSUPP;
  files::CloseOwn(ends[0]);
  files::CloseOwn(ends[1]);
  if (!refused) call.new_pipe_takes_it.store(true, std::memory_order_relaxed);
  return refused;
}

// Tries the call; -EOPNOTSUPP, and the kind of `fd`, when another way must be
// found.
ssize_t TryFlagged(FlaggedCall& call, int fd, const iovec& vector,
                   KindSet* kind) {
  const KindSet refused = call.refused.load(std::memory_order_relaxed);
  if (refused != 0) {
    *kind = KindOf(fd);
    if ((refused & *kind) != 0) return -EOPNOTSUPP;
  }
  const ssize_t result = Call(call, fd, vector);
  if (!MayBeRefusal(result)) return result;
  KindSet known = 0;
  *kind = KindOf(fd);
  if (IsRefusedAltogether(call)) {
    known = kAllKinds;
  } else if (result != -EOPNOTSUPP) {
    return result;  // The file's own answer.
  } else if (*kind == kSocket || (*kind == kPipe && IsRefusedByNewPipe(call))) {
    known = *kind;
  }
  call.refused.fetch_or(known, std::memory_order_relaxed);
  return -EOPNOTSUPP;
}

// --- Pipes without the flag

bool IsProcMissing() {
  const int folder = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return errno != EMFILE && errno != ENFILE && errno != ENOMEM;
  files::CloseOwn(folder);
  return false;
}

// The pipe behind `fd`, with O_NONBLOCK in an open file description of its own;
// -1 and errno when it cannot be had.
int OpenAgain(int fd, int access)
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(momentary_mutex) {
  if (lacks_proc.load(std::memory_order_relaxed)) {
    errno = ENOENT;
    return -1;
  }
  std::array<char, 32> path;
  snprintf(path.data(), path.size(), "/proc/self/fd/%d", fd);
  const int again = open(path.data(), access | O_NONBLOCK | O_CLOEXEC);
  if (again >= 0) return again;
  const int error = errno;
  if ((error == ENOENT || error == EPERM || error == ENOSYS) &&
      IsProcMissing()) {
    lacks_proc.store(true, std::memory_order_relaxed);
  }
  errno = error;
  return -1;
}

ssize_t TryReadPipe(int fd, void* buffer, size_t count) {
  MutexLock lock(momentary_mutex);
  const int again = OpenAgain(fd, O_RDONLY);
  if (again < 0) return -EOPNOTSUPP;
  const ssize_t result = ToResult(read(again, buffer, count));
  files::CloseOwn(again);
  return result;
}

ssize_t TryWritePipe(int fd, const void* buffer, size_t count) {
  MutexLock lock(momentary_mutex);
  const int again = OpenAgain(fd, O_WRONLY);
  // So the system says that nobody reads.
  if (again < 0) return errno == ENXIO ? -EPIPE : -EOPNOTSUPP;
  const ssize_t result = ToResult(write(again, buffer, count));
  files::CloseOwn(again);
  return result;
}

// --- Sockets without the flag

ssize_t ToSocketResult(ssize_t returned) {
  const ssize_t result = ToResult(returned);
  return result == -ENOTSOCK ? -EOPNOTSUPP : result;
}

ssize_t TryReceive(int fd, void* buffer, size_t count) {
  return ToSocketResult(recv(fd, buffer, count, MSG_DONTWAIT));
}

ssize_t TrySend(int fd, const void* buffer, size_t count) {
  return ToSocketResult(send(fd, buffer, count, MSG_DONTWAIT | MSG_NOSIGNAL));
}

}  // namespace

// Neither preadv2 nor pwritev2 asks the file about a transfer of no bytes,
// which read and write do; and recv of none takes a datagram, which read does
// not.

ssize_t TryRead(int fd, void* buffer, size_t count) {
  if (count == 0) return -EOPNOTSUPP;
  KindSet kind = kOther;
  const ssize_t result = TryFlagged(reading, fd, {buffer, count}, &kind);
  if (result != -EOPNOTSUPP) return result;
  return kind == kPipe ? TryReadPipe(fd, buffer, count)
                       : TryReceive(fd, buffer, count);
}

ssize_t TryWrite(int fd, const void* buffer, size_t count) {
  // To a socket, no bytes may be a datagram.
  if (count == 0) return TrySend(fd, buffer, count);
  KindSet kind = kOther;
  const ssize_t result =
      TryFlagged(writing, fd, {const_cast<void*>(buffer), count}, &kind);
  if (result != -EOPNOTSUPP) return result;
  return kind == kPipe ? TryWritePipe(fd, buffer, count)
                       : TrySend(fd, buffer, count);
}

void HoldForFork() ABSL_NO_THREAD_SAFETY_ANALYSIS { momentary_mutex.Lock(); }
void ReleaseAfterFork() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  momentary_mutex.Unlock();
}
void StartAfresh() { new (&momentary_mutex) Mutex(); }

}  // namespace aioemul::streams
