// A process that can have no memory more (RLIMIT_AS): contract A6.

#include <aio.h>
#include <malloc.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include "aio/aio.h"
#include "tests/process/lowered_limit.h"
#include "tests/process/own_process.h"
#include "tests/process/uses.h"
#include "tests/streams/descriptors.h"

namespace aioemul::testing {
namespace {

// Takes all the memory there is, and gives it back at the end.
class NoMemory {
 public:
  NoMemory() : limit_(RLIMIT_AS, 1) {
    // What malloc has left, down to its smallest pieces.
    for (size_t size = size_t{1} << 20; size >= 16; size /= 2) {
      while (void* piece = malloc(size)) {
        *static_cast<void**>(piece) = pieces_;
        pieces_ = piece;
      }
    }
  }
  ~NoMemory() {
    while (pieces_ != nullptr) {
      void* next = *static_cast<void**>(pieces_);
      free(pieces_);
      pieces_ = next;
    }
  }
  NoMemory(const NoMemory&) = delete;
  NoMemory& operator=(const NoMemory&) = delete;

 private:
  const LoweredLimit limit_;
  void* pieces_ = nullptr;
};

using MemoryLimitDeathTest = OwnProcessDeathTest;

TEST_F(MemoryLimitDeathTest, FirstRequestIsRefusedAndCanBeHadLater) {
  InOwnProcess([] {
    const Descriptor file = MakeFile("words");
    std::string buffer(5, ' ');
    aiocb read = ReadBlock(file.number(), buffer);
    int result = 0;
    int error = 0;
    {
      const NoMemory none;
      result = aioemul_read(&read);
      error = errno;
    }
    EXPECT_EQ(result, -1);
    EXPECT_EQ(error, EAGAIN);
    EXPECT_EQ(aioemul_error(&read), EAGAIN);
    Read(read);
    EXPECT_EQ(AwaitSuccess(read), 5);
  });
}

// Submits reads of a pipe that has no text until one is refused; how many were
// accepted, and are to be cancelled.
size_t SubmitUntilRefused(int fd, std::vector<aiocb>& reads,
                          std::string& buffer) {
  const NoMemory none;
  for (size_t i = 0; i < reads.size(); ++i) {
    reads[i] = ReadBlock(fd, buffer);
    if (aioemul_read(&reads[i]) == 0) continue;
    // Nothing that needs memory before it has been given back.
    if (errno != EAGAIN || aioemul_error(&reads[i]) != EAGAIN) abort();
    return i;
  }
  abort();
}

void CancelAll(int fd, std::vector<aiocb>& reads, size_t count) {
  EXPECT_EQ(aioemul_cancel(fd, nullptr), AIO_CANCELED);
  for (size_t i = 0; i < count; ++i) {
    int error = 0;
    Await(reads[i], &error);
    EXPECT_EQ(error, ECANCELED);
  }
}

// Later requests are refused when the table of requests cannot grow; those
// accepted are all there.  A second time as many are accepted at least, and
// nothing more is needed: nothing was lost.
TEST_F(MemoryLimitDeathTest, LaterRequestsAreRefusedAndNothingIsLost) {
  InOwnProcess([] {
    const Channel pipe = MakePipe();
    const int fd = pipe.reader.number();
    std::string buffer(1, ' ');
    std::vector<aiocb> reads(100'000);
    LimitToOneWorker();
    aiocb first = ReadBlock(fd, buffer);
    ReadAndWait(first);
    const size_t accepted = SubmitUntilRefused(fd, reads, buffer);
    EXPECT_LT(accepted, reads.size());
    CancelAll(fd, reads, accepted);
    size_t most = accepted;
    size_t in_use = mallinfo2().uordblks;
    constexpr size_t kRounds = 10;
    for (size_t i = 0; i < kRounds; ++i) {
      const size_t again = SubmitUntilRefused(fd, reads, buffer);
      EXPECT_GE(again, accepted);
      CancelAll(fd, reads, again);
      // There was room for more: its memory is kept, and not lost.
      if (again > most) {
        most = again;
        in_use = mallinfo2().uordblks;
      }
    }
    // Less than the smallest piece for each round: malloc counts what a thread
    // has freed and keeps at hand, so that a piece may come and go.
    EXPECT_LT(mallinfo2().uordblks, in_use + kRounds * 32);
    // And with memory all can be had.
    for (aiocb& read : reads) {
      read = ReadBlock(fd, buffer);
      Read(read);
    }
    CancelAll(fd, reads, reads.size());
  });
}

}  // namespace
}  // namespace aioemul::testing
