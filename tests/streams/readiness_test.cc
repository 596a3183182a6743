// Every implementation of Readiness against its contract in platform.h
// (contract I1, I2).

#include "emul/platform/readiness.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/streams/descriptors.h"

namespace aioemul::testing {
namespace {

constexpr DirectionSet kRead = SetOf(Direction::kRead);
constexpr DirectionSet kWrite = SetOf(Direction::kWrite);

struct Implementation {
  const char* name;
  Readiness* (*make)();
};

class ReadinessTest : public ::testing::TestWithParam<Implementation> {
 protected:
  using Event = Readiness::Event;

  // All that is ready now.
  std::vector<Event> Poll() {
    std::vector<Event> all;
    std::array<Event, 4> events;
    // An interruption, which Arm may cause, says that nothing has happened.
    for (int empty = 0; empty < 2;) {
      const int count =
          set_->Wait(events.data(), static_cast<int>(events.size()), 0);
      EXPECT_LE(count, static_cast<int>(events.size()));
      if (count == 0) ++empty;
      all.insert(all.end(), events.begin(), events.begin() + count);
    }
    return all;
  }

  // The first event that comes.
  Event AwaitOne() {
    Event event = {};
    while (set_->Wait(&event, 1, kNever) == 0) {
    }
    return event;
  }

  void ExpectOne(DirectionSet directions, const void* token) {
    const std::vector<Event> events = Poll();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].token, token);
    EXPECT_EQ(events[0].ready, directions);
  }

  std::unique_ptr<Readiness> set_{GetParam().make()};
  int token_ = 0;
};

TEST_P(ReadinessTest, EmptySetReportsNothing) { EXPECT_TRUE(Poll().empty()); }

TEST_P(ReadinessTest, ReportsWhatIsReadyAlready) {
  const Channel pipe = MakePipe();
  Send(pipe.writer.number(), "x");
  ASSERT_EQ(set_->Arm(pipe.reader.number(), kRead, &token_), 0);
  ExpectOne(kRead, &token_);
}

TEST_P(ReadinessTest, ReportsOnceUntilArmedAgain) {
  const Channel pipe = MakePipe();
  ASSERT_EQ(set_->Arm(pipe.reader.number(), kRead, &token_), 0);
  EXPECT_TRUE(Poll().empty());
  Send(pipe.writer.number(), "x");
  ExpectOne(kRead, &token_);
  Send(pipe.writer.number(), "y");
  EXPECT_TRUE(Poll().empty());
  ASSERT_EQ(set_->Arm(pipe.reader.number(), kRead, &token_), 0);
  ExpectOne(kRead, &token_);
}

TEST_P(ReadinessTest, WaitEndsWhenAnotherThreadMakesSomethingReady) {
  const Channel pipe = MakePipe();
  ASSERT_EQ(set_->Arm(pipe.reader.number(), kRead, &token_), 0);
  std::thread writer([&] { Send(pipe.writer.number(), "x"); });
  EXPECT_EQ(AwaitOne().token, &token_);
  writer.join();
}

TEST_P(ReadinessTest, WaitUnderWaySeesWhatIsArmedMeanwhile) {
  const Channel pipe = MakePipe();
  Send(pipe.writer.number(), "x");
  std::thread other(
      [&] { EXPECT_EQ(set_->Arm(pipe.reader.number(), kRead, &token_), 0); });
  EXPECT_EQ(AwaitOne().token, &token_);
  other.join();
}

TEST_P(ReadinessTest, BothDirectionsOfOneDescriptorAreReportedTogether) {
  const Channel sockets = MakeSockets();
  Send(sockets.writer.number(), "x");
  ASSERT_EQ(set_->Arm(sockets.reader.number(), kBothDirections, &token_), 0);
  ExpectOne(kBothDirections, &token_);
}

TEST_P(ReadinessTest, OneDirectionOfTwoIsReportedAloneAndEndsBoth) {
  const Channel sockets = MakeSockets();
  const int fd = sockets.reader.number();
  ASSERT_EQ(set_->Arm(fd, kBothDirections, &token_), 0);
  ExpectOne(kWrite, &token_);
  Send(sockets.writer.number(), "x");
  EXPECT_TRUE(Poll().empty());
  ASSERT_EQ(set_->Arm(fd, kRead, &token_), 0);
  ExpectOne(kRead, &token_);
}

