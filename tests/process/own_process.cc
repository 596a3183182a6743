#include "tests/process/own_process.h"

#include <unistd.h>

#include <cstdio>

namespace aioemul::testing {
namespace {

// In such a process GoogleTest notes failures and prints none.
[[noreturn]] void EndWithResult() {
  const ::testing::TestResult& result =
      *::testing::UnitTest::GetInstance()->current_test_info()->result();
  for (int i = 0; i < result.total_part_count(); ++i) {
    const ::testing::TestPartResult& part = result.GetTestPartResult(i);
    if (!part.failed()) continue;
    fprintf(stderr, "%s:%d: %s\n", part.file_name(), part.line_number(),
            part.message());
  }
  _exit(result.Failed() ? 1 : 0);
}

}  // namespace

void OwnProcessDeathTest::InOwnProcess(const std::function<void()>& body) {
  EXPECT_EXIT(
      {
        body();
        EndWithResult();
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace aioemul::testing
