// Thousands of reads that wait: memory, and no threads (contract I1, E3, J3).

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "tests/streams/descriptors.h"
#include "tests/streams/stream_fixture.h"

namespace aioemul::testing {
namespace {

// As many pipes as there may be, up to 10,000.
size_t RaiseLimit() {
  constexpr rlim_t kOthers = 64;
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return std::min<rlim_t>(10'000, (limit.rlim_cur - kOthers) / 2);
}

class IdleReadsTest : public StreamTest {
 protected:
  static constexpr size_t kFewest = 400;

  IdleReadsTest() {
    options.threads.value = kThreads;
    options.idle_time.value = 0;
    for (size_t i = 0; i < bytes_.size(); ++i) {
      pipes_.push_back(MakePipe());
      reads_[i] = {};
      reads_[i].aio_fildes = pipes_[i].reader.number();
      reads_[i].aio_buf = &bytes_[i];
      reads_[i].aio_nbytes = 1;
      reads_[i].aio_sigevent.sigev_notify = SIGEV_NONE;
    }
    printf("%zu pipes, seed %u\n", bytes_.size(), seed_);
  }

  // Each waits when this returns.
  void SubmitAll() {
    ASSERT_GE(reads_.size(), kFewest);
    for (aiocb& read : reads_) Read(read);
    arms.Await(static_cast<int>(reads_.size()));
  }

  static constexpr int kThreads = 4;
  const unsigned seed_ = std::random_device()();
  std::minstd_rand random_{seed_};
  std::vector<char> bytes_ = std::vector<char>(RaiseLimit());
  std::vector<Channel> pipes_;
  std::vector<aiocb> reads_ = std::vector<aiocb>(bytes_.size());
};

TEST_F(IdleReadsTest, CostNoMoreThreadsThanThePoolAndThePoller) {
  const int before = EntriesOf("/proc/self/task");
  SubmitAll();
  EXPECT_LE(engine().thread_count(), kThreads);
  // A worker that has left the pool is still there for a moment.
  while (EntriesOf("/proc/self/task") > before + kThreads + 1) sched_yield();
  EXPECT_EQ(engine().Cancel(reads_[0].aio_fildes, &reads_[0]), AIO_CANCELED);
  for (aiocb& read : reads_) engine().Cancel(read.aio_fildes, &read);
}

TEST_F(IdleReadsTest, CostLessThanAKibibyteEach) {
  engine();
  const size_t before = platform.allocated_bytes();
  SubmitAll();
  const size_t used = platform.allocated_bytes() - before;
  printf("%zu bytes for each\n", used / reads_.size());
  EXPECT_LT(used, 1024 * reads_.size());
  for (aiocb& read : reads_) engine().Cancel(read.aio_fildes, &read);
}

TEST_F(IdleReadsTest, EachGetsItsOwnByteInAnyOrder) {
  SubmitAll();
  std::vector<size_t> order(reads_.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), random_);
  for (const size_t i : order) {
    const char byte = static_cast<char>(i % 251);
    Send(pipes_[i].writer.number(), std::string_view(&byte, 1));
  }
  for (size_t i = 0; i < reads_.size(); ++i) {
    ASSERT_EQ(Await(reads_[i]), Success(1)) << i;
    ASSERT_EQ(bytes_[i], static_cast<char>(i % 251)) << i;
  }
}

TEST_F(IdleReadsTest, AreAllCancelledAndLeaveNoDescriptor) {
  const int before = EntriesOf("/proc/self/fd");
  SubmitAll();
  EXPECT_GT(EntriesOf("/proc/self/fd"), before);
  for (aiocb& read : reads_) {
    ASSERT_EQ(engine().Cancel(read.aio_fildes, &read), AIO_CANCELED);
    ASSERT_EQ(Take(read), Failure(ECANCELED));
  }
  // The poller goes by itself, since nobody waits; then it has left nothing.
  while (EntriesOf("/proc/self/fd") > before) sched_yield();
  EXPECT_EQ(EntriesOf("/proc/self/fd"), before);
  CloseEngine();
  EXPECT_EQ(EntriesOf("/proc/self/fd"), before);
  for (const Channel& pipe : pipes_) {
    ASSERT_EQ(write(pipe.writer.number(), "x", 1), 1);
    ASSERT_EQ(Receive(pipe.reader.number(), 1), "x");
  }
}

TEST_F(IdleReadsTest, LetOneWorkerReadFiles) {
  options.threads.value = 1;
  SubmitAll();
  const Descriptor zero(open("/dev/zero", O_RDONLY));
  for (int i = 0; i < 1000; ++i) {
    std::string buffer(512, 'x');
    aiocb read = ReadBlock(zero.number(), buffer);
    Read(read);
    ASSERT_EQ(Await(read), Success(512));
  }
  // None while it asks whether it may leave.
  EXPECT_LE(engine().thread_count(), 1);
  for (aiocb& read : reads_) {
    ASSERT_EQ(engine().Cancel(read.aio_fildes, &read), AIO_CANCELED);
  }
}

}  // namespace
}  // namespace aioemul::testing
