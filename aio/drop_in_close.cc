// The calls that close a descriptor, for programs that know nothing of aioemul:
// each as the C library has it, but no request reaches the number's next file
// (contract H2).  Part of the shared library alone.

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>

#include "absl/base/attributes.h"
#include "emul/closing.h"
#include "emul/process.h"

namespace {

using aioemul::CloseBetween;
using aioemul::DescriptorClosing;
using aioemul::ProcessEngineSlot;

// A function of this name in the libraries after this one.
template <typename Function>
class Next {
 public:
  explicit constexpr Next(const char* name) : name_(name) {}

  // Null when there is none.  Async-signal-safe once it was called.
  Function* Get() {
    Function* found = found_.load(std::memory_order_relaxed);
    if (found != nullptr) return found;
    found = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name_));
    found_.store(found, std::memory_order_relaxed);
    return found;
  }

 private:
  const char* const name_;
  std::atomic<Function*> found_{nullptr};
};

ABSL_CONST_INIT Next<int(int)> next_close{"close"};
ABSL_CONST_INIT Next<int(int, int)> next_dup2{"dup2"};
ABSL_CONST_INIT Next<int(int, int, int)> next_dup3{"dup3"};
ABSL_CONST_INIT Next<int(unsigned, unsigned, int)> next_close_range{
    "close_range"};
ABSL_CONST_INIT Next<void(int)> next_closefrom{"closefrom"};

// When the library is loaded: a handler may be the first to close anything.
__attribute__((constructor)) void FindNext() {
  next_close.Get();
  next_dup2.Get();
  next_dup3.Get();
  next_close_range.Get();
  next_closefrom.Get();
}

int Missing() {
  errno = ENOSYS;
  return -1;
}

bool IsOpen(int fd) {
  const int entry_errno = errno;
  const bool open = fcntl(fd, F_GETFD) >= 0;
  errno = entry_errno;
  return open;
}

// `duplicate` makes `fd` stand for the file of `source`, which closes what it
// stood for; unless it fails at once, or has nothing to do.
template <typename Duplicate>
int DuplicateTo(int fd, int source, const Duplicate& duplicate) {
  if (fd < 0 || fd == source || !IsOpen(source)) return duplicate();
  DescriptorClosing closing(ProcessEngineSlot(), fd);
  return CloseBetween(closing, duplicate);
}

}  // namespace

extern "C" {

// C libraries differ in which of these they declare as throwing nothing, and in
// the names of what they take.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)

int close(int fd) {
  DescriptorClosing closing(ProcessEngineSlot(), fd);
  return CloseBetween(closing, [fd] { return next_close.Get()(fd); });
}

int dup2(int source, int fd) noexcept(noexcept(dup2(0, 0))) {
  return DuplicateTo(fd, source,
                     [source, fd] { return next_dup2.Get()(source, fd); });
}

int dup3(int source, int fd, int flags) noexcept(noexcept(dup3(0, 0, 0))) {
  const auto next = next_dup3.Get();
  if (next == nullptr) return Missing();
  const auto duplicate = [=] { return next(source, fd, flags); };
  if ((flags & ~O_CLOEXEC) != 0) return duplicate();
  return DuplicateTo(fd, source, duplicate);
}

int close_range(unsigned first, unsigned last,
                int flags) noexcept(noexcept(close_range(0, 0, 0))) {
  const auto next = next_close_range.Get();
  if (next == nullptr) return Missing();
  const auto close_all = [=] { return next(first, last, flags); };
  // With flags it closes nothing now, or not for the threads that work here.
  if (flags != 0 || first > last || first > INT_MAX) return close_all();
  DescriptorClosing closing(
      ProcessEngineSlot(), static_cast<int>(first),
      static_cast<int>(std::min<unsigned>(last, INT_MAX)));
  return CloseBetween(closing, close_all);
}

void closefrom(int lowest) noexcept(noexcept(closefrom(0))) {
  const auto next = next_closefrom.Get();
  if (next == nullptr) {
    close_range(static_cast<unsigned>(std::max(lowest, 0)), UINT_MAX, 0);
    return;
  }
  DescriptorClosing closing(ProcessEngineSlot(), std::max(lowest, 0), INT_MAX);
  CloseBetween(closing, [=] {
    next(lowest);
    return 0;
  });
}

// NOLINTEND(readability-inconsistent-declaration-parameter-name)

}  // extern "C"
