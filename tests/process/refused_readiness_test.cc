// Sets of descriptors that are waited for, where the calls of the best kind
// are refused: poll does instead, and they are not asked for again (contract
// I1).

#include <sys/syscall.h>

#include <cerrno>
#include <memory>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "emul/platform/readiness.h"
#include "tests/process/own_process.h"
#include "tests/process/refusal.h"
#include "tests/streams/descriptors.h"

namespace aioemul::testing {
namespace {

struct Call {
  const char* name;
  int number;
};
std::ostream& operator<<(std::ostream& stream, const Call& call) {
  return stream << call.name;
}

// That a new set works.
void ExpectReport() {
  const std::unique_ptr<Readiness> set(readiness::New());
  ASSERT_NE(set, nullptr);
  const Channel pipe = MakePipe();
  Send(pipe.writer.number(), "x");
  int token = 0;
  ASSERT_EQ(set->Arm(pipe.reader.number(), SetOf(Direction::kRead), &token), 0);
  Readiness::Event event = {};
  while (set->Wait(&event, 1, kNever) == 0) {
  }
  EXPECT_EQ(event.token, &token);
}

class RefusedReadinessDeathTest
    : public OwnProcessDeathTest,
      public ::testing::WithParamInterface<std::tuple<Call, int>> {};

INSTANTIATE_TEST_SUITE_P(
    Calls, RefusedReadinessDeathTest,
    ::testing::Combine(::testing::Values(Call{"Create", SYS_epoll_create1},
                                         Call{"Control", SYS_epoll_ctl},
                                         Call{"Wait", SYS_epoll_wait},
                                         Call{"Eventfd", SYS_eventfd2}),
                       ::testing::Values(EPERM, ENOSYS, EOPNOTSUPP)),
    [](const auto& param_info) {
      return std::get<0>(param_info.param).name +
             std::to_string(std::get<1>(param_info.param));
    });

TEST_P(RefusedReadinessDeathTest, IsMetOnceAndPollDoesInstead) {
  InOwnProcess([&] {
    const Call call = std::get<0>(GetParam());
    const int error = std::get<1>(GetParam());
    const std::vector<int> all = {SYS_epoll_create1, SYS_epoll_ctl,
                                  SYS_epoll_wait, SYS_eventfd2};
    const Refusal& refusal =
        Refusal::Impose(all, [call, error](const seccomp_data& made) {
          return made.nr == call.number ? error : 0;
        });
    for (int i = 0; i < 10; ++i) ExpectReport();
    EXPECT_EQ(refusal.count(call.number), 1);
    for (const int number : all) EXPECT_LE(refusal.count(number), 1);
  });
}

}  // namespace
}  // namespace aioemul::testing
