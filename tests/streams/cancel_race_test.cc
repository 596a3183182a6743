// Cancellation racing what it would cancel (contract E1, E3): of two outcomes
// exactly one, and never a byte in neither place or in both.

#include <sched.h>
#include <sys/ioctl.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "tests/streams/descriptors.h"
#include "tests/streams/stream_fixture.h"

namespace aioemul::testing {
namespace {

// One thread for the rounds of a race: each round's act begins when the round
// does.
class Rival {
 public:
  explicit Rival(std::function<void(int round)> act)
      : thread_([this, act = std::move(act)] {
          for (int round = 1;; ++round) {
            while (begun_ < round) sched_yield();
            if (stop_) return;
            act(round);
            done_ = round;
          }
        }) {}
  ~Rival() {
    stop_ = true;
    ++begun_;
    thread_.join();
  }

  void Begin() { ++begun_; }
  void AwaitDone() {
    while (done_ < begun_) sched_yield();
  }

 private:
  std::atomic<int> begun_{0};
  std::atomic<int> done_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

class CancelRaceTest : public EveryMechanismTest {
 protected:
  static constexpr int kRounds = 3000;

  CancelRaceTest() {
    RecordProperty("seed", static_cast<int>(seed_ & 0x7fffffff));
    printf("seed %u\n", seed_);
  }

  // Lets the rival get ahead now and then.
  void Dally() {
    for (unsigned spins = random_() % 4096; spins > 0; --spins) {
      std::atomic_signal_fence(std::memory_order_seq_cst);
    }
  }

  static int Unread(int fd) {
    int count = -1;
    EXPECT_EQ(ioctl(fd, FIONREAD, &count), 0);
    return count;
  }

  const unsigned seed_ = std::random_device()();
  std::minstd_rand random_{seed_};
};

TEST_P(CancelRaceTest, ArrivingByteIsReadByTheCancelledOneOrTheNext) {
  const Channel pipe = MakePipe();
  const int reader = pipe.reader.number();
  Rival writer([&](int round) {
    const char byte = static_cast<char>(round);
    Send(pipe.writer.number(), std::string_view(&byte, 1));
  });
  for (int round = 1; round <= kRounds && !HasFailure(); ++round) {
    std::string buffer(1, '\0');
    aiocb read = ReadBlock(reader, buffer);
    Read(read);
    writer.Begin();
    Dally();
    const int answer = engine().Cancel(reader, &read);
    writer.AwaitDone();
    const Outcome outcome = Await(read);
    if (answer == AIO_CANCELED) {
      EXPECT_EQ(outcome, Failure(ECANCELED));
      EXPECT_EQ(buffer[0], '\0');
      ASSERT_EQ(Unread(reader), 1);
      Read(read);
      EXPECT_EQ(Await(read), Success(1));
    } else {
      EXPECT_TRUE(answer == AIO_NOTCANCELED || answer == AIO_ALLDONE);
      EXPECT_EQ(outcome, Success(1));
    }
    EXPECT_EQ(buffer[0], static_cast<char>(round));
    EXPECT_EQ(Unread(reader), 0);
  }
}

TEST_P(CancelRaceTest, CountOfAWriteIsWhatTheReaderFinds) {
  const Channel pipe = MakePipe();
  const int writer = pipe.writer.number();
  const int reader = pipe.reader.number();
  const std::string text = LongText(200'000);
  const size_t filled = Fill(writer);
  Rival drain([&](int) { Receive(reader, filled); });
  for (int round = 1; round <= kRounds / 10 && !HasFailure(); ++round) {
    aiocb write = WriteBlock(writer, text);
    Write(write);
    drain.Begin();
    Dally();
    const int answer = engine().Cancel(writer, &write);
    drain.AwaitDone();
    // What the blocking call of a device began goes on until there is room.
    std::string received;
    if (answer == AIO_NOTCANCELED && GetParam() == Mechanism::kDevice) {
      received = Receive(reader, text.size());
    }
    const Outcome outcome = Await(write);
    if (answer == AIO_CANCELED) {
      EXPECT_EQ(outcome, Failure(ECANCELED));
      EXPECT_EQ(Unread(reader), 0);
    } else {
      EXPECT_EQ(answer, AIO_NOTCANCELED);
      ASSERT_GT(outcome.result, 0);
      const auto count = static_cast<size_t>(outcome.result);
      received += Receive(reader, count - received.size());
      EXPECT_TRUE(received == text.substr(0, count)) << count;
      EXPECT_EQ(Unread(reader), 0);
    }
    Fill(writer);
  }
}

TEST_P(CancelRaceTest, CancelOfAllLeavesEachByteToSomebody) {
  constexpr int kReads = 4;
  const Channel pipe = MakePipe();
  const int reader = pipe.reader.number();
  Rival writer([&](int) { Send(pipe.writer.number(), "abcd"); });
  for (int round = 1; round <= kRounds / 4 && !HasFailure(); ++round) {
    std::array<std::string, kReads> buffers;
    std::array<aiocb, kReads> reads;
    for (size_t i = 0; i < kReads; ++i) {
      buffers[i] = " ";
      reads[i] = ReadBlock(reader, buffers[i]);
      Read(reads[i]);
    }
    writer.Begin();
    Dally();
    engine().Cancel(reader, nullptr);
    writer.AwaitDone();
    std::string text;
    for (size_t i = 0; i < kReads; ++i) {
      const Outcome outcome = Await(reads[i]);
      EXPECT_TRUE(outcome == Success(1) || outcome == Failure(ECANCELED));
      if (outcome.error == 0) text += buffers[i];
    }
    text += Receive(reader, static_cast<size_t>(Unread(reader)));
    EXPECT_EQ(text, "abcd");
  }
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, CancelRaceTest, EveryMechanism(), &NameOf);

}  // namespace
}  // namespace aioemul::testing
