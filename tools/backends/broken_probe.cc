#include "tools/backends/broken_probe.h"

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>
#include <string>

#include "absl/strings/string_view.h"

namespace aioemul::backends {
namespace {

// For what is not going to happen.
constexpr timespec kShort = {0, 100'000'000};
// For what is.
constexpr timespec kNoLimit = {3600, 0};

// Whether `holds` until the limit.
template <typename Holds>
bool HoldsUntil(const timespec& limit, const Holds& holds) {
  constexpr timespec kMoment = {0, 200'000};
  timespec start;
  clock_gettime(CLOCK_MONOTONIC, &start);
  while (holds()) {
    nanosleep(&kMoment, nullptr);
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const long passed = (now.tv_sec - start.tv_sec) * 1'000'000'000 +
                        now.tv_nsec - start.tv_nsec;
    if (passed > limit.tv_sec * 1'000'000'000 + limit.tv_nsec) return true;
  }
  return false;
}

bool InProgressUntil(const tools::Backend& aio, const aiocb& block,
                     const timespec& limit) {
  return HoldsUntil(limit, [&] { return aio.error(&block) == EINPROGRESS; });
}

bool HasOtherThreads() {
  const std::filesystem::directory_iterator threads("/proc/self/task");
  return std::distance(begin(threads), end(threads)) > 1;
}

bool TakeSignal(int signal, siginfo_t* details, const timespec& limit) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  return sigtimedwait(&set, details, &limit) == signal;
}

}  // namespace

bool Probe::Completes(const aiocb& block) const {
  return !InProgressUntil(aio, block, spoilt_ ? kShort : kNoLimit);
}

bool Probe::StaysInProgress(const aiocb& block) const {
  return InProgressUntil(aio, block, spoilt_ ? kNoLimit : kShort);
}

bool Probe::Gives(aiocb* block, int error, ssize_t result) const {
  return Completes(*block) && aio.error(block) == error &&
         aio.result(block) == result;
}

bool Probe::ReadGives(aiocb* block, int error, ssize_t result) const {
  return aio.read(block) == 0 && Gives(block, error, result);
}

bool Probe::SignalComes(int signal, siginfo_t* details) const {
  return TakeSignal(signal, details, spoilt_ ? kShort : kNoLimit);
}

bool Probe::NoSignalComes(int signal) const {
  return !TakeSignal(signal, nullptr, spoilt_ ? kNoLimit : kShort);
}

bool Probe::CallerIsAlone() const {
  return !HoldsUntil(spoilt_ ? kShort : kNoLimit, HasOtherThreads);
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

void AskForSignal(aiocb* block, int signal, int value) {
  block->aio_sigevent.sigev_notify = SIGEV_SIGNAL;
  block->aio_sigevent.sigev_signo = signal;
  block->aio_sigevent.sigev_value.sival_int = value;
}

int BlockedSignal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return SIGRTMIN;
}

int FileOf(absl::string_view bytes, int flags) {
  const char* const directory = getenv("TEST_TMPDIR");
  std::string path = std::string(directory ? directory : "/tmp") + "/bugXXXXXX";
  const int made = mkstemp(path.data());
  const bool written = write(made, bytes.data(), bytes.size()) ==
                       static_cast<ssize_t>(bytes.size());
  const int fd = open(path.c_str(), flags | O_CLOEXEC);
  unlink(path.c_str());
  ::close(made);
  if (!written || fd < 0) abort();
  return fd;
}

std::string BytesOf(int fd) {
  std::string bytes(256, '\0');
  const ssize_t count = pread(fd, bytes.data(), bytes.size(), 0);
  bytes.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return bytes;
}

Pipe::Pipe() {
  int ends[2];
  if (pipe(ends) != 0) abort();
  read = ends[0];
  write = ends[1];
}

void Pipe::Put(absl::string_view bytes) const {
  if (::write(write, bytes.data(), bytes.size()) !=
      static_cast<ssize_t>(bytes.size())) {
    abort();
  }
}

}  // namespace aioemul::backends
