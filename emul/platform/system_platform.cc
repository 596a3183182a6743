// The platform that is the operating system: POSIX calls here, the rest by the
// mechanism files beside this one.

#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "absl/base/attributes.h"
#include "emul/platform/annotations.h"
#include "emul/platform/arena.h"
#include "emul/platform/cached_transfers.h"
#include "emul/platform/clock.h"
#include "emul/platform/files.h"
#include "emul/platform/held_files.h"
#include "emul/platform/own_descriptors.h"
#include "emul/platform/parking.h"
#include "emul/platform/platform.h"
#include "emul/platform/readiness.h"
#include "emul/platform/signals.h"
#include "emul/platform/stream_options.h"
#include "emul/platform/streams.h"
#include "emul/platform/threads.h"

namespace aioemul {
namespace {

ssize_t ToResult(ssize_t returned) { return returned < 0 ? -errno : returned; }

// Of `transfer`, which transfers several buffers at an offset of a descriptor.
// Where it is not refused altogether, the kernel looks at the descriptor before
// anything else.
template <typename Buffer>
ssize_t TransferVector(ssize_t (*transfer)(int, const Buffer*, int, off_t),
                       int fd, const Buffer* buffers, int count, off_t offset) {
  const ssize_t result = ToResult(transfer(fd, buffers, count, offset));
  if (result != -EPERM && result != -EACCES) return result;
  return ToResult(transfer(-1, buffers, count, offset)) == -EBADF ? result
                                                                  : -ENOSYS;
}

// All of Inspect but the kind.
int InspectFlags(int fd, Direction direction, DescriptorTraits* traits) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || files::IsPathOnly(flags)) return -EBADF;
  const int access = flags & O_ACCMODE;
  const int one_way = direction == Direction::kRead ? O_RDONLY : O_WRONLY;
  if (access != O_RDWR && access != one_way) return -EBADF;
  traits->append = (flags & O_APPEND) != 0;
  traits->blocking = (flags & O_NONBLOCK) == 0;
  traits->buffered = files::IsBuffered(flags);
  return 0;
}

// Holds nothing, so it may be used from anywhere at any time, also after the
// destructors of a process that exits have run.
class System : public Platform {
 public:
  constexpr System() = default;

  int Inspect(int fd, Direction direction, DescriptorTraits* traits) override {
    const int error = InspectFlags(fd, direction, traits);
    if (error != 0) return error;
    traits->kind = files::KindOf(fd);
    if (traits->kind == DescriptorKind::kSocket &&
        direction == Direction::kRead) {
      traits->low_water = stream_options::LowWater(fd);
    }
    return 0;
  }

  int CheckOpen(int fd) override {
    const int flags = fcntl(fd, F_GETFL);
    return flags < 0 || files::IsPathOnly(flags) ? -EBADF : 0;
  }

  bool IsFile(int fd) override {
    return files::KindOf(fd) == DescriptorKind::kFile;
  }

  off_t RegularFileSize(int fd) override {
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return -1;
    return status.st_size;
  }

  ssize_t ReadAt(int fd, void* buffer, size_t count, off_t offset) override {
    return ToResult(pread(fd, buffer, count, offset));
  }
  ssize_t WriteAt(int fd, const void* buffer, size_t count,
                  off_t offset) override {
    return ToResult(pwrite(fd, buffer, count, offset));
  }
  ssize_t ReadVectorAt(int fd, const iovec* buffers, int buffer_count,
                       off_t offset) override {
    return TransferVector(&preadv, fd, buffers, buffer_count, offset);
  }
  ssize_t WriteVectorAt(int fd, const iovec* buffers, int buffer_count,
                        off_t offset) override {
    return TransferVector(&pwritev, fd, buffers, buffer_count, offset);
  }
  ssize_t Append(int fd, const void* buffer, size_t count) override {
    return ToResult(files::Append(fd, buffer, count));
  }
  ssize_t Read(int fd, void* buffer, size_t count) override {
    return ToResult(read(fd, buffer, count));
  }
  ssize_t Write(int fd, const void* buffer, size_t count) override {
    return ToResult(write(fd, buffer, count));
  }
  ssize_t ReadCached(int fd, void* buffer, size_t count,
                     off_t offset) override {
    return cached_transfers::Read(fd, buffer, count, offset);
  }
  ssize_t WriteCached(int fd, const void* buffer, size_t count,
                      off_t offset) override {
    return cached_transfers::Write(fd, buffer, count, offset);
  }
  ssize_t TryRead(int fd, void* buffer, size_t count) override {
    return streams::TryRead(fd, buffer, count);
  }
  ssize_t TryWrite(int fd, const void* buffer, size_t count) override {
    return streams::TryWrite(fd, buffer, count);
  }
  size_t Available(int fd) override { return stream_options::Available(fd); }
  MonotonicTime TimeLimit(int fd, Direction direction) override {
    return stream_options::TimeLimit(fd, direction);
  }
  bool ReturnsEmpty(int fd) override {
    termios modes;
    return tcgetattr(fd, &modes) == 0 && (modes.c_lflag & ICANON) == 0 &&
           modes.c_cc[VMIN] == 0;
  }
  Readiness* NewReadiness() override { return readiness::New(); }
  int HoldFile(int fd) override { return held_files::Hold(fd); }
  void DropFile(int held) override { held_files::Drop(held); }
  int Sync(int fd, bool data_only) override {
    return (data_only ? fdatasync(fd) : fsync(fd)) == 0 ? 0 : -errno;
  }

