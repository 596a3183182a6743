// `aioemul bench` where the kernel refuses io_uring and its older asynchronous
// I/O: this process has itself, and the command with it, refused both.

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tools/aioemul/bench/json.h"
#include "tools/aioemul/testing/command.h"
#include "tools/aioemul/testing/scratch_directory.h"

namespace aioemul::tools::bench {
namespace {

// io_uring_setup fails with EPERM and io_setup with ENOSYS from now on.
void RefusePeers() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter = {sizeof program / sizeof program[0], program};
  ASSERT_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
}

TEST(BenchMissingTest, NamesThePeersThatTheKernelRefusesAndMeasuresTheRest) {
  ASSERT_NO_FATAL_FAILURE(RefusePeers());
  const ScratchDirectory scratch;
  CommandOptions options;
  options.directory = scratch.path();
  const CommandResult result =
      RunCommand({"bench", "--workloads=random-read-cached",
                  "--peers=io_uring,libaio,sync", "--x=1", "--operations=100",
                  "--file-bytes=256K", "--json=results"},
                 options);
  EXPECT_EQ(result.exit_status, 0) << result.err;
  EXPECT_TRUE(absl::StrContains(
      result.out,
      "missing: io_uring, io_uring_setup: Operation not permitted\n"))
      << result.out;
  EXPECT_TRUE(absl::StrContains(
      result.out, "missing: libaio, io_setup: Function not implemented\n"));
  const Json json = Json::parse(scratch.Read("results"));
  EXPECT_EQ(json["peers"][0]["missing"],
            "io_uring_setup: Operation not permitted");
  EXPECT_EQ(json["peers"][2]["missing"], "");
  ASSERT_EQ(json["results"].size(), 1U);
  EXPECT_EQ(json["results"][0]["peer"], "sync");
}

}  // namespace
}  // namespace aioemul::tools::bench
