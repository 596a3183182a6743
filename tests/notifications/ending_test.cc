// How the thread of a notification may end: each time everything that it has
// set up is cleaned up once, and nothing is lost to others (contract G2).

#include <aio.h>
#include <pthread.h>

#include <atomic>
#include <vector>

#include "emul/engine.h"
#include "emul/options.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

// What the functions see and leave.
struct Scene {
  Gate begun;
  Gate ended;
  Gate never;
  std::atomic<int> handlers{0};
  std::atomic<int> destructions{0};
  std::atomic<bool> returned{false};
  pthread_t thread{};
};

// Says when the thread has run all destructors of its stack.
pthread_key_t EndKey() {
  static const pthread_key_t key = [] {
    pthread_key_t made;
    EXPECT_EQ(pthread_key_create(&made,
                                 [](void* scene) {
                                   static_cast<Scene*>(scene)->ended.Open();
                                 }),
              0);
    return made;
  }();
  return key;
}

class DestructionCounter {
 public:
  explicit DestructionCounter(Scene& scene) : scene_(scene) {}
  ~DestructionCounter() { ++scene_.destructions; }
  DestructionCounter(const DestructionCounter&) = delete;
  DestructionCounter& operator=(const DestructionCounter&) = delete;

 private:
  Scene& scene_;
};

// Ends the thread by `end`, which does not return.
template <typename End>
void EndBy(sigval value, const End& end) {
  auto* scene = static_cast<Scene*>(value.sival_ptr);
  pthread_setspecific(EndKey(), scene);
  pthread_cleanup_push(
      [](void* argument) { ++static_cast<Scene*>(argument)->handlers; }, scene);
  const DestructionCounter counter(*scene);
  end(*scene);
  scene->returned = true;
  pthread_cleanup_pop(0);
}

void Exit(sigval value) {
  EndBy(value, [](Scene& scene) {
    scene.begun.Open();
    pthread_exit(nullptr);
  });
}

void CancelItself(sigval value) {
  EndBy(value, [](Scene& scene) {
    scene.begun.Open();
    pthread_cancel(pthread_self());
    pthread_testcancel();
  });
}

// A semaphore is a cancellation point.
void AwaitCancellation(sigval value) {
  EndBy(value, [](Scene& scene) {
    scene.thread = pthread_self();
    scene.begun.Open();
    scene.never.Await();
  });
}

class EndingTest : public ::testing::Test {
 protected:
  EndingTest() {
    options_.threads.value = 1;
    // A thread that ended with its request still in use would be missed.
    options_.max_requests.value = 1;
  }

  // Has a notification's thread run `function`, 100 times; `between` runs when
  // the thread has begun.
  template <typename Between>
  void EndManyTimes(void (*function)(sigval), const Between& between) {
    constexpr int kTimes = 100;
    Engine engine(options_, SystemPlatform());
    for (int i = 0; i < kTimes; ++i) {
      aiocb block = WriteBlock(file_.fd(), "hello");
      block.aio_sigevent = ThreadEvent(function, &scene_);
      ASSERT_EQ(engine.Write(&block), 0);
      scene_.begun.Await();
      between();
      scene_.ended.Await();
      ASSERT_EQ(Await(engine, block), Success(5));
    }
    EXPECT_EQ(scene_.handlers, kTimes);
    EXPECT_EQ(scene_.destructions, kTimes);
    EXPECT_FALSE(scene_.returned);
  }

  const TempFile file_;
  Options options_;
  Scene scene_;
};

TEST_F(EndingTest, ByPthreadExit) {
  EndManyTimes(&Exit, [] {});
}

TEST_F(EndingTest, ByItsOwnCancellation) {
  EndManyTimes(&CancelItself, [] {});
}

TEST_F(EndingTest, ByTheCancellationOfAnother) {
  EndManyTimes(&AwaitCancellation, [&] { pthread_cancel(scene_.thread); });
}

}  // namespace
}  // namespace aioemul::testing
