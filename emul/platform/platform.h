// The contract between the engine and the operating system, all of it.
//
// The engine reaches the system through this class alone, so that a test can
// put a platform in its place that fails, shortens or holds any call, and so
// that a port is one implementation of this page.
//
// Errors are negative errno values; errno itself says nothing.
// Unless stated otherwise a function may be called from any thread, from many
// at once, is not async-signal-safe, and must not throw.

#ifndef AIOEMUL_EMUL_PLATFORM_PLATFORM_H_
#define AIOEMUL_EMUL_PLATFORM_PLATFORM_H_

#include <pthread.h>
#include <signal.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace aioemul {

// A point on the platform's monotonic clock, in nanoseconds.
using MonotonicTime = int64_t;
inline constexpr MonotonicTime kNever =
    std::numeric_limits<MonotonicTime>::max();

// No transfer may start at or beyond this offset in a regular file.
inline constexpr off_t kOffsetMaximum = std::numeric_limits<off_t>::max();

enum class Direction { kRead, kWrite };

// What a descriptor stands for.  A file is a regular file, a directory or a
// block device, and nothing else: a character device that takes an offset may
// still be one that waits for somebody, or has packets that are read once.
enum class DescriptorKind : uint8_t { kFile, kPipe, kSocket, kOther };

// What a submission must know of a descriptor.
struct DescriptorTraits {
  DescriptorKind kind = DescriptorKind::kOther;
  bool append = false;    // O_APPEND
  bool blocking = true;   // no O_NONBLOCK
  bool buffered = false;  // transfers end in memory: no O_DIRECT, no O_SYNC
  // Sockets that are streams: a read waits for so many bytes (SO_RCVLOWAT).
  size_t low_water = 1;
};

// What a new thread is to do.  It is part of what the thread works on, so that
// starting one needs no memory: it must stay as it is until `run` is called.
struct ThreadStart {
  void (*run)(void*);
  void* argument;
};

// Directions as a set.
using DirectionSet = unsigned;
inline constexpr DirectionSet SetOf(Direction direction) {
  return 1U << static_cast<unsigned>(direction);
}
inline constexpr DirectionSet kBothDirections =
    SetOf(Direction::kRead) | SetOf(Direction::kWrite);

// A set of descriptors that are waited for until they can be read or written.
//
// The set may have a descriptor of its own.  A program that closes or replaces
// that by a system call that this library does not see makes the set *lost*:
// it is to be destroyed, which touches nothing of the program's.
//
// Thread safety: any thread may call Arm, Watch, Forget and Interrupt while one
// is in Wait.
class Readiness {
 public:
  struct Event {
    void* token;
    DirectionSet ready;
    // The other side has ended, or an error is to be reported.
    bool ended;
  };

  Readiness() = default;
  virtual ~Readiness() = default;
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  // Reports `token` once, when any of `directions` can go on or has failed, and
  // then no more until armed again; replaces what was armed for `fd` before.
  // 0; -EPERM when this kind of descriptor cannot be waited for; -EBADF;
  // -ENOMEM or -ENOSPC; -ESTALE when the set is lost.  A descriptor that is
  // closed is forgotten.
  virtual int Arm(int fd, DirectionSet directions, void* token) = 0;

  // As Arm, but goes on reporting, and only what is new since: for a descriptor
  // whose reports come to nothing (an error queue that nobody reads), which
  // would be reported again and again.
  virtual int Watch(int fd, DirectionSet directions, void* token) = 0;

  // Ends a Watch.
  virtual void Forget(int fd) = 0;

  // Waits for the first event, Interrupt or `deadline`; fills in up to `most`
  // events and returns how many; -ESTALE when the set is lost.
  virtual int Wait(Event* events, int most, MonotonicTime deadline) = 0;

  // Ends the Wait under way, or the next one, unless the set is lost.  For one
  // thread at a time.
  virtual void Interrupt() = 0;
};

class Platform {
 public:
  Platform(const Platform&) = delete;
  Platform& operator=(const Platform&) = delete;

  // --- Descriptors -------------------------------------------------------

  // Fills in `traits`.  0, or -EBADF when `fd` is not open for `direction`.
  virtual int Inspect(int fd, Direction direction,
                      DescriptorTraits* traits) = 0;

