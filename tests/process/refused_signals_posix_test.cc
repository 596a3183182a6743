// Completion signals the portable way, where sigqueue is refused (contract
// G1).

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include <cerrno>

#include "emul/platform/signals.h"
#include "tests/process/own_process.h"
#include "tests/process/refusal.h"

namespace aioemul::testing {
namespace {

class RefusedSigqueueDeathTest : public OwnProcessDeathTest,
                                 public ::testing::WithParamInterface<int> {};

INSTANTIATE_TEST_SUITE_P(Errors, RefusedSigqueueDeathTest,
                         ::testing::Values(EPERM, ENOSYS, EOPNOTSUPP),
                         ::testing::PrintToStringParamName());

TEST_P(RefusedSigqueueDeathTest,
       SignalComesWithoutValueAndTheCallIsNotRepeated) {
  InOwnProcess([&] {
    const Refusal& refusal = Refusal::Impose({SYS_rt_sigqueueinfo}, GetParam());
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGRTMIN);
    ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &signals, nullptr), 0);
    for (int i = 0; i < 10; ++i) {
      ASSERT_EQ(signals::Queue(SIGRTMIN, {}, 0), 0);
      siginfo_t details = {};
      EXPECT_EQ(sigwaitinfo(&signals, &details), SIGRTMIN);
      EXPECT_EQ(details.si_code, SI_USER);
    }
    EXPECT_EQ(refusal.count(SYS_rt_sigqueueinfo), 1);
  });
}

}  // namespace
}  // namespace aioemul::testing
