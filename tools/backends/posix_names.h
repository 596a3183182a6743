// What a backend here defines, for posix_names.cc to export under the names of
// POSIX: each as its namesake in <aio.h>, which is left out on purpose.  That
// header declares that null pointers are never passed, and the compiler would
// drop our checks for them.

#ifndef AIOEMUL_TOOLS_BACKENDS_POSIX_NAMES_H_
#define AIOEMUL_TOOLS_BACKENDS_POSIX_NAMES_H_

#include <signal.h>
#include <sys/types.h>
#include <time.h>

struct aiocb;

namespace aioemul::backends {

int Read(aiocb* block);
int Write(aiocb* block);
int Fsync(int operation, aiocb* block);
int Error(const aiocb* block);
ssize_t Return(aiocb* block);
int Suspend(const aiocb* const list[], int count, const timespec* timeout);
int Cancel(int fd, aiocb* block);
int Listio(int mode, aiocb* const list[], int count, sigevent* event);

}  // namespace aioemul::backends

#endif  // AIOEMUL_TOOLS_BACKENDS_POSIX_NAMES_H_
