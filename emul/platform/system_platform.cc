// The platform that is the operating system: POSIX calls here, the rest by the
// mechanism files beside this one.

#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "absl/base/attributes.h"
#include "emul/platform/cached_transfers.h"
#include "emul/platform/clock.h"
#include "emul/platform/files.h"
#include "emul/platform/parking.h"
#include "emul/platform/platform.h"
#include "emul/platform/readiness.h"
#include "emul/platform/signals.h"
#include "emul/platform/streams.h"
#include "emul/platform/threads.h"

namespace aioemul {
namespace {

constexpr size_t kCacheLine = 64;

// Programs take the lowest numbers for their own to come.
constexpr int kLeastDuplicate = 512;

ssize_t ToResult(ssize_t returned) { return returned < 0 ? -errno : returned; }

// Holds nothing, so it may be used from anywhere at any time, also after the
// destructors of a process that exits have run.
class System final : public Platform {
 public:
  constexpr System() = default;

  int Inspect(int fd, Direction direction, DescriptorTraits* traits) override {
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || files::IsPathOnly(flags)) return -EBADF;
    const int access = flags & O_ACCMODE;
    const int one_way = direction == Direction::kRead ? O_RDONLY : O_WRONLY;
    if (access != O_RDWR && access != one_way) return -EBADF;
    traits->append = (flags & O_APPEND) != 0;
    traits->blocking = (flags & O_NONBLOCK) == 0;
    traits->buffered = files::IsBuffered(flags);
    traits->seekable = files::TakesOffset(fd, direction);
    return 0;
  }

  int CheckOpen(int fd) override {
    const int flags = fcntl(fd, F_GETFL);
    return flags < 0 || files::IsPathOnly(flags) ? -EBADF : 0;
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
    return ToResult(preadv(fd, buffers, buffer_count, offset));
  }
  ssize_t WriteVectorAt(int fd, const iovec* buffers, int buffer_count,
                        off_t offset) override {
    return ToResult(pwritev(fd, buffers, buffer_count, offset));
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
  bool ReturnsEmpty(int fd) override {
    termios modes;
    return tcgetattr(fd, &modes) == 0 && (modes.c_lflag & ICANON) == 0 &&
           modes.c_cc[VMIN] == 0;
  }
  Readiness* NewReadiness() override { return readiness::New(); }
  int Duplicate(int fd) override {
    const int duplicate = fcntl(fd, F_DUPFD_CLOEXEC, kLeastDuplicate);
    return duplicate >= 0 ? duplicate : fcntl(fd, F_DUPFD_CLOEXEC, 0);
  }
  void CloseDuplicate(int fd) override { files::CloseOwn(fd); }
  int Sync(int fd, bool data_only) override {
    return (data_only ? fdatasync(fd) : fsync(fd)) == 0 ? 0 : -errno;
  }

  void* Allocate(size_t size) override {
    void* memory = nullptr;
    if (posix_memalign(&memory, kCacheLine, size) != 0) return nullptr;
    return memset(memory, 0, size);
  }
  void Free(void* memory) override { free(memory); }

  int CallerPriority() override { return threads::CallerPriority(); }
  int StartWorker(const ThreadStart& start) override {
    return threads::StartWorker(start);
  }
  int StartNotification(const ThreadStart& start,
                        const pthread_attr_t* attributes) override {
    return threads::StartNotification(start, attributes);
  }

  void HoldForFork() override { streams::HoldForFork(); }
  void ReleaseAfterFork() override { streams::ReleaseAfterFork(); }
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
};

ABSL_CONST_INIT System system_platform;

}  // namespace

Platform& SystemPlatform() { return system_platform; }

}  // namespace aioemul
