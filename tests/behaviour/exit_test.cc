// Ending the process with requests outstanding (contract H3).
//
// Every test is a program of its own, that ends as it should or is killed by
// the time limit of the test.

#include <aio.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <thread>

#include "aio/aio.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

using ::testing::ExitedWithCode;
using ::testing::KilledBySignal;

// What is outstanding when the process ends; it ends with nothing destroyed.
struct Outstanding {
  const TempFile file{"hello world"};
  const Channel pipe = Channel::Pipe();
  std::string buffer = std::string(16, '.');
  std::array<aiocb, 2> waiting = {};  // for what never comes
  std::array<aiocb, 100> running = {};
};

Outstanding& SubmitMany() {
  static Outstanding& many = *new Outstanding;
  many.waiting.fill(ReadBlock(many.pipe.first(), many.buffer));
  for (aiocb& block : many.waiting) {
    if (aioemul_read(&block) != 0) abort();
  }
  many.running.fill(WriteBlock(many.file.fd(), "hello"));
  for (aiocb& block : many.running) {
    block.aio_sigevent = ThreadEvent([](sigval) { pause(); }, nullptr);
    if (aioemul_write(&block) != 0) abort();
  }
  return many;
}

class ExitDeathTest : public ::testing::Test {
 protected:
  // A process of its own from the start, in which no thread runs yet.
  ExitDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(ExitDeathTest, ByExit) {
  EXPECT_EXIT(
      {
        SubmitMany();
        exit(11);
      },
      ExitedWithCode(11), "");
}

TEST_F(ExitDeathTest, ByExitWithoutHandlers) {
  EXPECT_EXIT(
      {
        SubmitMany();
        _exit(12);
      },
      ExitedWithCode(12), "");
}

TEST_F(ExitDeathTest, ByQuickExit) {
  EXPECT_EXIT(
      {
        SubmitMany();
        quick_exit(13);
      },
      ExitedWithCode(13), "");
}

TEST_F(ExitDeathTest, ByAnotherProgram) {
  EXPECT_EXIT(
      {
        SubmitMany();
        execl("/bin/sh", "sh", "-c", "exit 14", nullptr);
      },
      ExitedWithCode(14), "");
}

TEST_F(ExitDeathTest, BySignal) {
  EXPECT_EXIT(
      {
        SubmitMany();
        raise(SIGKILL);
      },
      KilledBySignal(SIGKILL), "");
}

TEST_F(ExitDeathTest, OnAnotherThread) {
  EXPECT_EXIT(
      {
        SubmitMany();
        std::thread([] { exit(15); }).join();
      },
      ExitedWithCode(15), "");
}

TEST_F(ExitDeathTest, WithAThreadInSuspend) {
  EXPECT_EXIT(
      {
        Outstanding& many = SubmitMany();
        std::thread([&] {
          const aiocb* const list[] = {&many.waiting[0]};
          aioemul_suspend(list, 1, nullptr);
        }).detach();
        exit(16);
      },
      ExitedWithCode(16), "");
}

// The library is whole until the process is gone.
TEST_F(ExitDeathTest, ItsHandlersMayUseTheLibrary) {
  EXPECT_EXIT(
      {
        static std::string buffer(5, '.');
        static const TempFile& file = *new TempFile("hello world");
        atexit([] {
          static aiocb block = ReadBlock(file.fd(), buffer);
          aiocb* const list[] = {&block};
          const bool ok = aioemul_listio(LIO_WAIT, list, 1, nullptr) == 0 &&
                          aioemul_return(&block) == 5 && buffer == "hello";
          _exit(ok ? 17 : 1);
        });
        SubmitMany();
        exit(0);
      },
      ExitedWithCode(17), "");
}

}  // namespace
}  // namespace aioemul::testing
