// Who sees to what waits behind a request that a worker has taken (contract
// B1, B3, C3).

#include <aio.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <deque>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"
#include "tests/support/forwarding_platform.h"

namespace aioemul::testing {
namespace {

// One worker is stuck amid a look into memory, with nobody told of what waits
// behind its request; then a second worker is allowed, which looks for work.
class HandOnTest : public EngineTest {
 protected:
  HandOnTest() {
    options.threads.value = 1;
    options.idle_time.value = 1'000'000;
    platform.AnswerCachedReads(
        [this](const TransferCall& call) -> std::optional<ssize_t> {
          if (pthread_equal(pthread_self(), caller_) != 0) return -EAGAIN;
          if (call.offset == 0) {
            stuck_.Open();
            freed_.Await();
            return FromMemory(call);
          }
          return in_memory_ ? FromMemory(call) : -EAGAIN;
        });
  }

  static ssize_t FromMemory(const TransferCall& call) {
    return pread(call.fd, call.buffer, call.count, call.offset);
  }

  aiocb& Read(off_t offset) {
    std::string& buffer = buffers_.emplace_back(2, '.');
    aiocb& block = blocks_.emplace_back(ReadBlock(file_.fd(), buffer, offset));
    EXPECT_EQ(engine().Read(&block), 0);
    return block;
  }
  // None goes on where the one before it ends.
  void HaveThreeWaitBehindOneStuck() {
    Read(0);
    stuck_.Await();
    for (const off_t offset : {9, 6, 3}) Read(offset);
    EXPECT_EQ(engine().thread_count(), 1);
    engine().Configure(/*threads=*/8, /*reserve=*/0, /*idle_time=*/0);
  }
  void FinishAll() {
    freed_.Open();
    for (aiocb& block : blocks_) EXPECT_EQ(Await(block), Success(2));
    EXPECT_EQ(buffers_, (std::deque<std::string>{"01", "9a", "67", "34"}));
  }

  const pthread_t caller_ = pthread_self();
  const TempFile file_{"0123456789abcdef"};
  std::atomic<bool> in_memory_{true};
  Gate stuck_;
  Gate freed_;
  std::deque<std::string> buffers_;
  std::deque<aiocb> blocks_;
};

TEST_F(HandOnTest, WhoFindsItsReadInMemorySeesToTheNextItself) {
  HaveThreeWaitBehindOneStuck();
  for (size_t i = 1; i < blocks_.size(); ++i) {
    const aiocb* const list[] = {&blocks_[i]};
    EXPECT_EQ(engine().Suspend(list, 1, nullptr), 0);
  }
  EXPECT_EQ(engine().thread_count(), 2);
  EXPECT_TRUE(platform.transfers().empty());
  FinishAll();
}

// B3: and the next has another do so.
TEST_F(HandOnTest, WhoIsAboutToBlockHasAnotherTakeTheNext) {
  in_memory_ = false;
  platform.HoldTransfers();
  HaveThreeWaitBehindOneStuck();
  EXPECT_EQ(platform.AwaitHeld(3).size(), 3U);
  EXPECT_EQ(engine().thread_count(), 4);
  platform.ReleaseAll();
  FinishAll();
}

TEST_F(HandOnTest, WithoutLooksIntoMemoryAllIsHandedOn) {
  platform.HoldTransfers();
  options.inline_bytes.value = 0;
  options.threads.value = 8;
  for (const off_t offset : {0, 9, 6, 3}) Read(offset);
  EXPECT_EQ(platform.AwaitHeld(4).size(), 4U);
  platform.ReleaseAll();
  FinishAll();
}

// --- C3

// Starting a thread takes as long as the program's own threads like.
class SlowStartPlatform final : public ForwardingPlatform {
 public:
  int StartNotification(const ThreadStart& start,
                        const pthread_attr_t* attributes) override {
    appended_.Await(2);
    return ForwardingPlatform::StartNotification(start, attributes);
  }
  // Who submits shall not be the one that finishes the list.
  void BeginAppends() { submitted_.Open(); }
  ssize_t Append(int fd, const void* buffer, size_t count) override {
    submitted_.Await();
    submitted_.Open();
    const ssize_t result = ForwardingPlatform::Append(fd, buffer, count);
    appended_.Open();
    return result;
  }

 private:
  Gate submitted_;
  Gate appended_;
};

// The second append waits for the first, whose worker starts its notification
// and cannot until the second is done.
TEST(SlowStartTest, WhatWasLetGoIsServedWhileANotificationIsStarted) {
  for (const bool of_list : {false, true}) {
    SlowStartPlatform platform;
    Engine engine(Options(), platform);
    const TempFile file("", O_APPEND);
    Gate notified;
    const sigevent event = ThreadEvent(
        [](sigval value) { static_cast<Gate*>(value.sival_ptr)->Open(); },
        &notified);
    aiocb first = WriteBlock(file.fd(), "first ");
    aiocb second = WriteBlock(file.fd(), "second");
    aiocb* const list[] = {&first};
    if (!of_list) first.aio_sigevent = event;
    ASSERT_EQ(engine.List(LIO_NOWAIT, list, 1, of_list ? &event : nullptr), 0);
    ASSERT_EQ(engine.Write(&second), 0);
    platform.BeginAppends();
    notified.Await();
    EXPECT_EQ(testing::Await(engine, first), Success(6));
    EXPECT_EQ(testing::Await(engine, second), Success(6));
    EXPECT_EQ(file.Content(), "first second");
  }
}

}  // namespace
}  // namespace aioemul::testing
