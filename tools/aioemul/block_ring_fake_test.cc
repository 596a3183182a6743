// The ring and its transfers over a fake of the interface, which refuses,
// shortens, delays and fails requests at will.  The target compiles the ring
// with the interface's names replaced by those of the fake.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "aio/aio.h"
#include "gtest/gtest.h"
#include "tools/aioemul/block_copier.h"
#include "tools/aioemul/block_cursor.h"
#include "tools/aioemul/block_ring.h"
#include "tools/aioemul/file.h"
#include "tools/aioemul/testing/scratch_directory.h"

namespace aioemul::tools {
namespace {

// Requests complete in the calls that wait, the newest first, so that blocks
// end out of order.  Control blocks and buffers are written to only then: with
// AddressSanitizer a ring that lets go of them early is caught.
class FakeAio {
 public:
  // How it behaves; reset for each test.
  size_t limit = 1000;        // Outstanding requests; beyond it EAGAIN.
  size_t longest = SIZE_MAX;  // Bytes moved at a time.
  int failing_request = -1;   // Counted from 0,
  int failure = EIO;          // completes with this error.
  bool cancellable = true;    // Whether cancelling works.
  bool interrupted = false;   // Every other wait ends with EINTR.

  // What happened.
  int submitted = 0;
  int refused = 0;
  int cancelled = 0;
  size_t most_outstanding = 0;

  size_t outstanding() const { return queue_.size(); }

  int Submit(struct aiocb* block, bool write) {
    EXPECT_EQ(results_.count(block), 0u) << "submitted while in use";
    if (queue_.size() >= limit) {
      ++refused;
      errno = EAGAIN;
      return -1;
    }
    queue_.push_back({block, write, submitted++});
    results_[block] = {EINPROGRESS, -1};
    most_outstanding = std::max(most_outstanding, queue_.size());
    return 0;
  }

  int Error(const struct aiocb* block) {
    const auto found = results_.find(block);
    return found == results_.end() ? EINVAL : found->second.error;
  }

  ssize_t Return(const struct aiocb* block) {
    const Result result = results_.at(block);
    EXPECT_NE(result.error, EINPROGRESS);
    results_.erase(block);
    return result.count;
  }

  int Suspend(const struct aiocb* const list[], int count) {
    EXPECT_GT(count, 0);
    for (int i = 0; i < count; ++i) {
      if (Error(list[i]) != EINPROGRESS) return 0;
    }
    if (interrupted && ++waits_ % 2 == 1) {
      errno = EINTR;
      return -1;
    }
    CompleteNewest();
    return 0;
  }

  int Cancel(struct aiocb* block) {
    if (Error(block) != EINPROGRESS) return AIO_ALLDONE;
    if (!cancellable) return AIO_NOTCANCELED;
    ++cancelled;
    queue_.erase(std::find_if(
        queue_.begin(), queue_.end(),
        [block](const Request& request) { return request.block == block; }));
    results_[block] = {ECANCELED, -1};
    return AIO_CANCELED;
  }

 private:
  struct Request {
    struct aiocb* block;
    bool write;
    int number;
  };
  struct Result {
    int error;
    ssize_t count;
  };

  void CompleteNewest() {
    const Request request = queue_.back();
    queue_.pop_back();
    struct aiocb& block = *request.block;
    if (request.number == failing_request) {
      results_[&block] = {failure, -1};
      return;
    }
    void* const buffer = const_cast<void*>(block.aio_buf);
    const size_t length = std::min(block.aio_nbytes, longest);
    const ssize_t count =
        request.write
            ? pwrite(block.aio_fildes, buffer, length, block.aio_offset)
            : pread(block.aio_fildes, buffer, length, block.aio_offset);
    results_[&block] = {count < 0 ? errno : 0, count};
  }

  std::vector<Request> queue_;
  std::map<const struct aiocb*, Result> results_;
  int waits_ = 0;
};

FakeAio* fake = nullptr;

class BlockRingTest : public testing::Test {
 protected:
  BlockRingTest() {
    fake = &aio_;
    scratch_.Write("source", content_);
  }
  ~BlockRingTest() override {
    EXPECT_EQ(aio_.outstanding(), 0u) << "requests left outstanding";
  }

