#include "tests/notifications/own_process.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "gtest/gtest.h"

namespace aioemul::testing {
namespace {

// Two children have the same one only if their numbers are that far apart.
uid_t UnusedUser() {
  constexpr uid_t kFirst = 30'000;
  constexpr uid_t kCount = 30'000;
  return kFirst + static_cast<uid_t>(getpid()) % kCount;
}

void ChangeUser() {
  if (geteuid() != 0) return;
  EXPECT_EQ(setuid(UnusedUser()), 0);
  // Sanitizers read /proc/self, which is closed to who has changed.
  EXPECT_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
}

}  // namespace

void InOwnProcess(const std::function<void()>& body) {
  // Lest both write what is buffered.
  fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    ChangeUser();
    body();
    fflush(nullptr);
    _exit(::testing::Test::HasFailure() ? EXIT_FAILURE : EXIT_SUCCESS);
  }
  ASSERT_GT(child, 0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
      << "the child ended with status " << status;
}

void SetLimit(decltype(RLIMIT_NPROC) resource, rlim_t limit) {
  rlimit limits = {};
  EXPECT_EQ(getrlimit(resource, &limits), 0);
  limits.rlim_cur = limit;
  EXPECT_EQ(setrlimit(resource, &limits), 0);
}

}  // namespace aioemul::testing