TEST_P(ReadinessTest, NewArmReplacesTheOldOne) {
  const Channel sockets = MakeSockets();
  int other = 0;
  ASSERT_EQ(set_->Arm(sockets.reader.number(), kWrite, &token_), 0);
  ASSERT_EQ(set_->Arm(sockets.reader.number(), kRead, &other), 0);
  EXPECT_TRUE(Poll().empty());
  Send(sockets.writer.number(), "x");
  ExpectOne(kRead, &other);
}

TEST_P(ReadinessTest, HangUpWakesBothDirections) {
  Channel sockets = MakeSockets();
  ASSERT_EQ(set_->Arm(sockets.reader.number(), kRead, &token_), 0);
  sockets.writer.Close();
  const std::vector<Event> events = Poll();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_NE(events[0].ready & kRead, 0U);

  Channel pipe = MakePipe();
  ASSERT_EQ(set_->Arm(pipe.reader.number(), kRead, &token_), 0);
  pipe.writer.Close();
  EXPECT_EQ(Poll().size(), 1U);
}

TEST_P(ReadinessTest, LossOfTheReaderWakesAWriter) {
  Channel pipe = MakePipe();
  Fill(pipe.writer.number());
  ASSERT_EQ(set_->Arm(pipe.writer.number(), kWrite, &token_), 0);
  EXPECT_TRUE(Poll().empty());
  pipe.reader.Close();
  const std::vector<Event> events = Poll();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_NE(events[0].ready & kWrite, 0U);
}

TEST_P(ReadinessTest, ShutdownOfThePeerIsReadable) {
  const Channel sockets = MakeSockets();
  ASSERT_EQ(set_->Arm(sockets.reader.number(), kRead, &token_), 0);
  ASSERT_EQ(shutdown(sockets.writer.number(), SHUT_WR), 0);
  ExpectOne(kRead, &token_);
}

TEST_P(ReadinessTest, ReusedNumberReportsTheNewToken) {
  Channel old = MakePipe();
  const int number = old.reader.number();
  ASSERT_EQ(set_->Arm(number, kRead, &token_), 0);
  old.reader.Close();

  Channel pipe = MakePipe();
  if (pipe.reader.number() != number) {
    ASSERT_EQ(dup2(pipe.reader.number(), number), number);
    pipe.reader = Descriptor(number);
  }
  int other = 0;
  ASSERT_EQ(set_->Arm(number, kRead, &other), 0);
  Send(pipe.writer.number(), "x");
  ExpectOne(kRead, &other);
}

TEST_P(ReadinessTest, ClosedDescriptorIsReportedAtMostOnce) {
  Channel pipe = MakePipe();
  ASSERT_EQ(set_->Arm(pipe.reader.number(), kRead, &token_), 0);
  pipe.reader.Close();
  EXPECT_LE(Poll().size(), 1U);
  EXPECT_TRUE(Poll().empty());
}

// I7: what has been reported is not reported for ever.
TEST_P(ReadinessTest, WhatIsWatchedIsReportedAgainOnlyForNews) {
  const Channel pipe = MakePipe();
  ASSERT_EQ(set_->Watch(pipe.reader.number(), kRead, &token_), 0);
  EXPECT_TRUE(Poll().empty());
  for (int news = 0; news < 3; ++news) {
    Send(pipe.writer.number(), "x");
    const Event event = AwaitOne();
    EXPECT_EQ(event.token, &token_);
    EXPECT_EQ(event.ready, kRead);
    EXPECT_TRUE(Poll().empty());
  }
  set_->Forget(pipe.reader.number());
  Send(pipe.writer.number(), "y");
  EXPECT_TRUE(Poll().empty());
}

TEST_P(ReadinessTest, TellsThatTheOtherSideHasEnded) {
  Channel pipe = MakePipe();
  Send(pipe.writer.number(), "x");
  ASSERT_EQ(set_->Arm(pipe.reader.number(), kRead, &token_), 0);
  EXPECT_FALSE(AwaitOne().ended);
  pipe.writer.Close();
  ASSERT_EQ(set_->Arm(pipe.reader.number(), kRead, &token_), 0);
  EXPECT_TRUE(AwaitOne().ended);

  const Channel sockets = MakeSockets();
  Send(sockets.writer.number(), "x");
  ASSERT_EQ(shutdown(sockets.writer.number(), SHUT_WR), 0);
  ASSERT_EQ(set_->Arm(sockets.reader.number(), kRead, &token_), 0);
  EXPECT_TRUE(AwaitOne().ended);
}

