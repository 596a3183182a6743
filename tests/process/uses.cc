#include "tests/process/uses.h"

#include <semaphore.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "aio/aio.h"
#include "gtest/gtest.h"

namespace aioemul::testing {
namespace {

aiocb Block(int fd, void* buffer, size_t count) {
  aiocb block = {};
  block.aio_fildes = fd;
  block.aio_buf = buffer;
  block.aio_nbytes = count;
  block.aio_sigevent.sigev_notify = SIGEV_NONE;
  return block;
}

// What was refused must not be waited for.
void RequireAccepted(int result) {
  if (result == 0) return;
  perror("a request was refused");
  abort();
}

}  // namespace

aiocb ReadBlock(int fd, std::string& buffer) {
  return Block(fd, buffer.data(), buffer.size());
}

aiocb WriteBlock(int fd, std::string_view text) {
  return Block(fd, const_cast<char*>(text.data()), text.size());
}

Descriptor MakeFile(std::string_view content) {
  Descriptor file(memfd_create("file", MFD_CLOEXEC));
  EXPECT_GE(file.number(), 0);
  EXPECT_EQ(write(file.number(), content.data(), content.size()),
            static_cast<ssize_t>(content.size()));
  return file;
}

ssize_t Await(aiocb& block, int* error) {
  const aiocb* const list[] = {&block};
  while (aioemul_error(&block) == EINPROGRESS) {
    EXPECT_TRUE(aioemul_suspend(list, 1, nullptr) == 0 || errno == EINTR);
  }
  *error = aioemul_error(&block);
  const ssize_t result = aioemul_return(&block);
  return *error == 0 ? result : -1;
}

ssize_t AwaitSuccess(aiocb& block) {
  int error = 0;
  const ssize_t result = Await(block, &error);
  EXPECT_EQ(error, 0);
  return result;
}

void Read(aiocb& block) { RequireAccepted(aioemul_read(&block)); }
void Write(aiocb& block) { RequireAccepted(aioemul_write(&block)); }

void UseFile() {
  const Descriptor file = MakeFile();
  aiocb write = WriteBlock(file.number(), "words");
  Write(write);
  EXPECT_EQ(AwaitSuccess(write), 5);
  std::string buffer(8, ' ');
  aiocb read = ReadBlock(file.number(), buffer);
  Read(read);
  EXPECT_EQ(AwaitSuccess(read), 5);
  EXPECT_EQ(buffer, "words   ");
}

void UseChannel(const Channel& channel, int times) {
  for (int i = 0; i < times; ++i) {
    std::string buffer(8, ' ');
    aiocb read = ReadBlock(channel.reader.number(), buffer);
    Read(read);
    aiocb write = WriteBlock(channel.writer.number(), "words\n");
    Write(write);
    EXPECT_EQ(AwaitSuccess(write), 6);
    EXPECT_EQ(AwaitSuccess(read), 6);
    EXPECT_EQ(buffer, "words\n  ");
  }
}

void LimitToOneWorker() {
  aioinit init = {};
  init.aio_threads = 1;
  aioemul_init(&init);
}

void ReadAndWait(aiocb& block) {
  Read(block);
  UseFile();
  EXPECT_EQ(aioemul_error(&block), EINPROGRESS);
}

void UseCancellation(const Channel& channel) {
  std::string buffer(8, ' ');
  aiocb read = ReadBlock(channel.reader.number(), buffer);
  ReadAndWait(read);
  EXPECT_EQ(aioemul_cancel(channel.reader.number(), &read), AIO_CANCELED);
  int error = 0;
  Await(read, &error);
  EXPECT_EQ(error, ECANCELED);
  UseChannel(channel);
}

std::optional<siginfo_t> UseSignal(int value, pid_t thread) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGRTMIN);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const Descriptor file = MakeFile();
  aiocb block = WriteBlock(file.number(), "words");
  block.aio_sigevent.sigev_notify =
      thread == 0 ? SIGEV_SIGNAL : SIGEV_THREAD_ID;
  block.aio_sigevent.sigev_signo = SIGRTMIN;
  block.aio_sigevent.sigev_value.sival_int = value;
  if (thread != 0) block.aio_sigevent._sigev_un._tid = thread;
  if (aioemul_write(&block) != 0) return std::nullopt;
  siginfo_t details = {};
  while (sigwaitinfo(&signals, &details) < 0) {
  }
  EXPECT_EQ(AwaitSuccess(block), 5);
  return details;
}

void UseThreadNotification() {
  sem_t done;
  sem_init(&done, /*pshared=*/0, 0);
  const Descriptor file = MakeFile();
  aiocb block = WriteBlock(file.number(), "words");
  block.aio_sigevent.sigev_notify = SIGEV_THREAD;
  block.aio_sigevent.sigev_notify_function = [](sigval value) {
    sem_post(static_cast<sem_t*>(value.sival_ptr));
  };
  block.aio_sigevent.sigev_value.sival_ptr = &done;
  Write(block);
  while (sem_wait(&done) != 0) {
  }
  EXPECT_EQ(AwaitSuccess(block), 5);
  sem_destroy(&done);
}

}  // namespace aioemul::testing
