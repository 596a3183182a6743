// Handlers that interrupt any call of the library, at any moment, may ask about
// requests and wait for them (contract C3): each entry point hundreds of times,
// or thousands in a long run, on plain threads, on alternate stacks, and in the
// thread of a notification.
//
// A handler that finds a lock held by the thread it has interrupted waits for
// ever, and the test with it.

#include <aio.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <tuple>

#include "aio/aio.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/handlers/entry_points.h"
#include "tests/handlers/shared_request.h"
#include "tests/handlers/storm.h"
#include "tests/support/effort.h"

namespace aioemul::testing {
namespace {

// What the calls are made by.
enum class Caller { kThread, kThreadWithAlternateStack, kNotification };

// How many interruptions each call must live through, by each caller.
const int kEnough = LongTests() ? 700 : 70;

// In memory, so that a synchronization is a matter of microseconds.
int MemoryFile() {
  const int fd = memfd_create("content", MFD_CLOEXEC);
  EXPECT_EQ(write(fd, kContent, strlen(kContent)),
            static_cast<ssize_t>(strlen(kContent)));
  return fd;
}

// Runs `function` on a thread of its own, to its end.
void RunOnThread(const std::function<void()>& function) {
  std::thread(function).join();
}

// The same, on the thread of a SIGEV_THREAD notification.
void RunInNotification(const std::function<void()>& function) {
  struct Run {
    const std::function<void()>& function;
    sem_t done;
  };
  Run run = {function, {}};
  sem_init(&run.done, /*pshared=*/0, 0);
  const Descriptor file(MemoryFile());
  char byte = 0;
  aiocb block = {};
  block.aio_fildes = file.number();
  block.aio_buf = &byte;
  block.aio_nbytes = 1;
  block.aio_sigevent.sigev_notify = SIGEV_THREAD;
  block.aio_sigevent.sigev_value.sival_ptr = &run;
  block.aio_sigevent.sigev_notify_function = [](sigval value) {
    Run& its_run = *static_cast<Run*>(value.sival_ptr);
    its_run.function();
    sem_post(&its_run.done);
  };
  ASSERT_EQ(aioemul_read(&block), 0);
  while (sem_wait(&run.done) != 0) {
  }
  sem_destroy(&run.done);
  EXPECT_EQ(aioemul_return(&block), 1);
}

class AnyMomentTest
    : public ::testing::TestWithParam<std::tuple<EntryPoint, Caller>> {
 protected:
  // In the thread that is to be interrupted.  It has just submitted requests
  // of its own when it makes the call, so that most handlers have something to
  // wait for; and some of others are always under way.
  void CallInAStorm(HandlerStack stack) {
    const EntryPoint& entry = std::get<EntryPoint>(GetParam());
    std::array<SharedRequest, 4> requests = {
        SharedRequest(file_.number()), SharedRequest(file_.number()),
        SharedRequest(file_.number()),
        SharedRequest(busy_.first(), busy_.second())};
    Storm storm({&requests[0], &requests[1], &requests[2], &requests[3]},
                stack);
    {
      const Companion on_file(requests[2]);
      const Companion on_stream(requests[3]);
      Scene scene = {storm, file_.number(), idle_.first()};
      while (storm.interruptions() < kEnough && !HasFailure()) {
        requests[0].Submit();
        requests[1].Submit();
        entry.call(scene);
        requests[0].Finish();
        requests[1].Finish();
      }
      while (requests[2].completed() == 0 || requests[3].completed() == 0) {
        sched_yield();
      }
      storm.Calm();
    }
    EXPECT_GE(storm.interruptions(), kEnough);
    EXPECT_EQ(storm.misplaced(), 0);
    for (const SharedRequest& request : requests) {
      EXPECT_EQ(request.wrong(), 0);
      EXPECT_GT(request.completed(), 0);
      EXPECT_EQ(request.taken(), request.completed());
    }
  }

  const Descriptor file_{MemoryFile()};
  const Channel busy_ = Channel::Pipe();
  const Channel idle_ = Channel::Pipe();
};

TEST_P(AnyMomentTest, HandlersMayAskAndWait) {
  const auto call = [&] { CallInAStorm(HandlerStack::kOfThread); };
  switch (std::get<Caller>(GetParam())) {
    case Caller::kThread:
      RunOnThread(call);
      break;
    case Caller::kThreadWithAlternateStack:
      RunOnThread([&] { CallInAStorm(HandlerStack::kAlternate); });
      break;
    case Caller::kNotification:
      RunInNotification(call);
      break;
  }
}

std::string NameOf(
    const ::testing::TestParamInfo<AnyMomentTest::ParamType>& info) {
  constexpr const char* kCallers[] = {"", "WithAlternateStack",
                                      "InNotification"};
  const auto caller = static_cast<size_t>(std::get<Caller>(info.param));
  return std::string(std::get<EntryPoint>(info.param).name) + kCallers[caller];
}

INSTANTIATE_TEST_SUITE_P(
    EntryPoints, AnyMomentTest,
    ::testing::Combine(::testing::ValuesIn(EntryPoints()),
                       ::testing::Values(Caller::kThread,
                                         Caller::kThreadWithAlternateStack,
                                         Caller::kNotification)),
    NameOf);

}  // namespace
}  // namespace aioemul::testing