TEST_P(ReadinessTest, RefusesWhatIsNotOpen) {
  EXPECT_EQ(set_->Arm(-1, kRead, &token_), -EBADF);
  const int number = MakePipe().reader.number();
  EXPECT_EQ(set_->Arm(number, kRead, &token_), -EBADF);
  EXPECT_TRUE(Poll().empty());
}

// EPERM where the system cannot wait for files, ready at once where it can.
TEST_P(ReadinessTest, RegularFileIsRefusedOrReady) {
  std::string name = ::testing::TempDir() + "/file.XXXXXX";
  const Descriptor file(mkstemp(name.data()));
  unlink(name.c_str());
  const int error = set_->Arm(file.number(), kRead, &token_);
  if (error == 0) {
    ExpectOne(kRead, &token_);
  } else {
    EXPECT_EQ(error, -EPERM);
    EXPECT_TRUE(Poll().empty());
  }
}

TEST_P(ReadinessTest, InterruptEndsTheNextWait) {
  set_->Interrupt();
  Event event;
  EXPECT_EQ(set_->Wait(&event, 1, kNever), 0);
}

TEST_P(ReadinessTest, InterruptEndsTheWaitUnderWay) {
  std::thread other([&] { set_->Interrupt(); });
  Event event;
  EXPECT_EQ(set_->Wait(&event, 1, kNever), 0);
  other.join();
}

TEST_P(ReadinessTest, ManyInterruptsEndOneWaitOrMoreAndThenNone) {
  for (int i = 0; i < 100'000; ++i) set_->Interrupt();
  const Channel pipe = MakePipe();
  Send(pipe.writer.number(), "x");
  ASSERT_EQ(set_->Arm(pipe.reader.number(), kRead, &token_), 0);
  EXPECT_EQ(AwaitOne().token, &token_);
}

TEST_P(ReadinessTest, WaitEndsAtTheDeadlineAndNotBefore) {
  Event event;
  const MonotonicTime deadline = SystemPlatform().Now() + 20'000'000;
  EXPECT_EQ(set_->Wait(&event, 1, deadline), 0);
  EXPECT_GE(SystemPlatform().Now(), deadline);
}

TEST_P(ReadinessTest, EachOfManyIsReportedOnceAndMoreThanFitAreKept) {
  constexpr size_t kPipes = 150;
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::vector<Channel> pipes;
  std::vector<int> reports(kPipes, 0);
  for (size_t i = 0; i < kPipes; ++i) {
    pipes.push_back(MakePipe());
    ASSERT_EQ(set_->Arm(pipes[i].reader.number(), kRead, &reports[i]), 0);
  }
  std::vector<size_t> order(kPipes);
  std::iota(order.begin(), order.end(), 0U);
  std::shuffle(order.begin(), order.end(), std::minstd_rand(seed));
  for (const size_t i : order) Send(pipes[i].writer.number(), "x");
  for (const Event& event : Poll()) {
    EXPECT_EQ(event.ready, kRead);
    ++*static_cast<int*>(event.token);
  }
  EXPECT_EQ(reports, std::vector<int>(kPipes, 1));
}

INSTANTIATE_TEST_SUITE_P(
    All, ReadinessTest,
    ::testing::Values(Implementation{"Best", &readiness::New},
                      Implementation{"Poll", &readiness::NewPoll}),
    [](const auto& param_info) { return std::string(param_info.param.name); });

TEST(MillisecondsTest, AreRoundedUpAndNeverNegative) {
  constexpr MonotonicTime kMillisecond = 1'000'000;
  const MonotonicTime now = SystemPlatform().Now();
  EXPECT_EQ(readiness::MillisecondsUntil(kNever), -1);
  EXPECT_EQ(readiness::MillisecondsUntil(now), 0);
  EXPECT_EQ(readiness::MillisecondsUntil(0), 0);
  const int hour = readiness::MillisecondsUntil(now + 3'600'000 * kMillisecond);
  EXPECT_GT(hour, 0);
  EXPECT_LE(hour, 3'600'000);
  EXPECT_EQ(readiness::MillisecondsUntil(kNever - 1), INT_MAX);
}

}  // namespace
}  // namespace aioemul::testing