  // 0, or -EBADF when `fd` is not an open descriptor.
  virtual int CheckOpen(int fd) = 0;

  // Whether `fd` is a file.  Async-signal-safe.
  virtual bool IsFile(int fd) = 0;

  // The size of a regular file; -1 when `fd` is anything else.
  virtual off_t RegularFileSize(int fd) = 0;

  // --- Transfers ---------------------------------------------------------
  // Each is one system call: the number of bytes moved, 0 at the end of the
  // file, or any error of that call, -EINTR included.  They may block.

  virtual ssize_t ReadAt(int fd, void* buffer, size_t count, off_t offset) = 0;
  virtual ssize_t WriteAt(int fd, const void* buffer, size_t count,
                          off_t offset) = 0;
  // The same for several buffers, at most kMostBuffers, as if they were one.
  // -ENOSYS where the system refuses such calls, whatever the descriptor.
  static constexpr int kMostBuffers = 64;
  virtual ssize_t ReadVectorAt(int fd, const iovec* buffers, int buffer_count,
                               off_t offset) = 0;
  virtual ssize_t WriteVectorAt(int fd, const iovec* buffers, int buffer_count,
                                off_t offset) = 0;
  // Writes at the end of a seekable file that is open with O_APPEND.
  virtual ssize_t Append(int fd, const void* buffer, size_t count) = 0;
  virtual ssize_t Read(int fd, void* buffer, size_t count) = 0;
  virtual ssize_t Write(int fd, const void* buffer, size_t count) = 0;

  // ReadAt that never waits for a device: what is in memory, so that fewer
  // bytes than asked for need not mean the end of the file, but 0 does.
  // -EAGAIN when the first byte is not, or the buffer is bad; -EOPNOTSUPP when
  // there is no such read here, as for a descriptor open for direct I/O.
  // Async-signal-safe, and no cancellation point.
  virtual ssize_t ReadCached(int fd, void* buffer, size_t count,
                             off_t offset) = 0;
  // WriteAt that never waits for a device and raises no signal: what memory
  // takes at once, which may be less than `count`.  -EAGAIN when it takes
  // nothing now; -EOPNOTSUPP when there is no such write here, as for a
  // descriptor open for direct, synchronous or appending writes.  Any other
  // error is the write's own, and may be reported this once: a file system can
  // be mounted synchronous.
  // Async-signal-safe, and no cancellation point.
  virtual ssize_t WriteCached(int fd, const void* buffer, size_t count,
                              off_t offset) = 0;

  // Read and Write that never block, whatever the descriptor's flags, which
  // they leave alone.  -EAGAIN when they would have to; -EOPNOTSUPP when this
  // kind of descriptor has no such transfer.  A write to what nobody reads
  // gives -EPIPE and no signal to a thread that blocks SIGPIPE.
  virtual ssize_t TryRead(int fd, void* buffer, size_t count) = 0;
  virtual ssize_t TryWrite(int fd, const void* buffer, size_t count) = 0;

  // How many bytes a read on `fd` would find, as far as the system tells.
  virtual size_t Available(int fd) = 0;

  // How long a transfer on `fd` may wait (SO_RCVTIMEO, SO_SNDTIMEO), in
  // nanoseconds; kNever when there is no limit.
  virtual MonotonicTime TimeLimit(int fd, Direction direction) = 0;

  // Whether a read on `fd` that finds nothing returns 0 before anything comes,
  // so that waiting for it to be ready may never end: a terminal can be set so.
  virtual bool ReturnsEmpty(int fd) = 0;

  // An empty set, to be deleted by the caller; null when there are no
  // descriptors or no memory for one.
  virtual Readiness* NewReadiness() = 0;

  // Keeps the file of `fd` for the calling thread alone, whatever becomes of
  // the number in the rest of the process: in a table of descriptors of the
  // thread's own, with nothing else in it.  From then on the thread uses no
  // other descriptor and starts no thread.  No record lock is dropped.
  // The number to use; -EOPNOTSUPP when the system has no such thing, and the
  // thread is as before; -ESRCH when the file could not be had, and the thread
  // has no descriptors any more: then another thread gets -EOPNOTSUPP.
  virtual int HoldFile(int fd) = 0;
  // Lets go of what HoldFile kept.
  virtual void DropFile(int held) = 0;

