// Transfers that never block, where preadv2 and pwritev2 are refused: another
// way is found, and what is refused for good is not asked for again
// (contract I1, I5).

#include <fcntl.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "emul/platform/streams.h"
#include "tests/process/own_process.h"
#include "tests/process/refusal.h"
#include "tests/streams/descriptors.h"

namespace aioemul::testing {
namespace {

constexpr int kTimes = 20;

// A refused call is made once, and once more to learn whether it is refused
// whatever the descriptor.
constexpr int kToFindOut = 2;

// Writes and reads `times` times over `channel`, which must be able to.
void Exchange(const Channel& channel, int times) {
  std::array<char, 8> buffer;
  for (int i = 0; i < times; ++i) {
    EXPECT_EQ(streams::TryRead(channel.reader.number(), buffer.data(), 8),
              -EAGAIN);
    EXPECT_EQ(streams::TryWrite(channel.writer.number(), "word", 4), 4);
    EXPECT_EQ(streams::TryRead(channel.reader.number(), buffer.data(), 8), 4);
    EXPECT_EQ(std::string(buffer.data(), 4), "word");
  }
}

class RefusedStreamsDeathTest : public OwnProcessDeathTest {
 protected:
  void ExpectCounts(const Refusal& refusal, int reads, int writes) {
    EXPECT_EQ(refusal.count(SYS_preadv2), reads);
    EXPECT_EQ(refusal.count(SYS_pwritev2), writes);
  }
  const std::vector<int> calls_ = {SYS_preadv2, SYS_pwritev2};
};

class RefusedCallDeathTest : public RefusedStreamsDeathTest,
                             public ::testing::WithParamInterface<int> {};

INSTANTIATE_TEST_SUITE_P(Errors, RefusedCallDeathTest,
                         ::testing::Values(EPERM, ENOSYS, EOPNOTSUPP, EACCES),
                         ::testing::PrintToStringParamName());

TEST_P(RefusedCallDeathTest, IsMadeOnceForAllKindsOfDescriptors) {
  InOwnProcess([&] {
    const Refusal& refusal = Refusal::Impose(calls_, GetParam());
    for (const auto& make : std::initializer_list<std::function<Channel()>>{
             &MakePipe, &MakeFifo, [] { return MakeSockets(); }, &MakeTcp}) {
      Exchange(make(), kTimes);
    }
    ExpectCounts(refusal, kToFindOut, kToFindOut);
  });
}

TEST_P(RefusedCallDeathTest, LeavesWhatHasNoOtherWayToReadiness) {
  InOwnProcess([&] {
    const Refusal& refusal = Refusal::Impose(calls_, GetParam());
    const Descriptor counter(eventfd(0, 0));
    uint64_t count = 1;
    for (int i = 0; i < kTimes; ++i) {
      EXPECT_EQ(streams::TryWrite(counter.number(), &count, sizeof(count)),
                -EOPNOTSUPP);
      EXPECT_EQ(streams::TryRead(counter.number(), &count, sizeof(count)),
                -EOPNOTSUPP);
    }
    ExpectCounts(refusal, kToFindOut, kToFindOut);
  });
}

TEST_P(RefusedCallDeathTest, OfOneDirectionSaysNothingOfTheOther) {
  InOwnProcess([&] {
    const Refusal& refusal =
        Refusal::Impose(calls_, [](const seccomp_data& call) {
          return call.nr == SYS_preadv2 ? GetParam() : 0;
        });
    Exchange(MakePipe(), kTimes);
    ExpectCounts(refusal, kToFindOut, kTimes);
  });
}

TEST_P(RefusedCallDeathTest, StillTellsAClosedNumber) {
  InOwnProcess([&] {
    Refusal::Impose(calls_, GetParam());
    char byte = 0;
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(streams::TryRead(-1, &byte, 1), -EBADF);
      EXPECT_EQ(streams::TryWrite(-1, &byte, 1), -EBADF);
    }
  });
}

// Kernels before 6.4 know the calls, and take the flag neither on pipes nor on
// sockets.
class OldKernelDeathTest : public RefusedStreamsDeathTest {
 protected:
  static int RefuseFlag(const seccomp_data& call) {
    return static_cast<int>(call.args[0]) < 0 ? 0 : EOPNOTSUPP;
  }
};

TEST_F(OldKernelDeathTest, IsAskedOnceForSockets) {
  InOwnProcess([&] {
    const Refusal& refusal = Refusal::Impose(calls_, &RefuseFlag);
    Exchange(MakeSockets(), kTimes);
    Exchange(MakeTcp(), kTimes);
    ExpectCounts(refusal, kToFindOut, kToFindOut);
  });
}

TEST_F(OldKernelDeathTest, IsAskedOnceForPipesAndOnceWithANewOne) {
  InOwnProcess([&] {
    const Refusal& refusal = Refusal::Impose(calls_, &RefuseFlag);
    Exchange(MakePipe(), kTimes);
    Exchange(MakeFifo(), kTimes);
    ExpectCounts(refusal, kToFindOut + 1, kToFindOut + 1);
  });
}

TEST_F(OldKernelDeathTest, IsStillAskedAboutOtherKinds) {
  InOwnProcess([&] {
    const Refusal& refusal = Refusal::Impose(calls_, &RefuseFlag);
    Exchange(MakePipe(), 1);
    Exchange(MakeSockets(), 1);
    const int before = refusal.count(SYS_preadv2);
    const Descriptor counter(eventfd(0, 0));
    uint64_t count = 0;
    EXPECT_EQ(streams::TryRead(counter.number(), &count, sizeof(count)),
              -EOPNOTSUPP);
    EXPECT_EQ(refusal.count(SYS_preadv2), before + kToFindOut);
  });
}

using OneFileDeathTest = RefusedStreamsDeathTest;

// A FIFO with a name refuses the flag, or a pipe that was spliced; others do
// not.
TEST_F(OneFileDeathTest, ThatRefusesTheFlagSaysNothingOfOthers) {
  InOwnProcess([&] {
    const Channel odd = MakePipe();
    const Channel pipe = MakePipe();
    const std::array<int, 2> ends = {odd.reader.number(), odd.writer.number()};
    const Refusal& refusal =
        Refusal::Impose(calls_, [ends](const seccomp_data& call) {
          const int fd = static_cast<int>(call.args[0]);
          return fd == ends[0] || fd == ends[1] ? EOPNOTSUPP : 0;
        });
    Exchange(odd, 1);
    // The same, a question about the call, and one about a new pipe.
    ExpectCounts(refusal, 2 * kToFindOut + 1, kToFindOut + 1);
    Exchange(pipe, kTimes);
    ExpectCounts(refusal, 2 * kToFindOut + 1 + 2 * kTimes,
                 kToFindOut + 1 + kTimes);
  });
}

// A firewall's EPERM for a datagram, say.
TEST_F(OneFileDeathTest, ThatAnswersAsAFilterDoesIsBelieved) {
  InOwnProcess([&] {
    const Channel odd = MakeSockets();
    const Channel other = MakeSockets();
    const int end = odd.writer.number();
    const Refusal& refusal =
        Refusal::Impose(calls_, [end](const seccomp_data& call) {
          return static_cast<int>(call.args[0]) == end ? EPERM : 0;
        });
    EXPECT_EQ(streams::TryWrite(odd.writer.number(), "word", 4), -EPERM);
    Exchange(other, kTimes);
    ExpectCounts(refusal, 2 * kTimes, kToFindOut + kTimes);
  });
}

// --- Without /proc, pipes have no other way.

// A file system of this process alone, in which /proc is empty.
void HideProc() {
  ASSERT_EQ(unshare(CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER)), 0);
  ASSERT_EQ(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
  ASSERT_EQ(mount("none", "/proc", "tmpfs", 0, nullptr), 0);
}

using NoProcDeathTest = RefusedStreamsDeathTest;

TEST_F(NoProcDeathTest, PipesAreLeftToReadinessAndProcIsNotSoughtAgain) {
  InOwnProcess([&] {
    const Channel pipe = MakePipe();
    HideProc();
    const Refusal& refusal = Refusal::Impose(
        {SYS_preadv2, SYS_pwritev2, SYS_openat}, [](const seccomp_data& call) {
          return call.nr == SYS_openat ? 0 : ENOSYS;
        });
    char byte = 0;
    for (int i = 0; i < kTimes; ++i) {
      EXPECT_EQ(streams::TryRead(pipe.reader.number(), &byte, 1), -EOPNOTSUPP);
      EXPECT_EQ(streams::TryWrite(pipe.writer.number(), &byte, 1), -EOPNOTSUPP);
    }
    EXPECT_EQ(refusal.count(SYS_openat), kToFindOut);
  });
}

TEST_F(NoProcDeathTest, OpenThatIsRefusedIsNotTriedAgain) {
  InOwnProcess([&] {
    const Channel pipe = MakePipe();
    const Refusal& refusal =
        Refusal::Impose({SYS_preadv2, SYS_pwritev2, SYS_openat}, EPERM);
    char byte = 0;
    for (int i = 0; i < kTimes; ++i) {
      EXPECT_EQ(streams::TryRead(pipe.reader.number(), &byte, 1), -EOPNOTSUPP);
    }
    EXPECT_EQ(refusal.count(SYS_openat), kToFindOut);
  });
}

}  // namespace
}  // namespace aioemul::testing
