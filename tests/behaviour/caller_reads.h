// What the tests of reads made by the caller start from.

#ifndef AIOEMUL_TESTS_BEHAVIOUR_CALLER_READS_H_
#define AIOEMUL_TESTS_BEHAVIOUR_CALLER_READS_H_

#include <aio.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {

// All of every file is in memory, unless the test answers otherwise.
class CallerReadsTest : public EngineTest {
 protected:
  CallerReadsTest() {
    platform.AnswerCachedReads([this](const TransferCall& call) {
      const std::lock_guard lock(mutex_);
      tries_.push_back(call);
      return answer_ ? answer_(call) : FromMemory(call);
    });
  }

  static ssize_t FromMemory(const TransferCall& call) {
    const ssize_t count = pread(call.fd, call.buffer, call.count, call.offset);
    return count < 0 ? -errno : count;
  }
  // What the system says itself.
  void AskTheSystem() {
    answer_ = [](const TransferCall&) { return std::nullopt; };
  }

  // What was asked of the memory.
  std::vector<TransferCall> tries() {
    const std::lock_guard lock(mutex_);
    return tries_;
  }
  bool WasTried() { return !tries().empty(); }
  // Whether any other transfer was made.
  bool WasQueued() { return !platform.transfers().empty(); }

  void ExpectAtOnce(aiocb& block) {
    EXPECT_EQ(engine().Read(&block), 0);
    EXPECT_EQ(Take(block), Success(block.aio_nbytes));
    EXPECT_FALSE(WasQueued());
  }
  void ExpectQueued(aiocb& block, const Outcome& outcome) {
    const size_t before = platform.transfers().size();
    EXPECT_EQ(engine().Read(&block), 0);
    EXPECT_EQ(Await(block), outcome);
    ASSERT_EQ(platform.transfers().size(), before + 1);
    EXPECT_EQ(platform.transfers().back().count, block.aio_nbytes);
    EXPECT_EQ(platform.transfers().back().offset, block.aio_offset);
  }

  const pthread_t caller_ = pthread_self();
  const TempFile file_{"hello world"};
  const TempFile other_{"HELLO WORLD"};
  std::string buffer_ = ".....";
  FakePlatform::Answer answer_;

 private:
  std::mutex mutex_;
  std::vector<TransferCall> tries_;
};

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_BEHAVIOUR_CALLER_READS_H_
