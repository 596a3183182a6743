// Completion signals, where the calls that queue them are refused (contract
// G1, G3): the next best way is found, and kept.

#include <signal.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <optional>
#include <vector>

#include "emul/platform/signals.h"
#include "tests/process/own_process.h"
#include "tests/process/refusal.h"

namespace aioemul::testing {
namespace {

constexpr int kTimes = 10;
constexpr int kValue = 42;

sigval Value() {
  sigval value = {};
  value.sival_int = kValue;
  return value;
}

void BlockSignals(sigset_t* signals) {
  sigemptyset(signals);
  sigaddset(signals, SIGRTMIN);
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, signals, nullptr), 0);
}

// The next that is pending for this thread or the process.
std::optional<siginfo_t> TakePending(const sigset_t& signals) {
  const timespec none = {};
  siginfo_t details = {};
  if (sigtimedwait(&signals, &details, &none) < 0) return std::nullopt;
  return details;
}

// The si_code that a call would queue.  Read as of another process, since the
// sanitizers know of nothing that orders the two threads.
int CodeOf(const seccomp_data& call) {
  const size_t place = call.nr == SYS_rt_sigqueueinfo ? 2 : 3;
  siginfo_t details = {};
  const iovec here = {&details, sizeof(details)};
  const iovec there = {reinterpret_cast<void*>(call.args[place]),
                       sizeof(details)};
  EXPECT_EQ(process_vm_readv(getpid(), &here, 1, &there, 1, 0),
            static_cast<ssize_t>(sizeof(details)));
  return details.si_code;
}

class RefusedSignalsDeathTest : public OwnProcessDeathTest,
                                public ::testing::WithParamInterface<int> {
 protected:
  // Sends `kTimes` signals; each must arrive, with `code`, and its value if so
  // said.
  static void ExpectArrival(pid_t thread, int code, bool with_value) {
    sigset_t signals;
    BlockSignals(&signals);
    for (int i = 0; i < kTimes; ++i) {
      ASSERT_EQ(signals::Queue(SIGRTMIN, Value(), thread), 0);
      const auto details = TakePending(signals);
      ASSERT_TRUE(details.has_value());
      EXPECT_EQ(details->si_code, code);
      EXPECT_EQ(details->si_pid, getpid());
      EXPECT_EQ(details->si_uid, getuid());
      if (with_value) {
        EXPECT_EQ(details->si_value.sival_int, kValue);
      }
      EXPECT_FALSE(TakePending(signals).has_value());
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Errors, RefusedSignalsDeathTest,
                         ::testing::Values(EPERM, ENOSYS, EOPNOTSUPP),
                         ::testing::PrintToStringParamName());

TEST_P(RefusedSignalsDeathTest, CodeAloneIsReplacedByTheUsualOne) {
  InOwnProcess([&] {
    const Refusal& refusal =
        Refusal::Impose({SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo},
                        [](const seccomp_data& call) {
                          return CodeOf(call) == SI_QUEUE ? 0 : GetParam();
                        });
    ExpectArrival(/*thread=*/0, SI_QUEUE, /*with_value=*/true);
    EXPECT_EQ(refusal.count(SYS_rt_sigqueueinfo), 1 + kTimes);
    ExpectArrival(gettid(), SI_QUEUE, /*with_value=*/true);
    EXPECT_EQ(refusal.count(SYS_rt_tgsigqueueinfo), 1 + kTimes);
  });
}

TEST_P(RefusedSignalsDeathTest,
       SignalComesWithoutValueAndTheCallIsNotRepeated) {
  InOwnProcess([&] {
    const Refusal& refusal = Refusal::Impose(
        {SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo}, GetParam());
    ExpectArrival(/*thread=*/0, SI_USER, /*with_value=*/false);
    EXPECT_EQ(refusal.count(SYS_rt_sigqueueinfo), 2);
    ExpectArrival(gettid(), SI_USER, /*with_value=*/false);
    EXPECT_EQ(refusal.count(SYS_rt_tgsigqueueinfo), 2);
  });
}

TEST_P(RefusedSignalsDeathTest, OneTargetSaysNothingOfTheOther) {
  InOwnProcess([&] {
    Refusal::Impose({SYS_rt_sigqueueinfo}, GetParam());
    ExpectArrival(/*thread=*/0, SI_USER, /*with_value=*/false);
    ExpectArrival(gettid(), SI_ASYNCIO, /*with_value=*/true);
  });
}

TEST_P(RefusedSignalsDeathTest, ErrorsOfTheSignalAreStillTold) {
  InOwnProcess([&] {
    Refusal::Impose({SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo}, GetParam());
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(signals::Queue(SIGRTMAX + 1, Value(), 0), -EINVAL);
      EXPECT_EQ(signals::Queue(SIGRTMIN, Value(), INT_MAX), -ESRCH);
    }
  });
}

// Whether the thread of an event exists cannot be known then.
TEST_P(RefusedSignalsDeathTest, ThreadOfAnEventIsBelievedWhereNobodyMayAsk) {
  InOwnProcess([&] {
    Refusal::Impose({SYS_tgkill}, GetParam());
    sigevent event = {};
    event.sigev_notify = SIGEV_THREAD_ID;
    event._sigev_un._tid = gettid();
    EXPECT_EQ(signals::ThreadOf(event), gettid());
  });
}

}  // namespace
}  // namespace aioemul::testing
