#include "tests/handlers/entry_points.h"

#include <aio.h>
#include <fcntl.h>

#include <array>
#include <cerrno>

#include "aio/aio.h"
#include "gtest/gtest.h"

namespace aioemul::testing {
namespace {

// A request, and the memory for it.
struct Item {
  explicit Item(int fd) {
    block.aio_fildes = fd;
    block.aio_buf = buffer.data();
    block.aio_nbytes = buffer.size();
    block.aio_sigevent.sigev_notify = SIGEV_NONE;
  }

  std::array<char, 5> buffer = {'h', 'e', 'l', 'l', 'o'};
  aiocb block = {};
};

constexpr ssize_t kBytes = 5;

int AwaitError(const aiocb& block) {
  const aiocb* const list[] = {&block};
  while (aioemul_error(&block) == EINPROGRESS) {
    aioemul_suspend(list, 1, nullptr);
  }
  return aioemul_error(&block);
}

void ExpectSuccess(Item& item, ssize_t result = kBytes) {
  EXPECT_EQ(AwaitError(item.block), 0);
  EXPECT_EQ(aioemul_return(&item.block), result);
}

void ExpectCancelled(Item& item) {
  EXPECT_EQ(aioemul_error(&item.block), ECANCELED);
  EXPECT_EQ(aioemul_return(&item.block), -1);
  EXPECT_EQ(errno, ECANCELED);
}

void Read(Scene& scene) {
  Item item(scene.file);
  EXPECT_EQ(scene.storm.Through([&] { return aioemul_read(&item.block); }), 0);
  ExpectSuccess(item);
}

void Write(Scene& scene) {
  Item item(scene.file);
  EXPECT_EQ(scene.storm.Through([&] { return aioemul_write(&item.block); }), 0);
  ExpectSuccess(item);
}

void Sync(Scene& scene) {
  Item item(scene.file);
  EXPECT_EQ(
      scene.storm.Through([&] { return aioemul_fsync(O_DSYNC, &item.block); }),
      0);
  ExpectSuccess(item, 0);
}

// It takes the poller too; and one that waits is always cancelled.
void ReadAndCancelOnAStream(Scene& scene) {
  Item item(scene.empty);
  EXPECT_EQ(scene.storm.Through([&] { return aioemul_read(&item.block); }), 0);
  EXPECT_EQ(scene.storm.Through(
                [&] { return aioemul_cancel(scene.empty, &item.block); }),
            AIO_CANCELED);
  ExpectCancelled(item);
}

void CancelOne(Scene& scene) {
  Item item(scene.file);
  EXPECT_EQ(aioemul_read(&item.block), 0);
  const int answer = scene.storm.Through(
      [&] { return aioemul_cancel(scene.file, &item.block); });
  if (answer == AIO_CANCELED) {
    ExpectCancelled(item);
  } else {
    EXPECT_TRUE(answer == AIO_NOTCANCELED || answer == AIO_ALLDONE) << answer;
    ExpectSuccess(item);
  }
}

void CancelAll(Scene& scene) {
  Item first(scene.file);
  Item second(scene.file);
  EXPECT_EQ(aioemul_read(&first.block), 0);
  EXPECT_EQ(aioemul_read(&second.block), 0);
  const int answer =
      scene.storm.Through([&] { return aioemul_cancel(scene.file, nullptr); });
  EXPECT_TRUE(answer == AIO_CANCELED || answer == AIO_NOTCANCELED ||
              answer == AIO_ALLDONE)
      << answer;
  for (Item* item : {&first, &second}) {
    if (AwaitError(item->block) == ECANCELED) {
      EXPECT_NE(answer, AIO_ALLDONE);
      ExpectCancelled(*item);
    } else {
      ExpectSuccess(*item);
    }
  }
}

int List(Scene& scene, int mode) {
  Item read(scene.file);
  Item write(scene.file);
  read.block.aio_lio_opcode = LIO_READ;
  write.block.aio_lio_opcode = LIO_WRITE;
  aiocb* const list[] = {&read.block, nullptr, &write.block};
  const int answer = scene.storm.Through(
      [&] { return aioemul_listio(mode, list, 3, nullptr) == 0 ? 0 : errno; });
  ExpectSuccess(read);
  ExpectSuccess(write);
  return answer;
}

void ListWait(Scene& scene) {
  const int error = List(scene, LIO_WAIT);
  EXPECT_TRUE(error == 0 || error == EINTR) << error;
}

void ListNoWait(Scene& scene) { EXPECT_EQ(List(scene, LIO_NOWAIT), 0); }

int Suspend(Scene& scene, const aiocb& block, const timespec* timeout) {
  const aiocb* const list[] = {&block};
  return scene.storm.Through(
      [&] { return aioemul_suspend(list, 1, timeout) == 0 ? 0 : errno; });
}

// The handlers wait for other requests by the same means.
void SuspendUntilComplete(Scene& scene) {
  Item item(scene.file);
  EXPECT_EQ(aioemul_read(&item.block), 0);
  const int error = Suspend(scene, item.block, nullptr);
  EXPECT_TRUE(error == 0 || error == EINTR) << error;
  ExpectSuccess(item);
}

// Only a signal can end this one.
void SuspendUntilInterrupted(Scene& scene) {
  Item item(scene.empty);
  EXPECT_EQ(aioemul_read(&item.block), 0);
  EXPECT_EQ(Suspend(scene, item.block, nullptr), EINTR);
  EXPECT_EQ(aioemul_cancel(scene.empty, &item.block), AIO_CANCELED);
  ExpectCancelled(item);
}

void SuspendForATime(Scene& scene) {
  Item item(scene.empty);
  EXPECT_EQ(aioemul_read(&item.block), 0);
  constexpr timespec kShort = {0, 1000};
  const int error = Suspend(scene, item.block, &kShort);
  EXPECT_TRUE(error == EAGAIN || error == EINTR) << error;
  EXPECT_EQ(aioemul_cancel(scene.empty, &item.block), AIO_CANCELED);
  ExpectCancelled(item);
}

// How often a short call is made for each request.
constexpr int kRepetitions = 50;

void Error(Scene& scene) {
  Item item(scene.file);
  EXPECT_EQ(aioemul_read(&item.block), 0);
  int status = EINPROGRESS;
  for (int i = 0; i < kRepetitions || status == EINPROGRESS; ++i) {
    status = scene.storm.Through([&] { return aioemul_error(&item.block); });
    EXPECT_TRUE(status == 0 || status == EINPROGRESS) << status;
  }
  ExpectSuccess(item);
}

// Once there is a result it can be taken once.
void Return(Scene& scene) {
  Item item(scene.file);
  EXPECT_EQ(aioemul_read(&item.block), 0);
  int taken = 0;
  int error = EINPROGRESS;
  for (int i = 0; i < kRepetitions || error == EINPROGRESS; ++i) {
    error = scene.storm.Through(
        [&] { return aioemul_return(&item.block) == kBytes ? 0 : errno; });
    taken += error == 0 ? 1 : 0;
    EXPECT_TRUE(error == 0 || error == (taken == 0 ? EINPROGRESS : EINVAL))
        << error;
  }
  EXPECT_EQ(taken, 1);
}

void Init(Scene& scene) {
  static int threads = 0;
  aioinit init = {};
  init.aio_threads = 1 + ++threads % 4;
  init.aio_num = threads % 1024;
  scene.storm.Through([&] {
    aioemul_init(&init);
    return 0;
  });
  // Whatever the number, requests go on.
  Item item(scene.file);
  EXPECT_EQ(aioemul_read(&item.block), 0);
  ExpectSuccess(item);
}

}  // namespace

const std::vector<EntryPoint>& EntryPoints() {
  static const auto* points = new std::vector<EntryPoint>{
      {"Read", &Read},
      {"Write", &Write},
      {"Sync", &Sync},
      {"ReadAndCancelOnAStream", &ReadAndCancelOnAStream},
      {"CancelOne", &CancelOne},
      {"CancelAll", &CancelAll},
      {"ListWait", &ListWait},
      {"ListNoWait", &ListNoWait},
      {"SuspendUntilComplete", &SuspendUntilComplete},
      {"SuspendUntilInterrupted", &SuspendUntilInterrupted},
      {"SuspendForATime", &SuspendForATime},
      {"Error", &Error},
      {"Return", &Return},
      {"Init", &Init},
  };
  return *points;
}

}  // namespace aioemul::testing
