// The attributes of a notification's thread are those that were asked for
// (contract G2).

#include <aio.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

#include <cstdint>
#include <string>

#include "emul/engine.h"
#include "emul/options.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

// What a thread finds out about itself.
struct Found {
  uintptr_t stack_begin = 0;
  size_t stack_size = 0;
  size_t guard_size = 0;
  int detach_state = -1;
  int policy = -1;
  int priority = -1;
  int processors = 0;
};

struct Scene {
  Found found;
  // Set to look again until the thread is detached.
  bool await_detachment = false;
  Gate done;
};

int DetachStateOfThisThread() {
  pthread_attr_t own;
  EXPECT_EQ(pthread_getattr_np(pthread_self(), &own), 0);
  int state = -1;
  pthread_attr_getdetachstate(&own, &state);
  pthread_attr_destroy(&own);
  return state;
}

void LookAtItself(sigval value) {
  auto* scene = static_cast<Scene*>(value.sival_ptr);
  Found& found = scene->found;
  pthread_attr_t own;
  EXPECT_EQ(pthread_getattr_np(pthread_self(), &own), 0);
  void* stack = nullptr;
  pthread_attr_getstack(&own, &stack, &found.stack_size);
  found.stack_begin = reinterpret_cast<uintptr_t>(stack);
  pthread_attr_getguardsize(&own, &found.guard_size);
  pthread_attr_destroy(&own);
  sched_param parameters = {};
  pthread_getschedparam(pthread_self(), &found.policy, &parameters);
  found.priority = parameters.sched_priority;
  cpu_set_t processors;
  pthread_getaffinity_np(pthread_self(), sizeof(processors), &processors);
  found.processors = CPU_COUNT(&processors);
  while (scene->await_detachment &&
         DetachStateOfThisThread() != PTHREAD_CREATE_DETACHED) {
    sched_yield();
  }
  scene->done.Open();
}

class AttributesTest : public ::testing::Test {
 protected:
  AttributesTest() { EXPECT_EQ(pthread_attr_init(&attributes_), 0); }
  ~AttributesTest() override { pthread_attr_destroy(&attributes_); }

  // What a thread with the attributes finds.
  Found Notify() {
    aiocb block = WriteBlock(file_.fd(), "hello");
    block.aio_sigevent = ThreadEvent(&LookAtItself, &scene_);
    block.aio_sigevent.sigev_notify_attributes = &attributes_;
    EXPECT_EQ(engine_.Write(&block), 0);
    scene_.done.Await();
    EXPECT_EQ(Await(engine_, block), Success(5));
    return scene_.found;
  }

  const TempFile file_;
  Scene scene_;
  pthread_attr_t attributes_;
  Options options_;
  Engine engine_{options_, SystemPlatform()};
};

TEST_F(AttributesTest, GiveTheSizeOfTheStack) {
  // Large enough for sanitizers, which need more than most.
  for (const size_t mebibytes : {2, 48, 3}) {
    const size_t size = mebibytes << 20;
    ASSERT_EQ(pthread_attr_setstacksize(&attributes_, size), 0);
    const Found found = Notify();
    EXPECT_GE(found.stack_size + found.guard_size, size);
    EXPECT_LE(found.stack_size, size + (size_t{64} << 10));
  }
}

TEST_F(AttributesTest, GiveTheStack) {
  constexpr size_t kSize = size_t{4} << 20;
  // It stays: when the thread has left it cannot be seen.
  void* const stack = mmap(nullptr, kSize, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(stack, MAP_FAILED);
  ASSERT_EQ(pthread_attr_setstack(&attributes_, stack, kSize), 0);
  const Found found = Notify();
  EXPECT_EQ(found.stack_begin, reinterpret_cast<uintptr_t>(stack));
  EXPECT_EQ(found.stack_size, kSize);
}

TEST_F(AttributesTest, GiveTheGuardOfTheStack) {
  for (const size_t size : {size_t{1} << 20, size_t{16} << 10}) {
    ASSERT_EQ(pthread_attr_setguardsize(&attributes_, size), 0);
    EXPECT_EQ(Notify().guard_size, size);
  }
}

// Nobody can join it, so it is detached soon, whatever was asked for.
TEST_F(AttributesTest, LeaveNoThreadToJoin) {
  scene_.await_detachment = true;
  for (const int state : {PTHREAD_CREATE_DETACHED, PTHREAD_CREATE_JOINABLE}) {
    ASSERT_EQ(pthread_attr_setdetachstate(&attributes_, state), 0);
    Notify();
    int unchanged = -1;
    pthread_attr_getdetachstate(&attributes_, &unchanged);
    EXPECT_EQ(unchanged, state);
  }
}

TEST_F(AttributesTest, GiveTheProcessors) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<size_t>(sched_getcpu()), &one);
  ASSERT_EQ(pthread_attr_setaffinity_np(&attributes_, sizeof(one), &one), 0);
  EXPECT_EQ(Notify().processors, 1);
}

// A policy that this process may not use loses no notification: then it is the
// usual one.
TEST_F(AttributesTest, GiveThePolicyIfThatIsAllowed) {
  sched_param parameters = {};
  parameters.sched_priority = sched_get_priority_min(SCHED_RR);
  ASSERT_EQ(pthread_attr_setinheritsched(&attributes_, PTHREAD_EXPLICIT_SCHED),
            0);
  ASSERT_EQ(pthread_attr_setschedpolicy(&attributes_, SCHED_RR), 0);
  ASSERT_EQ(pthread_attr_setschedparam(&attributes_, &parameters), 0);
  pthread_t probe;
  const int allowed = pthread_create(
      &probe, &attributes_, [](void* argument) { return argument; }, nullptr);
  if (allowed == 0) pthread_join(probe, nullptr);
  const Found found = Notify();
  EXPECT_EQ(found.policy, allowed == 0 ? SCHED_RR : SCHED_OTHER);
  EXPECT_EQ(found.priority, allowed == 0 ? parameters.sched_priority : 0);
}

}  // namespace
}  // namespace aioemul::testing
