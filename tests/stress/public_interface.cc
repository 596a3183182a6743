#include "tests/stress/public_interface.h"

#include <unistd.h>

#include <cerrno>

#include "aio/aio.h"

namespace aioemul::stress {
namespace {

int Answer(int returned) { return returned == -1 ? -errno : returned; }

}  // namespace

int PublicInterface::Read(aiocb* block) { return Answer(aioemul_read(block)); }

int PublicInterface::Write(aiocb* block) {
  return Answer(aioemul_write(block));
}

int PublicInterface::Sync(int operation, aiocb* block) {
  return Answer(aioemul_fsync(operation, block));
}

int PublicInterface::Error(const aiocb* block) { return aioemul_error(block); }

int PublicInterface::Return(aiocb* block, ssize_t* result, int* status) {
  const ssize_t returned = aioemul_return(block);
  const int error = returned == -1 ? errno : 0;
  if (error == EINVAL || error == EINPROGRESS) return -error;
  *result = returned;
  *status = error;
  return 0;
}

int PublicInterface::Suspend(const aiocb* const list[], int count,
                             const timespec* timeout) {
  return Answer(aioemul_suspend(list, count, timeout));
}

int PublicInterface::Cancel(int fd, aiocb* block) {
  return Answer(aioemul_cancel(fd, block));
}

int PublicInterface::List(int mode, aiocb* const list[], int count,
                          const sigevent* event) {
  sigevent own = {};
  if (event != nullptr) own = *event;
  return Answer(
      aioemul_listio(mode, list, count, event == nullptr ? nullptr : &own));
}

void PublicInterface::Configure(int threads, int reserve, int idle_time) {
  aioinit init = {};
  init.aio_threads = threads;
  init.aio_num = reserve;
  init.aio_idle_time = idle_time;
  aioemul_init(&init);
}

int PublicInterface::Close(int fd) { return Answer(aioemul_close(fd)); }

pid_t PublicInterface::Fork() { return fork(); }

}  // namespace aioemul::stress
