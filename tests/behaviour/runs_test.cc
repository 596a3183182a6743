// Neighbouring requests that wait are carried out together, and nobody can tell
// but by the number of transfers (contract A8, B1, B3, B5, D5, E1, E4).

#include <aio.h>
#include <fcntl.h>

#include <cerrno>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

using Kind = TransferCall::Kind;
using Offsets = std::vector<off_t>;

constexpr size_t kSize = 4;  // of a request, if nothing else is said

// Requests wait while the one worker is held at an earlier one, of another
// file; then the transfers that they come to are looked at.
class RunsTest : public EngineTest {
 protected:
  RunsTest() { options.threads.value = 1; }

  void OccupyTheWorker() {
    platform.HoldTransfers();
    ASSERT_EQ(engine().Read(&occupant_), 0);
    platform.AwaitHeld(1);
  }

  aiocb& Read(off_t offset, size_t count = kSize, int delta = 0) {
    std::string& buffer = buffers_.emplace_back(count, '.');
    aiocb& block = blocks_.emplace_back(ReadBlock(file_.fd(), buffer, offset));
    block.aio_reqprio = delta;
    EXPECT_EQ(engine().Read(&block), 0);
    return block;
  }
  aiocb& Write(std::string_view text, off_t offset) {
    aiocb& block = blocks_.emplace_back(WriteBlock(file_.fd(), text, offset));
    EXPECT_EQ(engine().Write(&block), 0);
    return block;
  }

  // The transfers after the occupant's, in the order of their start.
  std::vector<TransferCall> Release() {
    platform.ReleaseAll();
    EXPECT_EQ(Await(occupant_), Success(1));
    for (aiocb& block : blocks_) outcomes_.push_back(Await(block));
    std::vector<TransferCall> calls = platform.transfers();
    calls.erase(calls.begin());
    return calls;
  }
  static Offsets OffsetsOf(const std::vector<TransferCall>& calls) {
    Offsets offsets;
    for (const TransferCall& call : calls) offsets.push_back(call.offset);
    return offsets;
  }
  static std::vector<size_t> CountsOf(const std::vector<TransferCall>& calls) {
    std::vector<size_t> counts;
    for (const TransferCall& call : calls) counts.push_back(call.count);
    return counts;
  }
  void ExpectOutcomes(const std::vector<Outcome>& expected) {
    EXPECT_EQ(outcomes_, expected);
  }

  const TempFile gate_{"g"};
  const TempFile file_{"0123456789abcdefghijklmnopqrstuvwxyz"};
  std::string gate_buffer_ = ".";
  aiocb occupant_ = ReadBlock(gate_.fd(), gate_buffer_);
  std::deque<std::string> buffers_;
  std::deque<aiocb> blocks_;
  std::vector<Outcome> outcomes_;
};

TEST_F(RunsTest, NeighbouringReadsAreOneTransfer) {
  OccupyTheWorker();
  Read(2, 3);
  Read(5, 1);
  Read(6, 5);
  const auto calls = Release();
  ASSERT_EQ(OffsetsOf(calls), Offsets{2});
  EXPECT_EQ(calls[0].kind, Kind::kReadVectorAt);
  EXPECT_EQ(calls[0].count, 9U);
  ExpectOutcomes({Success(3), Success(1), Success(5)});
  EXPECT_EQ(buffers_, (std::deque<std::string>{"234", "5", "6789a"}));
}

TEST_F(RunsTest, NeighbouringWritesAreOneTransfer) {
  OccupyTheWorker();
  Write("ONE", 2);
  Write("T", 5);
  Write("THREE", 6);
  const auto calls = Release();
  ASSERT_EQ(OffsetsOf(calls), Offsets{2});
  EXPECT_EQ(calls[0].kind, Kind::kWriteVectorAt);
  ExpectOutcomes({Success(3), Success(1), Success(5)});
  EXPECT_EQ(file_.Content(), "01ONETTHREEbcdefghijklmnopqrstuvwxyz");
}

// B1
TEST_F(RunsTest, AStrangerBetweenNeighboursIsStartedInItsTurn) {
  OccupyTheWorker();
  Read(0);
  Read(20);
  Read(4);
  EXPECT_EQ(OffsetsOf(Release()), (Offsets{0, 20, 4}));
  EXPECT_EQ(buffers_, (std::deque<std::string>{"0123", "klmn", "4567"}));
}

