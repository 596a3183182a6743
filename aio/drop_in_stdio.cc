// The calls of the C library that close a descriptor inside: what is
// outstanding on it is cancelled, as by close (contract H2).  Part of the
// shared library alone.
//
// Not here, because nothing of the program's can be outstanding on what they
// close, or only in a child: daemon, login_tty, forkpty, posix_spawn, popen,
// closelog, endmntent.

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>

#include "absl/base/attributes.h"
#include "aio/next_function.h"
#include "aio/own_table.h"
#include "emul/closing.h"
#include "emul/platform/stdio_number.h"
#include "emul/process.h"

namespace {

using aioemul::CloseBetween;
using aioemul::DescriptorClosing;
using aioemul::Next;
using aioemul::ProcessEngineSlot;

using Reopen = FILE*(const char*, const char*, FILE*);

ABSL_CONST_INIT Next<int(FILE*)> next_fclose{"fclose"};
ABSL_CONST_INIT Next<int(FILE*)> next_pclose{"pclose"};
ABSL_CONST_INIT Next<int(DIR*)> next_closedir{"closedir"};
ABSL_CONST_INIT Next<Reopen> next_freopen{"freopen"};
ABSL_CONST_INIT Next<Reopen> next_freopen64{"freopen64"};

// Calls `close`, which closes `fd`, unless that is -1, and others that nobody
// knows.
template <typename Close>
int CloseInside(int fd, const Close& close) {
  if (fd < 0 || aioemul::own_table::IsCallers()) return close();
  DescriptorClosing closing(ProcessEngineSlot(), fd);
  return CloseBetween(closing, close);
}

// -1 where there is none, as in a stream of memory.
int NumberOf(FILE* stream) {
  const int entry_errno = errno;
  const int fd = fileno(stream);
  errno = entry_errno;
  return fd;
}

int NumberOf(DIR* directory) {
  // <dirent.h> says that it is not null, and the compiler believes it.
  DIR* volatile checked = directory;
  if (checked == nullptr) return -1;
  const int entry_errno = errno;
  const int fd = dirfd(directory);
  errno = entry_errno;
  return fd;
}

FILE* ReopenInside(Reopen* reopen, const char* path, const char* mode,
                   FILE* stream) {
  FILE* reopened = nullptr;
  CloseInside(NumberOf(stream), [&] {
    reopened = reopen(path, mode, stream);
    return 0;
  });
  return reopened;
}

// Another number for the file of `fd`, not one of the lowest.
int Duplicate(int fd) {
  constexpr int kLeast = 512;
  const int duplicate = fcntl(fd, F_DUPFD_CLOEXEC, kLeast);
  return duplicate >= 0 ? duplicate : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

// Closes the number of `stream` and leaves it the file.
void CloseNumber(FILE* stream, int fd) {
  const int entry_errno = errno;
  const int spare = Duplicate(fd);
  if (spare >= 0 && aioemul::stdio_number::Set(stream, spare)) {
    close(fd);
  } else {
    if (spare >= 0) close(spare);
    CloseInside(fd, [] { return 0; });
  }
  errno = entry_errno;
}

}  // namespace

extern "C" {

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)

int fclose(FILE* stream) {
  return CloseInside(NumberOf(stream),
                     [stream] { return next_fclose.Get()(stream); });
}

FILE* freopen(const char* path, const char* mode, FILE* stream) {
  return ReopenInside(next_freopen.Get(), path, mode, stream);
}

FILE* freopen64(const char* path, const char* mode, FILE* stream) {
  Reopen* next = next_freopen64.Get();
  return ReopenInside(next != nullptr ? next : next_freopen.Get(), path, mode,
                      stream);
}

// The C library's pclose closes the number and then waits for the process.  The
// number may be another file's by then, and a submission on that file must not
// wait for the process.  So the number is closed here, and the C library is
// given another to close.  Where that cannot be had, what is outstanding is
// cancelled, and a request that another thread submits just then is not seen.
int pclose(FILE* stream) {
  const int fd = NumberOf(stream);
  if (fd >= 0 && !aioemul::own_table::IsCallers()) CloseNumber(stream, fd);
  return next_pclose.Get()(stream);
}

int closedir(DIR* directory) {
  return CloseInside(NumberOf(directory),
                     [directory] { return next_closedir.Get()(directory); });
}

// NOLINTEND(readability-inconsistent-declaration-parameter-name)

}  // extern "C"
