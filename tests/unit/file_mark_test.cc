// Marks of open files: on every kind of file that the library opens for itself,
// and on no file of the program's (contract K1).  Compiled once for each
// implementation file; the portable one knows only pipes.

#include "emul/platform/file_mark.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "gtest/gtest.h"
#include "tests/unit/descriptor.h"

namespace aioemul {
namespace {

constexpr bool kPortable = AIOEMUL_TEST_PORTABLE != 0;

// Of two files of one kind only the first is marked.
void ExpectTold(int own, int stranger) {
  const Descriptor marked(own);
  const Descriptor other(stranger);
  const Descriptor duplicate(fcntl(own, F_DUPFD, 0));
  const file_mark::Mark mark = file_mark::Set(own);
  EXPECT_TRUE(file_mark::Has(own, mark));
  EXPECT_TRUE(file_mark::Has(duplicate.get(), mark));
  EXPECT_FALSE(file_mark::Has(stranger, mark));
  errno = 0;
  EXPECT_FALSE(file_mark::Has(-1, mark));
  EXPECT_EQ(errno, 0);
  EXPECT_EQ(fcntl(own, F_GETFL) & O_ASYNC, 0);
}

TEST(FileMarkTest, OfPipes) {
  std::array<int, 2> own;
  std::array<int, 2> other;
  ASSERT_EQ(pipe(own.data()), 0);
  ASSERT_EQ(pipe(other.data()), 0);
  ExpectTold(own[0], other[0]);
  ExpectTold(own[1], other[1]);
}

TEST(FileMarkTest, OfWhatHasNoInodeOfItsOwn) {
  if (kPortable) GTEST_SKIP() << "not opened where this is used";
  ExpectTold(epoll_create1(0), epoll_create1(0));
  ExpectTold(eventfd(0, 0), eventfd(0, 0));
}

}  // namespace
}  // namespace aioemul
