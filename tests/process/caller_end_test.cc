// The end of the thread that submitted (contract A9, H4): its requests are the
// process's, and go on.

#include <aio.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "aio/aio.h"
#include "tests/process/own_process.h"
#include "tests/process/uses.h"
#include "tests/streams/descriptors.h"

namespace aioemul::testing {
namespace {

using CallerEndDeathTest = OwnProcessDeathTest;

// Runs `function` on a thread until the thread has ended.
void OnThread(void* (*function)(void*), void* argument) {
  pthread_t thread;
  ASSERT_EQ(pthread_create(&thread, nullptr, function, argument), 0);
  ASSERT_EQ(pthread_join(thread, nullptr), 0);
}

// A read that waits for a pipe, and writes of a file.
struct Requests {
  Requests() {
    waiting = ReadBlock(pipe.reader.number(), buffer);
    writes.fill(WriteBlock(file.number(), "words"));
  }
  __attribute__((noinline)) void Submit() {
    Read(waiting);
    for (aiocb& write : writes) Write(write);
  }
  void ExpectCompletion() {
    for (aiocb& write : writes) EXPECT_EQ(AwaitSuccess(write), 5);
    EXPECT_EQ(aioemul_error(&waiting), EINPROGRESS);
    Send(pipe.writer.number(), "words");
    EXPECT_EQ(AwaitSuccess(waiting), 5);
    EXPECT_EQ(buffer, "words");
  }

  const Channel pipe = MakePipe();
  const Descriptor file = MakeFile();
  std::string buffer = std::string(5, ' ');
  aiocb waiting = {};
  std::array<aiocb, 20> writes = {};
};

TEST_F(CallerEndDeathTest, ByReturnLeavesRequestsGoingOn) {
  InOwnProcess([] {
    Requests requests;
    std::thread([&] { requests.Submit(); }).join();
    requests.ExpectCompletion();
  });
}

TEST_F(CallerEndDeathTest, ByPthreadExitLeavesRequestsGoingOn) {
  InOwnProcess([] {
    Requests requests;
    OnThread(
        [](void* argument) -> void* {
          static_cast<Requests*>(argument)->Submit();
          pthread_exit(nullptr);
        },
        &requests);
    requests.ExpectCompletion();
  });
}

TEST_F(CallerEndDeathTest, ByCancellationLeavesRequestsGoingOn) {
  InOwnProcess([] {
    Requests requests;
    OnThread(
        [](void* argument) -> void* {
          static_cast<Requests*>(argument)->Submit();
          pthread_cancel(pthread_self());
          for (;;) pthread_testcancel();
        },
        &requests);
    requests.ExpectCompletion();
  });
}

// A signal for the thread alone has nobody to go to; the request is none the
// worse, and its place is given back.
TEST_F(CallerEndDeathTest, LosesASignalForThatThreadAlone) {
  InOwnProcess([] {
    const Channel pipe = MakePipe();
    std::string buffer(5, ' ');
    aiocb read = ReadBlock(pipe.reader.number(), buffer);
    std::thread([&] {
      read.aio_sigevent.sigev_notify = SIGEV_THREAD_ID;
      read.aio_sigevent.sigev_signo = SIGRTMIN;
      read.aio_sigevent._sigev_un._tid = gettid();
      Read(read);
    }).join();
    Send(pipe.writer.number(), "words");
    EXPECT_EQ(AwaitSuccess(read), 5);
    UseFile();
  });
}

// --- Cancellation in the middle of a call

// What has objects on the stack is done before the thread unwinds, in functions
// of its own: AddressSanitizer does not see that a cancelled thread has left
// them.

struct Submitter {
  __attribute__((noinline)) void Submit(size_t number) {
    blocks[number] = WriteBlock(file.number(), "words");
    ++submitting;
    Write(blocks[number]);
  }

  const Descriptor file = MakeFile();
  std::vector<aiocb> blocks = std::vector<aiocb>(100'000);
  std::atomic<size_t> submitting{0};
};

void* SubmitUntilCancelled(void* argument) {
  auto* submitter = static_cast<Submitter*>(argument);
  for (size_t i = 0; i < submitter->blocks.size(); ++i) {
    pthread_testcancel();
    submitter->Submit(i);
  }
  return nullptr;
}

// No call but aio_suspend is a cancellation point, so a request is submitted
// whole; and the library works on.
TEST_F(CallerEndDeathTest, ByCancellationAmidSubmissionsLosesNone) {
  InOwnProcess([] {
    for (int i = 0; i < 10; ++i) {
      Submitter submitter;
      pthread_t thread;
      ASSERT_EQ(
          pthread_create(&thread, nullptr, &SubmitUntilCancelled, &submitter),
          0);
      while (submitter.submitting < 10) sched_yield();
      ASSERT_EQ(pthread_cancel(thread), 0);
      ASSERT_EQ(pthread_join(thread, nullptr), 0);
      const size_t submitted = submitter.submitting;
      EXPECT_GE(submitted, 10U);
      for (size_t j = 0; j < submitted; ++j) {
        EXPECT_EQ(AwaitSuccess(submitter.blocks[j]), 5);
      }
    }
    UseFile();
  });
}

__attribute__((noinline)) void ReadAsList(aiocb* read) {
  read->aio_lio_opcode = LIO_READ;
  aiocb* const list[] = {read};
  aioemul_listio(LIO_WAIT, list, 1, nullptr);
}

// LIO_WAIT is none either: the list is whole when the thread ends.
TEST_F(CallerEndDeathTest, ByCancellationInAListWaitLeavesItsRequestsGoingOn) {
  InOwnProcess([] {
    const Channel pipe = MakePipe();
    std::string buffer(5, ' ');
    aiocb read = ReadBlock(pipe.reader.number(), buffer);
    pthread_t thread;
    const auto wait = [](void* argument) -> void* {
      ReadAsList(static_cast<aiocb*>(argument));
      for (;;) pthread_testcancel();
    };
    ASSERT_EQ(pthread_create(&thread, nullptr, wait, &read), 0);
    while (aioemul_error(&read) != EINPROGRESS) sched_yield();
    ASSERT_EQ(pthread_cancel(thread), 0);
    Send(pipe.writer.number(), "words");
    ASSERT_EQ(pthread_join(thread, nullptr), 0);
    EXPECT_EQ(AwaitSuccess(read), 5);
    UseFile();
  });
}

}  // namespace
}  // namespace aioemul::testing
