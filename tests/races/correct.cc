// A correct program: it touches the buffer and the control block of a request
// before it submits and after it has learnt that the request is complete, in
// each way that there is to learn it.  With an argument it is not correct: it
// touches a buffer without having learnt anything.

#include <aio.h>
#include <fcntl.h>
#include <sched.h>
#include <semaphore.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr size_t kRequests = 16;
constexpr size_t kBytes = 4096;

void Require(bool holds, const char* what) {
  if (holds) return;
  fprintf(stderr, "failed: %s\n", what);
  abort();
}

sem_t notified;

void OnComplete(sigval value) {
  auto* block = static_cast<aiocb*>(value.sival_ptr);
  Require(aio_error(block) == 0, "a notified request is complete");
  static_cast<char*>(const_cast<void*>(block->aio_buf))[0] = 'N';
  sem_post(&notified);
}

void OnListComplete(sigval value) {
  static_cast<char*>(value.sival_ptr)[0] = 'L';
  sem_post(&notified);
}

class Program {
 public:
  Program() {
    char name[] = "/tmp/races.XXXXXX";
    fd_ = mkstemp(name);
    Require(fd_ >= 0, "a file");
    unlink(name);
    sem_init(&notified, 0, 0);
  }

  void Run() {
    LearnByNotification();
    LearnBySuspend();
    LearnByPolling();
    LearnByList();
    LearnByListNotification();
    LearnOfStream();
    LearnOfSync();
  }

  // A fault.
  void TouchEarly() {
    Prepare(LIO_WRITE);
    Require(write(fd_, "x", 1) == 1, "a byte");
    // Any one may be over before the call returns, which orders the two.
    for (size_t i = 0; i < kRequests; ++i) {
      blocks_[i].aio_offset = 0;
      Require(aio_read(&blocks_[i]) == 0, "aio_read");
      const volatile char* const first = buffers_[i];
      while (*first != 'x') sched_yield();
    }
  }

 private:
  void Prepare(int opcode) {
    for (size_t i = 0; i < kRequests; ++i) {
      memset(buffers_[i], static_cast<int>('a' + i), kBytes);
      aiocb& block = blocks_[i];
      memset(&block, 0, sizeof(block));
      block.aio_fildes = fd_;
      block.aio_buf = buffers_[i];
      block.aio_nbytes = kBytes;
      block.aio_offset = static_cast<off_t>(i * kBytes);
      block.aio_lio_opcode = opcode;
      block.aio_sigevent.sigev_notify = SIGEV_NONE;
      list_[i] = &block;
    }
  }
  // Writes to every buffer, as only its owner may.
  void TouchAll() {
    for (auto& buffer : buffers_) buffer[kBytes / 2] = 't';
  }
  static void Await(const aiocb& block) {
    const aiocb* const list[] = {&block};
    while (aio_suspend(list, 1, nullptr) != 0) {
      Require(errno == EINTR, "aio_suspend");
    }
  }

  void LearnByNotification() {
    Prepare(LIO_WRITE);
    for (aiocb& block : blocks_) {
      block.aio_sigevent.sigev_notify = SIGEV_THREAD;
      block.aio_sigevent.sigev_notify_function = &OnComplete;
      block.aio_sigevent.sigev_value.sival_ptr = &block;
      Require(aio_write(&block) == 0, "aio_write");
    }
    for (size_t i = 0; i < kRequests; ++i) sem_wait(&notified);
    TouchAll();
  }
  void LearnBySuspend() {
    Prepare(LIO_READ);
    for (aiocb& block : blocks_) {
      Require(aio_read(&block) == 0, "aio_read");
    }
    for (size_t i = 0; i < kRequests; ++i) {
      Await(blocks_[i]);
      buffers_[i][0] = 's';
      Require(aio_return(&blocks_[i]) == ssize_t{kBytes}, "aio_return");
    }
  }
  void LearnByPolling() {
    Prepare(LIO_WRITE);
    for (aiocb& block : blocks_) {
      Require(aio_write(&block) == 0, "aio_write");
    }
    for (aiocb& block : blocks_) {
      while (aio_error(&block) == EINPROGRESS) sched_yield();
    }
    TouchAll();
  }
  void LearnByList() {
    Prepare(LIO_READ);
    for (size_t i = 1; i < kRequests; i += 2) {
      blocks_[i].aio_lio_opcode = LIO_WRITE;
    }
    Require(lio_listio(LIO_WAIT, list_.data(), kRequests, nullptr) == 0,
            "lio_listio");
    for (auto& buffer : buffers_) buffer[1] = 'w';
  }
  void LearnByListNotification() {
    Prepare(LIO_WRITE);
    sigevent event = {};
    event.sigev_notify = SIGEV_THREAD;
    event.sigev_notify_function = &OnListComplete;
    event.sigev_value.sival_ptr = buffers_;
    Require(lio_listio(LIO_NOWAIT, list_.data(), kRequests, &event) == 0,
            "lio_listio");
    sem_wait(&notified);
    TouchAll();
  }
  void LearnOfStream() {
    std::array<int, 2> ends = {-1, -1};
    Require(pipe(ends.data()) == 0, "a pipe");
    Prepare(LIO_READ);
    for (aiocb& block : blocks_) {
      block.aio_fildes = ends[0];
      block.aio_nbytes = 1;
      Require(aio_read(&block) == 0, "aio_read");
    }
    for (size_t i = 0; i < kRequests; ++i) {
      Require(write(ends[1], "x", 1) == 1, "a byte");
      Await(blocks_[i]);
      buffers_[i][0] = 'p';
    }
    // What is cancelled is the caller's again, too.
    Require(aio_read(&blocks_[0]) == 0, "aio_read");
    Require(aio_cancel(ends[0], nullptr) == AIO_CANCELED, "aio_cancel");
    TouchAll();
    close(ends[0]);
    close(ends[1]);
  }
  void LearnOfSync() {
    Prepare(LIO_WRITE);
    aiocb sync = {};
    sync.aio_fildes = fd_;
    sync.aio_sigevent.sigev_notify = SIGEV_NONE;
    Require(aio_write(&blocks_[0]) == 0 && aio_fsync(O_SYNC, &sync) == 0,
            "aio_fsync");
    Await(sync);
    Require(aio_return(&sync) == 0 && aio_error(&blocks_[0]) == 0,
            "what came before the fsync");
    TouchAll();
  }

  int fd_ = -1;
  std::array<aiocb, kRequests> blocks_;
  std::array<aiocb*, kRequests> list_;
  char buffers_[kRequests][kBytes];
};

}  // namespace

int main(int argc, char**) {
  static Program program;
  if (argc > 1) {
    program.TouchEarly();
    return 0;
  }
  for (int round = 0; round < 3; ++round) program.Run();
  return 0;
}
