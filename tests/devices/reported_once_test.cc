// The kernel reports a failed write-back once to each open file, to the next
// synchronization or synchronous write.  It becomes the error of a request
// (contract A8).

#include <aio.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"
#include "tests/devices/full_device.h"

namespace aioemul::testing {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kPages = 4;
constexpr off_t kNewPlace = 16 << 20;

off_t OffsetOf(size_t page) { return static_cast<off_t>(page * kPage); }

class ReportedOnceTest : public EngineTest {
 protected:
  static void SetUpTestSuite() { device = new FullDevice; }
  static void TearDownTestSuite() { delete device; }

  ReportedOnceTest() { options.threads.value = 1; }

  void SetUp() override {
    if (!device->lacks().empty()) {
      GTEST_SKIP() << "nothing was tested: " << device->lacks();
    }
    path_ = device->PathOf("file");
    unlink(path_.c_str());
    const Descriptor file(open(path_.c_str(), O_RDWR | O_CREAT, 0600));
    for (size_t i = 0; i < kPages; ++i) {
      ASSERT_EQ(write(file.number(), page_.data(), kPage), ssize_t{kPage});
    }
    ASSERT_EQ(fsync(file.number()), 0);
    device->Fill();
  }
  void TearDown() override { device->MakeRoom(); }

  // Has a write through another descriptor fail on its way to the device.
  void FailAWriteBack() {
    const OpenedFile other(path_.c_str(), O_RDWR);
    ASSERT_EQ(pwrite(other.fd(), page_.data(), kPage, kNewPlace),
              ssize_t{kPage});
    ASSERT_EQ(
        sync_file_range(other.fd(), kNewPlace, kPage,
                        SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER),
        -1);
    ASSERT_EQ(errno, ENOSPC);
  }

  // The outcomes of writes of neighbouring pages, which go out as one.
  std::vector<Outcome> WriteTogether(int fd, off_t offset, size_t count) {
    const TempFile gate("g");
    std::string buffer = ".";
    aiocb occupant = ReadBlock(gate.fd(), buffer);
    platform.HoldTransfers();
    EXPECT_EQ(engine().Read(&occupant), 0);
    platform.AwaitHeld(1);
    std::deque<aiocb> blocks;
    for (size_t i = 0; i < count; ++i) {
      blocks.push_back(WriteBlock(fd, page_, offset + OffsetOf(i)));
      EXPECT_EQ(engine().Write(&blocks.back()), 0);
    }
    platform.ReleaseAll();
    EXPECT_EQ(Await(occupant), Success(1));
    std::vector<Outcome> outcomes;
    for (aiocb& block : blocks) outcomes.push_back(Await(block));
    const auto calls = platform.transfers();
    EXPECT_GE(calls.size(), 2U);
    EXPECT_EQ(calls[1].kind, TransferCall::Kind::kWriteVectorAt);
    EXPECT_EQ(calls[1].count, count * kPage);
    return outcomes;
  }

  Outcome Sync(int fd) {
    aiocb sync = SyncBlock(fd);
    EXPECT_EQ(engine().Sync(O_SYNC, &sync), 0);
    return Await(sync);
  }

  static FullDevice* device;
  std::string path_;
  const std::string page_ = std::string(kPage, 'p');
};

FullDevice* ReportedOnceTest::device = nullptr;

TEST_F(ReportedOnceTest, IsTheErrorOfOneOfTheWritesThatWentOutTogether) {
  const OpenedFile file(path_.c_str(), O_RDWR | O_DSYNC);
  FailAWriteBack();
  device->MakeRoom();
  const auto outcomes = WriteTogether(file.fd(), 0, kPages);
  EXPECT_EQ(outcomes, (std::vector<Outcome>{Failure(ENOSPC), Success(kPage),
                                            Success(kPage), Success(kPage)}));
  EXPECT_EQ(Sync(file.fd()), Success(0));
}

// Whatever of it the device had room for.
TEST_F(ReportedOnceTest, WhatIsSaidToBeOnTheDeviceIsThere) {
  const OpenedFile file(path_.c_str(), O_RDWR | O_DSYNC);
  const auto outcomes = WriteTogether(file.fd(), 0, 8 * kPages);
  EXPECT_TRUE(std::any_of(outcomes.begin(), outcomes.end(),
                          [](const Outcome& o) { return o.error == ENOSPC; }));
  const OpenedFile direct(path_.c_str(), O_RDONLY | O_DIRECT);
  const std::unique_ptr<char, void (*)(void*)> memory(
      static_cast<char*>(aligned_alloc(kPage, kPage)), &free);
  for (size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i].error != 0) continue;
    ASSERT_EQ(pread(direct.fd(), memory.get(), kPage, OffsetOf(i)),
              ssize_t{kPage})
        << i;
    EXPECT_EQ(std::string(memory.get(), kPage), page_) << i;
  }
}

// Writes into memory and reads, of whatever way, do not take it.
TEST_F(ReportedOnceTest, IsLeftToTheSynchronization) {
  platform.AnswerCachedReads([](const TransferCall& call) {
    return SystemPlatform().ReadCached(call.fd, call.buffer, call.count,
                                       call.offset);
  });
  platform.AnswerCachedWrites([](const TransferCall& call) {
    return SystemPlatform().WriteCached(call.fd, call.buffer, call.count,
                                        call.offset);
  });
  options.inline_write_bytes.value = kPage;
  const OpenedFile file(path_.c_str(), O_RDWR);
  FailAWriteBack();
  device->MakeRoom();
  std::string buffer(kPage, '.');
  aiocb read = ReadBlock(file.fd(), buffer);
  ASSERT_EQ(engine().Read(&read), 0);
  EXPECT_EQ(Await(read), Success(kPage));
  aiocb write = WriteBlock(file.fd(), page_);
  ASSERT_EQ(engine().Write(&write), 0);
  EXPECT_EQ(Await(write), Success(kPage));
  EXPECT_EQ(Sync(file.fd()), Failure(ENOSPC));
  EXPECT_EQ(Sync(file.fd()), Success(0));
}

}  // namespace
}  // namespace aioemul::testing