  void* Allocate(size_t size) override {
    void* memory = arena::Allocate(size);
    if (memory != nullptr) annotations::Unwatched(memory, size);
    return memory;
  }
  void Free(void* memory) override { arena::Free(memory); }

  int CallerPriority() override { return threads::CallerPriority(); }
  int StartWorker(const ThreadStart& start) override {
    return threads::StartWorker(start);
  }
  int StartNotification(const ThreadStart& start,
                        const pthread_attr_t* attributes) override {
    return threads::StartNotification(start, attributes);
  }

  void HoldForFork() override { own_descriptors::HoldForFork(); }
  void ReleaseAfterFork() override { own_descriptors::ReleaseAfterFork(); }
  void StartAfresh() override {
    own_descriptors::CloseInherited();
    arena::StartAfresh();
  }
  pid_t Process() override { return getpid(); }

  int QueueSignal(int signal, sigval value, pid_t thread) override {
    return signals::Queue(signal, value, thread);
  }
  pid_t ThreadOf(const sigevent& event) override {
    return signals::ThreadOf(event);
  }

  MonotonicTime Now() override { return MonotonicNow(); }
  int Wait(const std::atomic<uint32_t>& word, uint32_t expected,
           MonotonicTime deadline) override {
    return parking::Wait(word, expected, deadline);
  }
  int WaitCancellable(const std::atomic<uint32_t>& word, uint32_t expected,
                      MonotonicTime deadline) override {
    return parking::WaitCancellable(word, expected, deadline);
  }
  void Relax() override { parking::Relax(); }
  int Processors() override { return threads::Processors(); }
  void Wake(const std::atomic<uint32_t>& word) override { parking::Wake(word); }

 protected:
  // Trivial, as that of Platform.
  ~System() = default;
};

class Modern final : public System {
 public:
  constexpr Modern() = default;
};

ABSL_CONST_INIT Modern system_platform;

// The same by no calls but those that a C library's own asynchronous I/O makes,
// for sandboxes that kill at others.  So nothing is served from memory by the
// caller, whatever takes an offset is a file, and all that does not is a
// device, with a thread for each transfer.
class Classic final : public System {
 public:
  constexpr Classic() = default;

  int Inspect(int fd, Direction direction, DescriptorTraits* traits) override {
    const int error = InspectFlags(fd, direction, traits);
    if (error != 0) return error;
    const ssize_t returned = direction == Direction::kRead
                                 ? pread(fd, nullptr, 0, 0)
                                 : pwrite(fd, nullptr, 0, 0);
    traits->kind = returned < 0 && errno == ESPIPE ? DescriptorKind::kOther
                                                   : DescriptorKind::kFile;
    return 0;
  }
  bool IsFile(int /*fd*/) override { return false; }
  off_t RegularFileSize(int /*fd*/) override { return -1; }
  ssize_t ReadCached(int /*fd*/, void* /*buffer*/, size_t /*count*/,
                     off_t /*offset*/) override {
    return -EOPNOTSUPP;
  }
  ssize_t WriteCached(int /*fd*/, const void* /*buffer*/, size_t /*count*/,
                      off_t /*offset*/) override {
    return -EOPNOTSUPP;
  }
  ssize_t TryRead(int /*fd*/, void* /*buffer*/, size_t /*count*/) override {
    return -EOPNOTSUPP;
  }
  ssize_t TryWrite(int /*fd*/, const void* /*buffer*/,
                   size_t /*count*/) override {
    return -EOPNOTSUPP;
  }
  bool ReturnsEmpty(int /*fd*/) override { return true; }
  Readiness* NewReadiness() override { return nullptr; }
  int HoldFile(int /*fd*/) override { return -EOPNOTSUPP; }
  int StartWorker(const ThreadStart& start) override {
    return threads::StartPlainWorker(start);
  }
};

ABSL_CONST_INIT Classic classic_platform;

// Changed once, before there is a second thread.
ABSL_CONST_INIT std::atomic<Platform*> chosen{&system_platform};

}  // namespace

Platform& SystemPlatform() { return *chosen.load(std::memory_order_relaxed); }

void ChooseClassicCalls() {
  chosen.store(&classic_platform, std::memory_order_relaxed);
}

}  // namespace aioemul