TEST_F(RunsTest, AWriteIsNotJoinedToTheReadBeforeIt) {
  OccupyTheWorker();
  Read(0);
  Write("WRIT", 4);
  Read(8);
  const auto calls = Release();
  EXPECT_EQ(OffsetsOf(calls), (Offsets{0, 4, 8}));
  EXPECT_EQ(CountsOf(calls), (std::vector<size_t>{4, 4, 4}));
}

// B1: requests of other levels stand in other queues.
TEST_F(RunsTest, RunsAreOfOneLevel) {
  OccupyTheWorker();
  Read(8, kSize, /*delta=*/5);
  Read(0);
  Read(12, kSize, /*delta=*/5);
  Read(20, kSize, /*delta=*/9);
  Read(4);
  const auto calls = Release();
  EXPECT_EQ(OffsetsOf(calls), (Offsets{0, 8, 20}));
  EXPECT_EQ(CountsOf(calls), (std::vector<size_t>{8, 8, 4}));
}

TEST_F(RunsTest, ARunHasNoMoreBytesThanAllowed) {
  options.merge_bytes.value = 2 * kSize;
  OccupyTheWorker();
  for (off_t i = 0; i < 5; ++i) Read(4 * i);
  const auto calls = Release();
  EXPECT_EQ(OffsetsOf(calls), (Offsets{0, 8, 16}));
  EXPECT_EQ(CountsOf(calls), (std::vector<size_t>{8, 8, 4}));
}

TEST_F(RunsTest, ARequestAboveTheLimitIsCarriedOutAlone) {
  options.merge_bytes.value = 2 * kSize;
  OccupyTheWorker();
  Read(0, 12);
  Read(12, 1);
  const auto calls = Release();
  EXPECT_EQ(CountsOf(calls), (std::vector<size_t>{12, 1}));
  EXPECT_EQ(calls[0].kind, Kind::kReadAt);
}

TEST_F(RunsTest, ARunHasNoMoreRequestsThanASystemTakesAtOnce) {
  OccupyTheWorker();
  for (off_t i = 0; i < 65; ++i) Write("x", i);
  const auto calls = Release();
  EXPECT_EQ(CountsOf(calls), (std::vector<size_t>{64, 1}));
}

TEST_F(RunsTest, ARequestOfNoBytesIsNobodysNeighbour) {
  OccupyTheWorker();
  Read(0);
  Read(4, 0);
  Read(4);
  EXPECT_EQ(OffsetsOf(Release()), (Offsets{0, 4, 4}));
  ExpectOutcomes({Success(4), Success(0), Success(4)});
}

// A8
TEST_F(RunsTest, ABadBufferHurtsItsOwnerAlone) {
  OccupyTheWorker();
  Read(0);
  aiocb& bad = blocks_.emplace_back(ReadBlock(file_.fd(), nullptr, kSize, 4));
  ASSERT_EQ(engine().Read(&bad), 0);
  Read(8);
  const auto calls = Release();
  ASSERT_FALSE(calls.empty());
  EXPECT_EQ(calls[0].kind, Kind::kReadVectorAt);
  ExpectOutcomes({Success(4), Failure(EFAULT), Success(4)});
  EXPECT_EQ(buffers_, (std::deque<std::string>{"0123", "89ab"}));
}

TEST_F(RunsTest, ABadBufferAmongWritesHurtsItsOwnerAlone) {
  OccupyTheWorker();
  Write("FRST", 0);
  aiocb& bad = blocks_.emplace_back(ReadBlock(file_.fd(), nullptr, kSize, 4));
  ASSERT_EQ(engine().Write(&bad), 0);
  Write("THRD", 8);
  Release();
  ExpectOutcomes({Success(4), Failure(EFAULT), Success(4)});
  EXPECT_EQ(file_.Content().substr(0, 12), "FRST4567THRD");
}

// A8
TEST_F(RunsTest, TheFileMayEndAmidARun) {
  OccupyTheWorker();
  for (off_t i = 0; i < 4; ++i) Read(26 + 4 * i);
  const auto calls = Release();
  ASSERT_FALSE(calls.empty());
  EXPECT_EQ(calls[0].count, 16U);
  ExpectOutcomes({Success(4), Success(4), Success(2), Success(0)});
  EXPECT_EQ(buffers_,
            (std::deque<std::string>{"qrst", "uvwx", "yz..", "...."}));
}