  // fsync, or fdatasync when `data_only`.
  virtual int Sync(int fd, bool data_only) = 0;

  // --- Memory ------------------------------------------------------------

  // Zeroed memory aligned to a cache line, or null.  Never the program's
  // malloc, of which a fork handler or an interrupted call may hold a lock.
  virtual void* Allocate(size_t size) = 0;
  virtual void Free(void* memory) = 0;

  // --- Threads -----------------------------------------------------------

  // The calling thread's real-time priority; 0 when it has none.
  virtual int CallerPriority() = 0;

  // Starts a detached thread that calls start.run: with all signals but those
  // of faults blocked (see asynchronous_signals.h), a small stack, a name that
  // tells whose it is, and, whatever the calling thread has, the affinity that
  // the process had when the library was loaded and no real-time policy.
  // 0, or -EAGAIN.
  virtual int StartWorker(const ThreadStart& start) = 0;

  // Starts a detached thread that calls start.run, with the same signals
  // blocked and the given attributes (null: the defaults).  Attributes that the
  // system refuses for good are replaced by the defaults.  0, or -EAGAIN.
  virtual int StartNotification(const ThreadStart& start,
                                const pthread_attr_t* attributes) = 0;

  // --- Forks -------------------------------------------------------------

  // Between the two there is no descriptor that was opened for the moment of a
  // transfer, so that a child made meanwhile inherits none.  The second may be
  // called in the child.
  virtual void HoldForFork() = 0;
  virtual void ReleaseAfterFork() = 0;

  // In the child of a fork, before any other thread of it comes here: no lock
  // of the platform is held, whatever the parent's threads held.  Async-signal-
  // safe.
  virtual void StartAfresh() {}

  // The calling process, by its number.  Async-signal-safe.
  virtual pid_t Process() = 0;

  // --- Signals -----------------------------------------------------------

  // Queues `signal` with `value` and SI_ASYNCIO to the calling process, or to
  // its thread `thread` when that is not 0.  0; -EAGAIN when the limit on
  // pending signals is reached; -ESRCH when the thread is gone.
  virtual int QueueSignal(int signal, sigval value, pid_t thread) = 0;

  // Whether `event` directs a signal to one thread of this process, by
  // whatever means the system has for it.  0 when it does not; the thread
  // when it does; -EINVAL when it names no thread of this process.
  virtual pid_t ThreadOf(const sigevent& event) = 0;

  // --- Time and waiting --------------------------------------------------

  // Async-signal-safe.
  virtual MonotonicTime Now() = 0;

  // Sleeps while `word` holds `expected`, until a Wake on it or `deadline`.
  // 0 when the word differs, after a Wake, and now and then for no reason;
  // -ETIMEDOUT; -EINTR when a signal was caught, whatever its SA_RESTART.
  // Not a cancellation point.  Async-signal-safe.
  virtual int Wait(const std::atomic<uint32_t>& word, uint32_t expected,
                   MonotonicTime deadline) = 0;

  // As Wait, and a cancellation point: a cancelled thread unwinds from here.
  virtual int WaitCancellable(const std::atomic<uint32_t>& word,
                              uint32_t expected, MonotonicTime deadline) = 0;

  // Lets a moment pass for who looks at a word again and again.  Async-signal-
  // safe.
  virtual void Relax() = 0;

  // How many threads can run at a time, by the affinity and the quota that the
  // process had when the library was loaded.
  virtual int Processors() = 0;

  // Wakes every thread in Wait on `word`.  The word's memory need not exist
  // any more.  Async-signal-safe.
  virtual void Wake(const std::atomic<uint32_t>& word) = 0;

 protected:
  Platform() = default;
  // Trivial: nothing is ever destroyed at exit.
  ~Platform() = default;
};

// The operating system itself.
Platform& SystemPlatform();

// From now on SystemPlatform makes no system calls but those that a C library's
// asynchronous I/O makes: pread, pwrite, read, write, fsync, fdatasync, fcntl
// for the flags, futex, what signals and threads take, and mmap.  Before any
// other use.
void ChooseClassicCalls();

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_PLATFORM_PLATFORM_H_
