// A library of a program's that uses AIO wherever a fork or the start of the
// program calls it: in its constructor, and in fork handlers that it registers
// there.  It knows nothing of aioemul.

#include "tests/fork/early_library.h"

#include <aio.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace {

using early_library::Place;

std::atomic<int> counts[static_cast<int>(Place::kCount)];

// Held by the thread that forks from the prepare handler on, as a careful
// library does.
pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

// A FIFO with a name; made when the library is loaded.
int fifo_reader = -1;
int fifo_writer = -1;

// Writes to the FIFO and reads it back, with the mutex held.
bool Exchange() {
  char sent = 'x';
  char received = '.';
  aiocb write_block = {};
  write_block.aio_fildes = fifo_writer;
  write_block.aio_buf = &sent;
  write_block.aio_nbytes = 1;
  write_block.aio_sigevent.sigev_notify = SIGEV_NONE;
  aiocb read_block = write_block;
  read_block.aio_fildes = fifo_reader;
  read_block.aio_buf = &received;
  if (aio_read(&read_block) != 0 || aio_write(&write_block) != 0) return false;
  for (aiocb* block : {&write_block, &read_block}) {
    const aiocb* const list[] = {block};
    while (aio_error(block) == EINPROGRESS) aio_suspend(list, 1, nullptr);
    if (aio_return(block) != 1) return false;
  }
  return received == sent;
}

void ExchangeAt(Place place) {
  if (Exchange()) counts[static_cast<int>(place)].fetch_add(1);
}

void BeforeFork() {
  pthread_mutex_lock(&mutex);
  ExchangeAt(Place::kPrepare);
}

void AfterForkInParent() {
  ExchangeAt(Place::kParent);
  pthread_mutex_unlock(&mutex);
}

void AfterForkInChild() {
  // The parent's FIFO is the parent's.
  int ends[2];
  if (pipe(ends) == 0) {
    fifo_reader = ends[0];
    fifo_writer = ends[1];
  }
  ExchangeAt(Place::kChild);
  pthread_mutex_unlock(&mutex);
}

void OpenFifo() {
  char path[] = "/tmp/fifo_XXXXXX";
  if (mkdtemp(path) == nullptr) return;
  const std::string name = std::string(path) + "/fifo";
  if (mkfifo(name.c_str(), 0600) == 0) {
    fifo_reader = open(name.c_str(), O_RDWR | O_CLOEXEC);
    fifo_writer = open(name.c_str(), O_WRONLY | O_CLOEXEC);
    unlink(name.c_str());
  }
  rmdir(path);
}

__attribute__((constructor)) void Load() {
  OpenFifo();
  if (pthread_atfork(&BeforeFork, &AfterForkInParent, &AfterForkInChild) != 0) {
    return;
  }
  ExchangeAt(Place::kConstructor);
  const int before = early_library::CountOf(Place::kChild);
  const pid_t child = fork();
  if (child == 0) {
    _exit(early_library::CountOf(Place::kChild) == before + 1 ? 0 : 1);
  }
  int status = 1;
  if (waitpid(child, &status, 0) == child && status == 0) {
    counts[static_cast<int>(Place::kForkInConstructor)].fetch_add(1);
  }
}

}  // namespace

namespace early_library {

int CountOf(Place place) { return counts[static_cast<int>(place)].load(); }

bool ExchangeUnderLock() {
  pthread_mutex_lock(&mutex);
  const bool well = Exchange();
  pthread_mutex_unlock(&mutex);
  return well;
}

}  // namespace early_library
