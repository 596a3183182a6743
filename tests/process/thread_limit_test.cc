// A process that may have no thread more, or a few (RLIMIT_NPROC): contract
// A6, E3, G2, I1.

#include <aio.h>
#include <dirent.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "aio/aio.h"
#include "tests/process/lowered_limit.h"
#include "tests/process/own_process.h"
#include "tests/process/uses.h"
#include "tests/streams/descriptors.h"

namespace aioemul::testing {
namespace {

// Threads of this process.
rlim_t CountThreads() {
  rlim_t count = 0;
  DIR* tasks = opendir("/proc/self/task");
  EXPECT_NE(tasks, nullptr);
  while (const dirent* task = readdir(tasks)) count += task->d_name[0] != '.';
  closedir(tasks);
  return count;
}

// Becomes a user of whom no other process is; the limit counts all of a
// user's, and does not bind root.  Needs to be root.
void BecomeNobodyElse() {
  const auto user = static_cast<uid_t>(2'000'000'000 + getpid());
  ASSERT_EQ(setuid(user), 0) << "this test must be run by root";
}

class ThreadLimitDeathTest : public OwnProcessDeathTest,
                             public ::testing::WithParamInterface<rlim_t> {
 protected:
  // Runs `body` where no more than `room` threads can be had.
  template <typename Body>
  void WithRoomFor(rlim_t room, Body body) {
    InOwnProcess([&] {
      const Descriptor file = MakeFile("words");
      BecomeNobodyElse();
      // The first thread of a process may bring another, of a sanitizer.
      std::thread([] {
        for (;;) pause();
      }).detach();
      LoweredLimit limit(RLIMIT_NPROC, CountThreads() + room);
      body(file.number(), limit);
    });
  }
};

TEST_F(ThreadLimitDeathTest,
       WithoutAThreadTheFirstRequestIsRefusedAndCanBeHadLater) {
  WithRoomFor(0, [](int file, LoweredLimit& limit) {
    std::string buffer(5, ' ');
    aiocb read = ReadBlock(file, buffer);
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(aioemul_read(&read), -1);
      EXPECT_EQ(errno, EAGAIN);
      EXPECT_EQ(aioemul_error(&read), EAGAIN);
    }
    aiocb* const list[] = {&read};
    EXPECT_EQ(aioemul_listio(LIO_WAIT, list, 1, nullptr), -1);
    EXPECT_EQ(errno, EIO);
    limit.Set(CountThreads() + 1);
    Read(read);
    EXPECT_EQ(AwaitSuccess(read), 5);
    EXPECT_EQ(buffer, "words");
  });
}

// Beside the workers.
constexpr rlim_t kForPoller = 1;

// One thread, two, or a few.
INSTANTIATE_TEST_SUITE_P(Room, ThreadLimitDeathTest, ::testing::Values(1, 2, 3),
                         ::testing::PrintToStringParamName());

TEST_P(ThreadLimitDeathTest, FilesAreReadAndWritten) {
  WithRoomFor(GetParam(), [](int file, LoweredLimit& /*limit*/) {
    std::array<std::string, 100> buffers;
    std::array<aiocb, 100> reads;
    for (size_t i = 0; i < reads.size(); ++i) {
      buffers[i].resize(5);
      reads[i] = ReadBlock(file, buffers[i]);
      Read(reads[i]);
    }
    for (size_t i = 0; i < reads.size(); ++i) {
      EXPECT_EQ(AwaitSuccess(reads[i]), 5);
      EXPECT_EQ(buffers[i], "words");
    }
  });
}

TEST_P(ThreadLimitDeathTest, StreamsMoveText) {
  WithRoomFor(GetParam() + kForPoller,
              [](int /*file*/, LoweredLimit& /*limit*/) {
                for (int i = 0; i < 20; ++i) {
                  UseChannel(MakePipe());
                  UseChannel(MakeSockets());
                }
              });
}

// The program itself is the other end, and goes on only when its files do.
TEST_P(ThreadLimitDeathTest, IdleReadsDoNotStopFiles) {
  WithRoomFor(GetParam() + kForPoller, [](int file, LoweredLimit& /*limit*/) {
    std::vector<Channel> pipes(5);
    std::vector<std::string> buffers(pipes.size(), std::string(6, ' '));
    std::vector<aiocb> reads(pipes.size());
    for (size_t i = 0; i < pipes.size(); ++i) {
      pipes[i] = MakePipe();
      reads[i] = ReadBlock(pipes[i].reader.number(), buffers[i]);
      Read(reads[i]);
    }
    std::string buffer(5, ' ');
    for (int i = 0; i < 20; ++i) {
      aiocb read = ReadBlock(file, buffer);
      Read(read);
      EXPECT_EQ(AwaitSuccess(read), 5);
    }
    for (size_t i = 0; i < pipes.size(); ++i) {
      Send(pipes[i].writer.number(), "words\n");
      EXPECT_EQ(AwaitSuccess(reads[i]), 6);
    }
  });
}

TEST_P(ThreadLimitDeathTest, IdleReadsCanBeCancelled) {
  WithRoomFor(GetParam() + kForPoller,
              [](int /*file*/, LoweredLimit& /*limit*/) {
                UseCancellation(MakePipe());
                UseCancellation(MakeSockets());
              });
}

// A function that nobody could start later is not promised (A6).
TEST_F(ThreadLimitDeathTest, WithoutAThreadToSeeToItANotificationIsRefused) {
  WithRoomFor(1, [](int file, LoweredLimit& /*limit*/) {
    aiocb write = WriteBlock(file, "words");
    write.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
    write.aio_sigevent.sigev_signo = SIGRTMIN;
    EXPECT_EQ(aioemul_write(&write), -1);
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_EQ(aioemul_error(&write), EAGAIN);
    write.aio_sigevent.sigev_notify = SIGEV_NONE;
    Write(write);
    EXPECT_EQ(AwaitSuccess(write), 5);
  });
}

// The worker and the attendant have all there are; the latter stays while the
// function is owed.
TEST_F(ThreadLimitDeathTest, FunctionIsRunOnceThereIsAThreadForIt) {
  WithRoomFor(2, [](int file, LoweredLimit& limit) {
    sem_t run;
    sem_init(&run, /*pshared=*/0, 0);
    aiocb write = WriteBlock(file, "words");
    write.aio_sigevent.sigev_notify = SIGEV_THREAD;
    write.aio_sigevent.sigev_value.sival_ptr = &run;
    write.aio_sigevent.sigev_notify_function = [](sigval value) {
      sem_post(static_cast<sem_t*>(value.sival_ptr));
    };
    Write(write);
    EXPECT_EQ(AwaitSuccess(write), 5);
    EXPECT_NE(sem_trywait(&run), 0);
    limit.Set(CountThreads() + 1);
    while (sem_wait(&run) != 0) {
    }
    sem_destroy(&run);
  });
}

}  // namespace
}  // namespace aioemul::testing
