#include "aio/own_table.h"

#include <sched.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>

#include "absl/base/attributes.h"
#include "aio/next_function.h"

namespace aioemul::own_table {
namespace {

ABSL_CONST_INIT Next<int(int)> next_unshare{"unshare"};

__attribute__((constructor)) void FindNext() { next_unshare.Get(); }

// The process in which the thread has unshared its table; 0: in none.  A child
// has one thread at first, whose table is the child's.  Of the initial-exec
// model, which a handler can read: no memory is made for it on the way.
__attribute__((tls_model("initial-exec"))) thread_local pid_t unshared_in = 0;

}  // namespace

bool IsCallers() { return unshared_in != 0 && unshared_in == getpid(); }

bool HasOthers() {
  const int entry_errno = errno;
  struct stat status;
  const bool known = stat("/proc/self/task", &status) == 0;
  errno = entry_errno;
  // A folder for each thread, each with a link to this one.
  constexpr nlink_t kLinksOfNone = 2;
  return known && status.st_nlink > kLinksOfNone + 1;
}

void Unshared(bool others) {
  if (others) unshared_in = getpid();
}

}  // namespace aioemul::own_table

extern "C" {

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)

int unshare(int flags) noexcept(noexcept(unshare(0))) {
  namespace own_table = aioemul::own_table;
  const auto next = own_table::next_unshare.Get();
  if (next == nullptr) {
    errno = ENOSYS;
    return -1;
  }
  const bool unshares = (flags & CLONE_FILES) != 0;
  const bool others = unshares && own_table::HasOthers();
  const int result = next(flags);
  if (result == 0 && unshares) own_table::Unshared(others);
  return result;
}

// NOLINTEND(readability-inconsistent-declaration-parameter-name)

}  // extern "C"
