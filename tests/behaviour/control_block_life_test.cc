// What the library may do with a control block, and until when (contract A9).

#include <aio.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

// A control block whose memory can be made inaccessible: any later touch of
// it ends the process.  It is overwritten first, so that the thread sanitizer
// sees also the touch that is only just not too late.
class PageBlock {
 public:
  PageBlock()
      : block_(static_cast<aiocb*>(mmap(nullptr, sizeof(aiocb),
                                        PROT_READ | PROT_WRITE,
                                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {}
  ~PageBlock() { munmap(block_, sizeof(aiocb)); }
  PageBlock(const PageBlock&) = delete;
  PageBlock& operator=(const PageBlock&) = delete;

  aiocb& get() { return *block_; }
  void Forbid() {
    memset(block_, 0xff, sizeof(aiocb));
    mprotect(block_, sizeof(aiocb), PROT_NONE);
  }
  void Permit() { mprotect(block_, sizeof(aiocb), PROT_READ | PROT_WRITE); }

 private:
  aiocb* const block_;
};

class ControlBlockLifeTest : public EngineTest {
 protected:
  static constexpr int kRounds = 500;

  void AwaitDone(const aiocb& block) {
    AwaitThat([&] { return ErrorOf(block) != EINPROGRESS; });
  }

  const TempFile file_{"hello world"};
  std::string buffer_ = "12345";
  PageBlock page_;
};

TEST_F(ControlBlockLifeTest, MayEndWithCompletion) {
  for (int i = 0; i < kRounds; ++i) {
    page_.get() = ReadBlock(file_.fd(), buffer_);
    ASSERT_EQ(engine().Read(&page_.get()), 0);
    AwaitDone(page_.get());
    EXPECT_EQ(Take(page_.get()), Success(5));
    page_.Forbid();
    // This round's worker has left the request behind when the next is served.
    aiocb next = SyncBlock(file_.fd());
    ASSERT_EQ(engine().Sync(O_SYNC, &next), 0);
    EXPECT_EQ(Await(next), Success(0));
    page_.Permit();
  }
}

TEST_F(ControlBlockLifeTest, MayEndBeforeTheNotification) {
  platform.CaptureSignals(/*limit=*/0);
  for (int i = 0; i < 10; ++i) {
    page_.get() = ReadBlock(file_.fd(), buffer_);
    page_.get().aio_sigevent = SignalEvent(SIGUSR1, i);
    ASSERT_EQ(engine().Read(&page_.get()), 0);
    AwaitDone(page_.get());
    page_.Forbid();
    platform.CaptureSignals(/*limit=*/1);
    EXPECT_EQ(platform.AwaitSignals(1)[0].value.sival_int, i);
    platform.CaptureSignals(/*limit=*/0);
    page_.Permit();
  }
}

TEST_F(ControlBlockLifeTest, MayEndBeforeTheListIsDone) {
  options.threads.value = 1;
  platform.CaptureSignals(/*limit=*/1);
  for (int i = 0; i < kRounds; ++i) {
    platform.HoldTransfers();
    page_.get() = ReadBlock(file_.fd(), buffer_);
    aiocb last = ReadBlock(file_.fd(), buffer_);
    aiocb* const list[] = {&page_.get(), &last};
    const sigevent event = SignalEvent(SIGUSR1);
    ASSERT_EQ(engine().List(LIO_NOWAIT, list, 2, &event), 0);
    platform.AwaitHeld(1);
    platform.ReleaseHeld(1);
    AwaitDone(page_.get());
    page_.Forbid();
    platform.ReleaseAll();
    EXPECT_EQ(platform.AwaitSignals(1).size(), 1U);
    EXPECT_EQ(Await(last), Success(5));
    page_.Permit();
  }
}

TEST_F(ControlBlockLifeTest, MayEndWithCancellation) {
  options.threads.value = 1;
  platform.CaptureSignals(/*limit=*/1);
  for (int i = 0; i < kRounds; ++i) {
    platform.HoldTransfers();
    aiocb running = ReadBlock(file_.fd(), buffer_);
    ASSERT_EQ(engine().Read(&running), 0);
    platform.AwaitHeld(1);
    page_.get() = ReadBlock(file_.fd(), buffer_);
    page_.get().aio_sigevent = SignalEvent(SIGUSR1);
    ASSERT_EQ(engine().Read(&page_.get()), 0);
    ASSERT_EQ(engine().Cancel(file_.fd(), &page_.get()), AIO_CANCELED);
    page_.Forbid();
    platform.ReleaseAll();
    EXPECT_EQ(platform.AwaitSignals(1).size(), 1U);
    EXPECT_EQ(Await(running), Success(5));
    page_.Permit();
  }
}

// A9: it is read once, at submission.
TEST_F(ControlBlockLifeTest, ItsMembersMayChangeOnceItIsSubmitted) {
  platform.HoldTransfers();
  platform.CaptureSignals(/*limit=*/2);
  aiocb block = ReadBlock(file_.fd(), buffer_, 6);
  block.aio_sigevent = SignalEvent(SIGUSR1, 7);
  ASSERT_EQ(engine().Read(&block), 0);
  block.aio_offset = 0;
  block.aio_nbytes = 1;
  block.aio_buf = nullptr;
  block.aio_fildes = -1;
  block.aio_sigevent = SignalEvent(SIGUSR2, 8);
  platform.ReleaseAll();

  EXPECT_EQ(Await(block), Success(5));
  EXPECT_EQ(buffer_, "world");
  const SentSignal sent = platform.AwaitSignals(1)[0];
  EXPECT_EQ(sent.signal, SIGUSR1);
  EXPECT_EQ(sent.value.sival_int, 7);
}

// A9: the list and its event may go as soon as the call returns.
TEST_F(ControlBlockLifeTest, AListMayEndWithTheCall) {
  platform.HoldTransfers();
  platform.CaptureSignals(/*limit=*/1);
  aiocb block = ReadBlock(file_.fd(), buffer_);
  {
    aiocb* list[] = {&block};
    sigevent event = SignalEvent(SIGUSR1, 7);
    ASSERT_EQ(engine().List(LIO_NOWAIT, list, 1, &event), 0);
    list[0] = nullptr;
    event = SignalEvent(SIGUSR2, 8);
  }
  platform.ReleaseAll();
  const SentSignal sent = platform.AwaitSignals(1)[0];
  EXPECT_EQ(sent.signal, SIGUSR1);
  EXPECT_EQ(sent.value.sival_int, 7);
  EXPECT_EQ(Take(block), Success(5));
}

}  // namespace
}  // namespace aioemul::testing
