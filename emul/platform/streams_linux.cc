// Linux: preadv2 and pwritev2 take RWF_NOWAIT on pipes, sockets, eventfds and
// their like, with offset -1.  Where they do not (FIFOs with a name; old
// kernels; system-call filters), sockets have flags of their own, and a pipe or
// FIFO can be opened once more, without blocking, for the moment of one
// transfer.
//
// What the system refuses whatever the descriptor, or for all descriptors of a
// kind, is remembered and not asked for again.

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>

#include "absl/functional/function_ref.h"
#include "emul/platform/own_descriptors.h"
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
  std::array<int, 2> ends;
  const auto open = [](std::array<int, 2>* opened) {
    return pipe2(opened->data(), O_CLOEXEC) == 0;
  };
  if (!own_descriptors::MakePair(open, &ends)) return false;
  const bool refused =
      Call(call, ends[call.pipe_end], {&byte, 1}) == -EOPNOTSUPP;
  for (const int end : ends) own_descriptors::Close(end);
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

// --- Devices that always have more

bool IsEndless(int fd) {
  constexpr unsigned kMemoryDevices = 1;
  constexpr unsigned kZero = 5;
  constexpr unsigned kFull = 7;
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) &&
         major(status.st_rdev) == kMemoryDevices &&
         (minor(status.st_rdev) == kZero || minor(status.st_rdev) == kFull);
}

// Asked not to wait, the kernel ends a read of /dev/zero after any page when
// another thread wants the processor.  Then a plain read, which never waits
// there, gives the rest.
ssize_t ReadRest(int fd, char* buffer, size_t count, ssize_t result) {
  constexpr size_t kPage = 4096;
  auto moved = static_cast<size_t>(result);
  if (moved % kPage != 0 || !IsEndless(fd)) return result;
  while (moved < count) {
    const ssize_t step = read(fd, buffer + moved, count - moved);
    if (step > 0) {
      moved += static_cast<size_t>(step);
    } else if (step == 0 || errno != EINTR) {
      break;  // a bad buffer
    }
  }
  return static_cast<ssize_t>(moved);
}

// --- Pipes without the flag

bool IsProcMissing() {
  const auto open_folder = [] {
    return open("/proc/thread-self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  };
  if (own_descriptors::UseOnce(open_folder, [](int) {})) return false;
  return errno != EMFILE && errno != ENFILE && errno != ENOMEM &&
         errno != EAGAIN;
}

// Calls `transfer` with the pipe behind `fd`, with O_NONBLOCK in an open file
// description of its own.  0; -ENXIO when nobody reads what `access` would
// write to; -EBUSY while the process forks; -EOPNOTSUPP when it cannot be had.
// A child never has it: it would keep a pipe open that everybody else has
// closed.
int OpenAgain(int fd, int access, absl::FunctionRef<void(int)> transfer) {
  if (lacks_proc.load(std::memory_order_relaxed)) return -EOPNOTSUPP;
  std::array<char, 48> path;
  snprintf(path.data(), path.size(), "/proc/thread-self/fd/%d", fd);
  const auto open_again = [&path, access] {
    return open(path.data(), access | O_NONBLOCK | O_CLOEXEC);
  };
  if (own_descriptors::UseOnce(open_again, transfer)) return 0;
  const int error = errno;
  // A fork is under way.
  if (error == EAGAIN) return -EBUSY;
  if ((error == ENOENT || error == EPERM || error == ENOSYS) &&
      IsProcMissing()) {
    lacks_proc.store(true, std::memory_order_relaxed);
  }
  return error == ENXIO ? -ENXIO : -EOPNOTSUPP;
}

ssize_t TryReadPipe(int fd, void* buffer, size_t count) {
  ssize_t result = 0;
  const int error = OpenAgain(fd, O_RDONLY, [&](int again) {
    result = ToResult(read(again, buffer, count));
  });
  if (error == 0) return result;
  return error == -EBUSY ? error : -EOPNOTSUPP;
}

ssize_t TryWritePipe(int fd, const void* buffer, size_t count) {
  ssize_t result = 0;
  const int error = OpenAgain(fd, O_WRONLY, [&](int again) {
    result = ToResult(write(again, buffer, count));
  });
  if (error == 0) return result;
  if (error == -ENXIO) return -EPIPE;
  return error == -EBUSY ? error : -EOPNOTSUPP;
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

// Keeps the SIGPIPE of a write from the calling thread, which blocks it: it
// would be delivered when the thread does not any more.
class SignalKeeper {
 public:
  SignalKeeper() {
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
  }
  SignalKeeper(const SignalKeeper&) = delete;
  SignalKeeper& operator=(const SignalKeeper&) = delete;

  // A write has failed with EPIPE.  A signal that was pending before stays.
  void Drop() const {
    if (was_pending_) return;
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    constexpr timespec kAtOnce = {0, 0};
    while (sigtimedwait(&pipe, nullptr, &kAtOnce) < 0 && errno == EINTR) {
    }
  }

 private:
  bool was_pending_ = false;
};

}  // namespace

// Neither preadv2 nor pwritev2 asks the file about a transfer of no bytes,
// which read and write do; and recv of none takes a datagram, which read does
// not.

ssize_t TryRead(int fd, void* buffer, size_t count) {
  if (count == 0) return -EOPNOTSUPP;
  KindSet kind = kOther;
  const ssize_t result = TryFlagged(reading, fd, {buffer, count}, &kind);
  if (result > 0 && static_cast<size_t>(result) < count) {
    return ReadRest(fd, static_cast<char*>(buffer), count, result);
  }
  if (result != -EOPNOTSUPP) return result;
  return kind == kPipe ? TryReadPipe(fd, buffer, count)
                       : TryReceive(fd, buffer, count);
}

ssize_t TryWrite(int fd, const void* buffer, size_t count) {
  const SignalKeeper keeper;
  // To a socket, no bytes may be a datagram.
  if (count == 0) return TrySend(fd, buffer, count);
  KindSet kind = kOther;
  ssize_t result =
      TryFlagged(writing, fd, {const_cast<void*>(buffer), count}, &kind);
  if (result == -EOPNOTSUPP) {
    result = kind == kPipe ? TryWritePipe(fd, buffer, count)
                           : TrySend(fd, buffer, count);
  }
  if (result == -EPIPE) keeper.Drop();
  return result;
}

}  // namespace aioemul::streams