  absl::Status Copy(int slots, size_t block_size) {
    const File source(open((scratch_ / "source").c_str(), O_RDONLY), "source");
    const File copy(
        open((scratch_ / "copy").c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600),
        "copy");
    BlockCursor cursor(source.fd(), size(), block_size, 1,
                       BlockCursor::Holes::kInclude);
    BlockCopier copier(source, copy);
    return RunBlocks({slots, block_size, 4096}, cursor, copier,
                     [this](const BlockProgress& progress) {
                       EXPECT_GE(progress.moved, last_progress_);
                       last_progress_ = progress.moved;
                       return observed_;
                     });
  }

  off_t size() const { return static_cast<off_t>(content_.size()); }
  void ExpectWholeCopy() {
    EXPECT_EQ(scratch_.Read("copy"), content_);
    EXPECT_EQ(last_progress_, content_.size());
  }

  FakeAio aio_;
  ScratchDirectory scratch_;
  const std::string content_ = RandomContent(100'001);
  absl::Status observed_;
  uint64_t last_progress_ = 0;
};

TEST_F(BlockRingTest, KeepsAsManyInTransferAsItHasSlots) {
  EXPECT_EQ(Copy(7, 1000), absl::OkStatus());
  ExpectWholeCopy();
  EXPECT_EQ(aio_.most_outstanding, 7u);
  EXPECT_EQ(aio_.submitted, 2 * 101);
}

TEST_F(BlockRingTest, ShortCountsAreCarriedOn) {
  aio_.longest = 333;
  EXPECT_EQ(Copy(4, 1000), absl::OkStatus());
  ExpectWholeCopy();
  EXPECT_EQ(aio_.submitted, 2 * (100 * 4 + 1));
}

TEST_F(BlockRingTest, RefusedRequestsAreTriedAgain) {
  aio_.limit = 2;
  EXPECT_EQ(Copy(8, 1000), absl::OkStatus());
  ExpectWholeCopy();
  EXPECT_EQ(aio_.most_outstanding, 2u);
  EXPECT_GT(aio_.refused, 0);
}

TEST_F(BlockRingTest, RefusalWithoutHopeIsAnError) {
  aio_.limit = 0;
  EXPECT_TRUE(absl::IsResourceExhausted(Copy(8, 1000)));
}

TEST_F(BlockRingTest, InterruptedWaitsAreRepeated) {
  aio_.interrupted = true;
  EXPECT_EQ(Copy(3, 1000), absl::OkStatus());
  ExpectWholeCopy();
}

TEST_F(BlockRingTest, AnErrorCancelsTheOthers) {
  aio_.failing_request = 20;
  aio_.failure = ENOSPC;
  const absl::Status status = Copy(8, 1000);
  EXPECT_EQ(status.message().substr(status.message().size() - 23),
            "No space left on device");
  EXPECT_EQ(aio_.cancelled, 7);
}

TEST_F(BlockRingTest, AnErrorAwaitsWhatCannotBeCancelled) {
  aio_.failing_request = 20;
  aio_.cancellable = false;
  aio_.interrupted = true;
  EXPECT_FALSE(Copy(8, 1000).ok());
  EXPECT_EQ(aio_.cancelled, 0);
}

TEST_F(BlockRingTest, TheObserverCanEndIt) {
  observed_ = absl::CancelledError("enough");
  EXPECT_EQ(Copy(8, 1000), observed_);
  EXPECT_GT(aio_.cancelled, 0);
}

TEST_F(BlockRingTest, AnEndedSourceIsAnError) {
  scratch_.Write("source", content_.substr(0, 50'500));
  const absl::Status status = Copy(3, 1000);
  EXPECT_EQ(status.message(), "'source' shrank while it was copied");
}

}  // namespace
}  // namespace aioemul::tools

using aioemul::tools::fake;

extern "C" {

int aioemul_read(struct aiocb* block) { return fake->Submit(block, false); }
int aioemul_write(struct aiocb* block) { return fake->Submit(block, true); }
int aioemul_error(const struct aiocb* block) { return fake->Error(block); }
ssize_t aioemul_return(struct aiocb* block) { return fake->Return(block); }
int aioemul_suspend(const struct aiocb* const list[], int count,
                    const struct timespec*) {
  return fake->Suspend(list, count);
}
int aioemul_cancel(int, struct aiocb* block) { return fake->Cancel(block); }

}  // extern "C"
