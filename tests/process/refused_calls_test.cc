// The whole library where system calls are refused: everything works as far as
// it can without them, and a refused call is not made for each request
// (contract A8, E3, G1, G2, G3, I1, I5).

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <initializer_list>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "aio/aio.h"
#include "tests/process/own_process.h"
#include "tests/process/refusal.h"
#include "tests/process/uses.h"
#include "tests/streams/descriptors.h"

namespace aioemul::testing {
namespace {

constexpr int kTimes = 20;

// More than it takes to learn of a refusal, for each call; fewer than requests.
constexpr int kFew = 5;

// What is refused, and how.
struct Filter {
  std::string name;
  std::vector<int> calls;
  int error;
};
std::ostream& operator<<(std::ostream& stream, const Filter& filter) {
  return stream << filter.name;
}

const std::vector<int> kTransfers = {SYS_preadv2, SYS_pwritev2};
const std::vector<int> kSignals = {SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo};
const std::vector<int> kReadiness = {SYS_epoll_create1, SYS_epoll_ctl,
                                     SYS_epoll_wait, SYS_eventfd2};

std::vector<int> Together(
    std::initializer_list<const std::vector<int>*> groups) {
  std::vector<int> all;
  for (const std::vector<int>* group : groups) {
    all.insert(all.end(), group->begin(), group->end());
  }
  return all;
}

std::vector<Filter> AllFilters() {
  const std::vector<int> all = Together({&kTransfers, &kSignals, &kReadiness});
  // What kernels answer that do not know the flag.
  std::vector<Filter> filters = {{"FlagUnknown", kTransfers, EOPNOTSUPP}};
  for (const auto& [error, name] :
       {std::pair(EPERM, "Forbidden"), std::pair(ENOSYS, "Missing")}) {
    filters.push_back({std::string("Transfers") + name, kTransfers, error});
    filters.push_back({std::string("Signals") + name, kSignals, error});
    filters.push_back({std::string("Readiness") + name, kReadiness, error});
    filters.push_back({std::string("Eventfd") + name, {SYS_eventfd2}, error});
    filters.push_back({std::string("All") + name, all, error});
  }
  return filters;
}

class RefusedCallsDeathTest : public OwnProcessDeathTest,
                              public ::testing::WithParamInterface<Filter> {
 protected:
  // Runs `body` where the calls are refused: each only a few times, and some
  // of them at all if they are `needed` by it.
  template <typename Body>
  void UnderRefusal(const std::vector<int>& needed, Body body) {
    InOwnProcess([&] {
      const std::vector<int>& calls = GetParam().calls;
      const Refusal& refusal = Refusal::Impose(calls, GetParam().error);
      body();
      int sum = 0;
      bool expected = false;
      for (const int call : calls) {
        EXPECT_LE(refusal.count(call), kFew) << call;
        sum += refusal.count(call);
        expected |= std::count(needed.begin(), needed.end(), call) != 0;
      }
      EXPECT_EQ(sum > 0, expected);
    });
  }

  static bool Refuses(int call) {
    const std::vector<int>& calls = GetParam().calls;
    return std::count(calls.begin(), calls.end(), call) != 0;
  }
};

INSTANTIATE_TEST_SUITE_P(Filters, RefusedCallsDeathTest,
                         ::testing::ValuesIn(AllFilters()),
                         [](const auto& test) { return test.param.name; });

const std::vector<int> kForStreams = Together({&kTransfers, &kReadiness});

// A read may find its data there already; the first one, as one worker comes
// past it before it comes to anything else, waits.
void UseLong(const Channel& channel) {
  std::string buffer(8, ' ');
  aiocb read = ReadBlock(channel.reader.number(), buffer);
  ReadAndWait(read);
  Send(channel.writer.number(), "words\n");
  EXPECT_EQ(AwaitSuccess(read), 6);
  UseChannel(channel, kTimes);
  UseCancellation(channel);
}

// A file's read is tried at once, if nobody has switched that off.
TEST_P(RefusedCallsDeathTest, FilesDoWithoutThem) {
  unsetenv("AIOEMUL_INLINE");
  UnderRefusal({SYS_preadv2}, [] {
    for (int i = 0; i < kTimes; ++i) UseFile();
  });
}

TEST_P(RefusedCallsDeathTest, PipesMoveTextAndCanBeCancelled) {
  UnderRefusal(kForStreams, [] {
    LimitToOneWorker();
    UseLong(MakePipe());
  });
}

TEST_P(RefusedCallsDeathTest, SocketsMoveTextAndCanBeCancelled) {
  UnderRefusal(kForStreams, [] {
    LimitToOneWorker();
    UseLong(MakeSockets());
    UseLong(MakeTcp());
  });
}

TEST_P(RefusedCallsDeathTest, TerminalsMoveTextAndCanBeCancelled) {
  // Nothing can be remembered of the flag, which no terminal takes; so
  // transfers are counted only where they are refused altogether.
  UnderRefusal(kForStreams, [] {
    LimitToOneWorker();
    UseLong(MakeTerminal());
  });
}

TEST_P(RefusedCallsDeathTest, NamedPipesMoveTextAndCanBeCancelled) {
  UnderRefusal(kForStreams, [] {
    LimitToOneWorker();
    UseLong(MakeFifo());
  });
}

TEST_P(RefusedCallsDeathTest, SignalsArriveIfWithoutTheirValues) {
  UnderRefusal(kSignals, [] {
    for (int i = 0; i < kTimes; ++i) {
      const auto to_process = UseSignal(i);
      ASSERT_TRUE(to_process.has_value());
      const auto to_thread = UseSignal(i, gettid());
      ASSERT_TRUE(to_thread.has_value());
      if (Refuses(SYS_rt_sigqueueinfo)) {
        // tgkill says SI_TKILL, which sigwaitinfo turns into this.
        EXPECT_EQ(to_process->si_code, SI_USER);
        EXPECT_EQ(to_thread->si_code, SI_USER);
        continue;
      }
      for (const siginfo_t& details : {*to_process, *to_thread}) {
        EXPECT_EQ(details.si_code, SI_ASYNCIO);
        EXPECT_EQ(details.si_value.sival_int, i);
      }
    }
  });
}

TEST_P(RefusedCallsDeathTest, FunctionsAreRunAllTheSame) {
  UnderRefusal({}, [] {
    for (int i = 0; i < kTimes; ++i) UseThreadNotification();
  });
}

using RefusedThreadsDeathTest = OwnProcessDeathTest;

// As where the limit on threads is reached.
TEST_F(RefusedThreadsDeathTest, AreThreadsThatCannotBeHad) {
  InOwnProcess([] {
    Refusal::Impose({SYS_clone, SYS_clone3}, EPERM);
    const Descriptor file = MakeFile("words");
    std::string buffer(5, ' ');
    aiocb read = ReadBlock(file.number(), buffer);
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(aioemul_read(&read), -1);
      EXPECT_EQ(errno, EAGAIN);
      EXPECT_EQ(aioemul_error(&read), EAGAIN);
    }
  });
}

}  // namespace
}  // namespace aioemul::testing