// A8
TEST_F(RunsTest, AnErrorThatOneMeetsAgainIsItsOwn) {
  platform.AnswerTransfers([](const TransferCall& call) {
    const bool fails = call.kind == Kind::kReadVectorAt ||
                       (call.kind == Kind::kReadAt && call.offset == 4);
    return fails ? std::optional<ssize_t>(-EIO) : std::nullopt;
  });
  OccupyTheWorker();
  for (off_t i = 0; i < 3; ++i) Read(4 * i);
  Release();
  ExpectOutcomes({Success(4), Failure(EIO), Success(4)});
}

// A8: an error that the system reports once.
TEST_F(RunsTest, AnErrorThatNobodyMeetsAgainIsTheFirsts) {
  platform.AnswerTransfers([](const TransferCall& call) {
    return call.kind == Kind::kWriteVectorAt ? std::optional<ssize_t>(-ENOSPC)
                                             : std::nullopt;
  });
  OccupyTheWorker();
  Write("FRST", 0);
  Write("SCND", 4);
  aiocb& sync = blocks_.emplace_back(SyncBlock(file_.fd()));
  ASSERT_EQ(engine().Sync(O_SYNC, &sync), 0);
  Release();
  ExpectOutcomes({Failure(ENOSPC), Success(4), Success(0)});
}

// B5: for whatever number of requests in the run.
TEST_F(RunsTest, ABarrierWaitsForTheWholeRun) {
  OccupyTheWorker();
  Write("FRST", 0);
  Write("SCND", 4);
  aiocb& sync = blocks_.emplace_back(SyncBlock(file_.fd()));
  ASSERT_EQ(engine().Sync(O_SYNC, &sync), 0);
  Write("THRD", 8);
  const auto calls = Release();
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[0].count, 12U) << "what comes later may go first";
  EXPECT_EQ(calls[1].kind, Kind::kSync);
  ExpectOutcomes({Success(4), Success(4), Success(0), Success(4)});
}

// E1, E4
TEST_F(RunsTest, ACancelledNeighbourLeavesAGap) {
  OccupyTheWorker();
  Read(0);
  aiocb& cancelled = Read(4);
  Read(8);
  Read(12);
  EXPECT_EQ(engine().Cancel(file_.fd(), &cancelled), AIO_CANCELED);
  const auto calls = Release();
  EXPECT_EQ(OffsetsOf(calls), (Offsets{0, 8}));
  EXPECT_EQ(CountsOf(calls), (std::vector<size_t>{4, 8}));
  ExpectOutcomes({Success(4), Failure(ECANCELED), Success(4), Success(4)});
  EXPECT_EQ(buffers_[1], "....");
}

// E1: it has started, as a part of a run.
TEST_F(RunsTest, NoPartOfARunningRunIsCancelled) {
  OccupyTheWorker();
  aiocb& first = Read(0);
  aiocb& second = Read(4);
  platform.ReleaseHeld(1);
  platform.AwaitHeld(1);
  EXPECT_EQ(engine().Cancel(file_.fd(), &first), AIO_NOTCANCELED);
  EXPECT_EQ(engine().Cancel(file_.fd(), &second), AIO_NOTCANCELED);
  Release();
  ExpectOutcomes({Success(4), Success(4)});
}

// D5: by one completion of both.
TEST_F(RunsTest, WhoWaitsForSeveralOfARunIsWokenOnce) {
  options.spin.value = 0;
  OccupyTheWorker();
  const aiocb* const list[] = {&Read(0), &Read(4), &Read(8)};
  std::thread waiter([&] { EXPECT_EQ(engine().Suspend(list, 3, nullptr), 0); });
  platform.AwaitSuspended(1);
  platform.ReleaseAll();
  waiter.join();
  EXPECT_LE(platform.suspended_wakes(), 1);
  EXPECT_EQ(OffsetsOf(Release()), Offsets{0});
}

TEST_F(RunsTest, NothingIsJoinedWhenThatIsOff) {
  options.merge_bytes.value = 0;
  OccupyTheWorker();
  for (off_t i = 0; i < 3; ++i) Read(4 * i);
  const auto calls = Release();
  EXPECT_EQ(OffsetsOf(calls), (Offsets{0, 4, 8}));
  for (const TransferCall& call : calls) EXPECT_EQ(call.kind, Kind::kReadAt);
}

}  // namespace
}  // namespace aioemul::testing
