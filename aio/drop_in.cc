// The POSIX names, and glibc's names for 64-bit offsets, for programs that
// know nothing of aioemul.  Part of the shared library alone.
//
// <aio.h> is left out on purpose: it declares that null pointers are never
// passed, and the compiler would drop our checks for them.

#include <signal.h>
#include <sys/types.h>
#include <time.h>

struct aiocb;
struct aioinit;

// With offsets of 64 bits in both, the two sets of names are one.
static_assert(sizeof(off_t) == 8);

extern "C" {

int aioemul_read(aiocb* control_block);
int aioemul_write(aiocb* control_block);
int aioemul_fsync(int operation, aiocb* control_block);
int aioemul_error(const aiocb* control_block);
ssize_t aioemul_return(aiocb* control_block);
int aioemul_suspend(const aiocb* const list[], int nent,
                    const timespec* timeout);
int aioemul_cancel(int fildes, aiocb* control_block);
int aioemul_listio(int mode, aiocb* const list[], int nent, sigevent* event);
void aioemul_init(const aioinit* init);

int aio_read(aiocb* block) { return aioemul_read(block); }
int aio_write(aiocb* block) { return aioemul_write(block); }
int aio_fsync(int operation, aiocb* block) {
  return aioemul_fsync(operation, block);
}
int aio_error(const aiocb* block) { return aioemul_error(block); }
ssize_t aio_return(aiocb* block) { return aioemul_return(block); }
int aio_suspend(const aiocb* const list[], int nent, const timespec* timeout) {
  return aioemul_suspend(list, nent, timeout);
}
int aio_cancel(int fildes, aiocb* block) {
  return aioemul_cancel(fildes, block);
}
int lio_listio(int mode, aiocb* const list[], int nent, sigevent* event) {
  return aioemul_listio(mode, list, nent, event);
}
void aio_init(const aioinit* init) { aioemul_init(init); }

int aio_read64(aiocb* block) { return aioemul_read(block); }
int aio_write64(aiocb* block) { return aioemul_write(block); }
int aio_fsync64(int operation, aiocb* block) {
  return aioemul_fsync(operation, block);
}
int aio_error64(const aiocb* block) { return aioemul_error(block); }
ssize_t aio_return64(aiocb* block) { return aioemul_return(block); }
int aio_suspend64(const aiocb* const list[], int nent,
                  const timespec* timeout) {
  return aioemul_suspend(list, nent, timeout);
}
int aio_cancel64(int fildes, aiocb* block) {
  return aioemul_cancel(fildes, block);
}
int lio_listio64(int mode, aiocb* const list[], int nent, sigevent* event) {
  return aioemul_listio(mode, list, nent, event);
}

}  // extern "C"
