// What the drop-in library's dup2 and dup3 cost where nothing is outstanding:
// no system call but the C library's own (contract H2).

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstddef>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/close/waiting_read.h"
#include "tests/fork/child.h"

namespace aioemul::testing {
namespace {

// Kills at any call from now on but those that duplicate, and the end.
void AllowDuplicationAlone() {
  const auto is = [](unsigned number, unsigned char skip) {
    return sock_filter(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, skip, 0));
  };
  const std::array<sock_filter, 7> program = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
#if defined(SYS_dup2)
      is(SYS_dup2, 4),
#else
      is(SYS_dup3, 4),
#endif
      is(SYS_dup3, 3),
      is(SYS_write, 2),  // what went wrong
      is(SYS_exit_group, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter = {program.size(),
                             const_cast<sock_filter*>(program.data())};
  CHILD_CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHILD_CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
}

TEST(DropInCostTest, DuplicationIsOneSystemCall) {
  const Channel pipe = Channel::Pipe();
  constexpr int kUnused = 600;
  constexpr int kUsed = 601;
  EXPECT_EQ(InChild([&] {
              CHILD_CHECK(dup2(pipe.first(), kUsed) == kUsed);
              { const WaitingRead read(kUsed); }
              AllowDuplicationAlone();
              for (const int fd : {kUnused, kUsed, kUsed}) {
                CHILD_CHECK(dup2(pipe.first(), fd) == fd);
                CHILD_CHECK(dup3(pipe.first(), fd, O_CLOEXEC) == fd);
                CHILD_CHECK(dup2(1'000'000, fd) == -1);
              }
            }),
            "ok");
}

}  // namespace
}  // namespace aioemul::testing
