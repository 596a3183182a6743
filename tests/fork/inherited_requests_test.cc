// What a child sees of the requests that were outstanding at the fork, and
// that its own work at once (contract H1, C2).

#include <aio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "aio/aio.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/fork/calls.h"
#include "tests/fork/child.h"

namespace aioemul::testing {
namespace {

// A read of a pipe that is outstanding until the test writes to it.
class InheritedRequestsTest : public ::testing::Test {
 protected:
  InheritedRequestsTest() : block_(BlockFor(pipe_.first(), buffer_)) {
    EXPECT_EQ(aioemul_read(&block_), 0);
  }
  ~InheritedRequestsTest() override {
    // The parent noticed nothing.
    EXPECT_EQ(aioemul_error(&block_), EINPROGRESS);
    EXPECT_EQ(write(pipe_.second(), "x", 1), 1);
    EXPECT_EQ(Await(block_), 0);
    EXPECT_EQ(aioemul_return(&block_), 1);
    EXPECT_EQ(buffer_, "x...");
  }

  const TempFile file_;
  const Channel pipe_ = Channel::Pipe();
  std::string buffer_ = "....";
  aiocb block_;
};

TEST_F(InheritedRequestsTest, ReadCanceledAndTheirResultIsTakenOnce) {
  EXPECT_EQ(InChild([this] {
              CHILD_CHECK(aioemul_error(&block_) == ECANCELED);
              errno = 0;
              CHILD_CHECK(aioemul_return(&block_) == -1);
              CHILD_CHECK(errno == ECANCELED);
              CHILD_CHECK(aioemul_error(&block_) == ECANCELED);
              CHILD_CHECK(aioemul_return(&block_) == -1 && errno == EINVAL);
            }),
            "ok");
}

TEST_F(InheritedRequestsTest, ReadCanceledAlsoOnceTheChildHasItsOwn) {
  EXPECT_EQ(InChild([this] {
              CHILD_CHECK(WritesAndReads(file_.fd(), "child"));
              CHILD_CHECK(aioemul_error(&block_) == ECANCELED);
            }),
            "ok");
}

TEST_F(InheritedRequestsTest, EndAWaitAndCannotBeCancelled) {
  EXPECT_EQ(
      InChild([this] {
        const aiocb* const list[] = {&block_};
        CHILD_CHECK(aioemul_suspend(list, 1, nullptr) == 0);
        CHILD_CHECK(aioemul_cancel(pipe_.first(), &block_) == AIO_ALLDONE);
        CHILD_CHECK(aioemul_cancel(pipe_.first(), nullptr) == AIO_ALLDONE);
        CHILD_CHECK(aioemul_error(&block_) == ECANCELED);
      }),
      "ok");
}

TEST_F(InheritedRequestsTest, LeaveTheirBlocksFreeForTheChild) {
  EXPECT_EQ(InChild([this] {
              block_.aio_fildes = file_.fd();
              CHILD_CHECK(aioemul_write(&block_) == 0);
              CHILD_CHECK(Await(block_) == 0);
              CHILD_CHECK(aioemul_return(&block_) == 4);
            }),
            "ok");
  EXPECT_EQ(file_.Content(), "....");
}

TEST_F(InheritedRequestsTest, HoldNoLaneOfTheChild) {
  const Channel own = Channel::Pipe();
  EXPECT_EQ(InChild([&own] {
              std::string text = "own";
              aiocb read = BlockFor(own.first(), text);
              CHILD_CHECK(aioemul_read(&read) == 0);
              CHILD_CHECK(write(own.second(), "new", 3) == 3);
              CHILD_CHECK(Await(read) == 0);
              CHILD_CHECK(text == "new");
            }),
            "ok");
}

TEST_F(InheritedRequestsTest, ReadCanceledInEveryLaterGeneration) {
  const auto generation = [this](const auto& next) {
    CHILD_CHECK(aioemul_error(&block_) == ECANCELED);
    std::string text = "....";
    const Channel pipe = Channel::Pipe();
    aiocb own = BlockFor(pipe.first(), text);
    CHILD_CHECK(aioemul_read(&own) == 0);
    CHILD_CHECK(aioemul_error(&own) == EINPROGRESS);
    next(own);
    CHILD_CHECK(write(pipe.second(), "y", 1) == 1);
    CHILD_CHECK(Await(own) == 0);
  };
  EXPECT_EQ(InChild([&] {
              generation([&](const aiocb& of_child) {
                const std::string verdict = InChild([&] {
                  CHILD_CHECK(aioemul_error(&of_child) == ECANCELED);
                  generation([](const aiocb& /*of_grandchild*/) {});
                });
                CHILD_CHECK(verdict == "ok");
              });
            }),
            "ok");
}

TEST_F(InheritedRequestsTest, AreNotTouchedInSharedMemory) {
  void* memory = mmap(nullptr, sizeof(aiocb), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  auto* shared = static_cast<aiocb*>(memory);
  const Channel pipe = Channel::Pipe();
  std::string text = "....";
  *shared = BlockFor(pipe.first(), text);
  ASSERT_EQ(aioemul_read(shared), 0);
  EXPECT_EQ(InChild([&] {
              CHILD_CHECK(aioemul_error(shared) == ECANCELED);
              CHILD_CHECK(WritesAndReads(file_.fd(), "child"));
            }),
            "ok");
  EXPECT_EQ(aioemul_error(shared), EINPROGRESS);
  EXPECT_EQ(write(pipe.second(), "z", 1), 1);
  EXPECT_EQ(Await(*shared), 0);
  EXPECT_EQ(aioemul_return(shared), 1);
  EXPECT_EQ(munmap(memory, sizeof(aiocb)), 0);
}

}  // namespace
}  // namespace aioemul::testing
