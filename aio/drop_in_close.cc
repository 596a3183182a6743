// The calls that close a descriptor, for programs that know nothing of aioemul:
// each as the C library has it, but no request reaches the number's next file
// (contract H2), and the library's own descriptors stay (K1).  Part of the
// shared library alone.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "absl/base/attributes.h"
#include "aio/next_function.h"
#include "aio/own_table.h"
#include "emul/closing.h"
#include "emul/platform/own_descriptors.h"
#include "emul/process.h"

namespace {

namespace own_descriptors = aioemul::own_descriptors;
namespace own_table = aioemul::own_table;

using aioemul::CloseBetween;
using aioemul::DescriptorClosing;
using aioemul::Next;
using aioemul::ProcessEngineSlot;

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
// stood for; unless it fails at once, or has nothing to do.  Where nothing is
// outstanding on `fd`, no system call is added.
template <typename Duplicate>
int DuplicateTo(int fd, int source, const Duplicate& duplicate) {
  if (fd < 0 || fd == source || own_table::IsCallers()) return duplicate();
  bool closes = true;
  const auto find_out = [source, &closes] { return closes = IsOpen(source); };
  DescriptorClosing closing(ProcessEngineSlot(), fd, find_out);
  return CloseBetween(closing, [fd, &closes, &duplicate] {
    // The source may be open by now, but nothing was cancelled.
    if (!closes) {
      errno = EBADF;
      return -1;
    }
    int result = -1;
    if (own_descriptors::IsRegistered(fd) &&
        own_descriptors::MoveFrom(fd, duplicate, &result)) {
      return result;
    }
    return duplicate();
  });
}

// Closes from `first` to `last` by the C library's call, or one by one where
// that cannot be had.
int ClosePiece(int first, int last) {
  const auto next = next_close_range.Get();
  if (next != nullptr &&
      next(static_cast<unsigned>(first), static_cast<unsigned>(last), 0) == 0) {
    return 0;
  }
  for (int fd = first; fd <= last; ++fd) next_close.Get()(fd);
  return 0;
}

// Closes all of the program's from `first` on and below the library's highest
// up to `last`; the first number that is left.
int CloseAmongOurs(int first, int last) {
  int left = first;
  for (int own = first;; ++own) {
    own = own_descriptors::NextFrom(own);
    if (own < 0 || own > last) return left;
    if (!own_descriptors::Guards(own)) continue;
    if (own > left) ClosePiece(left, own - 1);
    left = own + 1;
  }
}

}  // namespace

extern "C" {

// C libraries differ in which of these they declare as throwing nothing, and in
// the names of what they take.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)

int close(int fd) {
  if (own_table::IsCallers()) return next_close.Get()(fd);
  if (own_descriptors::IsRegistered(fd) && own_descriptors::Guards(fd)) {
    errno = EBADF;
    return -1;
  }
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
  if (first > last || first > INT_MAX || own_table::IsCallers()) {
    return close_all();
  }
  constexpr int kUnshare = CLOSE_RANGE_UNSHARE;
  if ((flags & kUnshare) != 0 && own_table::HasOthers()) {
    const int result = close_all();
    if (result == 0) own_table::Unshared(/*others=*/true);
    return result;
  }
  // With other flags it closes nothing now.
  if ((flags & ~kUnshare) != 0) return close_all();
  const int begin = static_cast<int>(first);
  const int end = static_cast<int>(std::min<unsigned>(last, INT_MAX));
  DescriptorClosing closing(ProcessEngineSlot(), begin, end);
  return CloseBetween(closing, [=] {
    const int left = CloseAmongOurs(begin, end);
    if (left == begin) return close_all();
    return left > end ? 0 : next(static_cast<unsigned>(left), last, flags);
  });
}

void closefrom(int lowest) noexcept(noexcept(closefrom(0))) {
  const auto next = next_closefrom.Get();
  if (next == nullptr) {
    close_range(static_cast<unsigned>(std::max(lowest, 0)), UINT_MAX, 0);
    return;
  }
  if (own_table::IsCallers()) {
    next(lowest);
    return;
  }
  const int begin = std::max(lowest, 0);
  DescriptorClosing closing(ProcessEngineSlot(), begin, INT_MAX);
  CloseBetween(closing, [=] {
    next(CloseAmongOurs(begin, INT_MAX));
    return 0;
  });
}

// NOLINTEND(readability-inconsistent-declaration-parameter-name)

}  // extern "C"
