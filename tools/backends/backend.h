// A backend: an implementation of POSIX asynchronous I/O, reached through the
// standard interface alone, as a program that is linked with it reaches it.

#ifndef AIOEMUL_TOOLS_BACKENDS_BACKEND_H_
#define AIOEMUL_TOOLS_BACKENDS_BACKEND_H_

#include <aio.h>
#include <sys/types.h>
#include <time.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct aioinit;

namespace aioemul::tools {

// The functions of <aio.h>, and those of the C library that a backend may
// replace to see descriptors closed.  None is null: what a backend lacks of
// <aio.h> fails with ENOSYS, and what it lacks of the others is the C
// library's.
struct Backend {
  std::string name;  // As it was asked for.
  std::string file;  // The shared object.

  int (*read)(aiocb* block);
  int (*write)(aiocb* block);
  int (*fsync)(int operation, aiocb* block);
  int (*error)(const aiocb* block);
  ssize_t (*result)(aiocb* block);  // aio_return.
  int (*suspend)(const aiocb* const list[], int count, const timespec* timeout);
  int (*cancel)(int fd, aiocb* block);
  int (*listio)(int mode, aiocb* const list[], int count, sigevent* event);
  void (*init)(const aioinit* init);  // glibc's; does nothing where missing.
  bool has_init;

  int (*close)(int fd);
  int (*dup2)(int from, int to);
  int (*dup3)(int from, int to, int flags);
  int (*close_range)(unsigned first, unsigned last, int flags);
};

// What OpenBackend knows by name, each with a line that tells what it is.
struct KnownBackend {
  absl::string_view name;
  absl::string_view summary;
};
const std::vector<KnownBackend>& KnownBackends();

// The shared object of the backend `name`: a known one, or the path of a shared
// object that exports the POSIX names, told by a slash in it.  "broken:SWITCH"
// is the broken one with that bug.  kInvalidArgument when there is no such
// name; the file need not be there.
absl::StatusOr<std::string> BackendFile(absl::string_view name);

// Loads it.  kNotFound when it is not on this machine or exports none of the
// functions of <aio.h>, with the reason.
absl::StatusOr<Backend> OpenBackend(absl::string_view name);

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_BACKENDS_BACKEND_H_
