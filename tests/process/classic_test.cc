// AIOEMUL_CLASSIC: a sandbox that kills at any system call that a C library's
// asynchronous I/O does not make (contract J4).

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <vector>

#include "aio/aio.h"
#include "emul/options.h"
#include "emul/platform/platform.h"
#include "gtest/gtest.h"

namespace aioemul::testing {
namespace {

// What transfers, waiting, signals and threads take, and the end of a process.
constexpr std::array kAllowed = {
    SYS_read,
    SYS_write,
    SYS_pread64,
    SYS_pwrite64,
    SYS_fsync,
    SYS_fdatasync,
    SYS_fcntl,
    SYS_futex,
    SYS_clone,
    SYS_clone3,
    SYS_exit,
    SYS_exit_group,
    SYS_mmap,
    SYS_munmap,
    SYS_mprotect,
    SYS_madvise,
    SYS_brk,
    SYS_set_robust_list,
    SYS_rseq,
    SYS_rt_sigprocmask,
    SYS_rt_sigqueueinfo,
    SYS_rt_sigreturn,
    SYS_getpid,
    SYS_gettid,
    SYS_getuid,
    SYS_sched_getparam,
    SYS_sched_getscheduler,
    SYS_clock_gettime,
    SYS_restart_syscall,
    SYS_set_tid_address,
    SYS_rt_sigaction,
};

// Kills the process at any other call, in the threads to come, too.
bool EnterSandbox() {
  std::vector<sock_filter> filter = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const long call : kAllowed) {
    filter.push_back(
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(call), 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  const sock_fprog program = {static_cast<unsigned short>(filter.size()),
                              filter.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// Ends the child with the number of the line that does not hold.
void Demand(bool holds, int line) {
  if (!holds) _exit(line % 200 + 1);
}
#define DEMAND(condition) Demand((condition), __LINE__)

ssize_t Await(aiocb& block) {
  const std::array<const aiocb*, 1> list = {&block};
  while (aioemul_error(&block) == EINPROGRESS) {
    aioemul_suspend(list.data(), 1, nullptr);
  }
  return aioemul_return(&block);
}

std::atomic<int> notified{0};

void UseEverything(int file, const std::array<int, 2>& pipe) {
  std::array<std::array<char, 8>, 4> buffers = {};
  std::array<aiocb, 4> blocks = {};
  std::array<aiocb*, 4> list = {};
  for (size_t i = 0; i < blocks.size(); ++i) {
    blocks[i].aio_fildes = file;
    blocks[i].aio_buf = buffers[i].data();
    blocks[i].aio_nbytes = buffers[i].size();
    blocks[i].aio_offset = static_cast<off_t>(8 * i);
    blocks[i].aio_lio_opcode = LIO_WRITE;
    list[i] = &blocks[i];
  }
  // Neighbours, which would go out together.
  DEMAND(aioemul_listio(LIO_WAIT, list.data(), 4, nullptr) == 0);
  DEMAND(aioemul_fsync(O_SYNC, &blocks[0]) == 0);
  DEMAND(Await(blocks[0]) == 0);
  // Memory has it.
  DEMAND(aioemul_read(&blocks[1]) == 0);
  DEMAND(Await(blocks[1]) == 8);

  aiocb from = {};
  from.aio_fildes = pipe[0];
  from.aio_buf = buffers[0].data();
  from.aio_nbytes = 4;
  from.aio_sigevent.sigev_notify = SIGEV_THREAD;
  from.aio_sigevent.sigev_notify_function = [](sigval) { ++notified; };
  DEMAND(aioemul_read(&from) == 0);
  aiocb to = from;
  to.aio_fildes = pipe[1];
  to.aio_buf = buffers[1].data();
  to.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
  to.aio_sigevent.sigev_signo = SIGUSR1;
  DEMAND(aioemul_write(&to) == 0);
  DEMAND(Await(to) == 4);
  DEMAND(Await(from) == 4);
  while (notified != 2) {
  }
  DEMAND(aioemul_cancel(file, nullptr) == AIO_ALLDONE);
}

TEST(ClassicTest, NothingIsCalledThatASandboxKillsAt) {
  std::string name = ::testing::TempDir() + "/file.XXXXXX";
  const int file = mkstemp(name.data());
  ASSERT_GE(file, 0);
  unlink(name.c_str());
  const pid_t child = fork();
  if (child == 0) {
    // As AIOEMUL_CLASSIC=1 at load.
    std::array<const char*, 2> environment = {"AIOEMUL_CLASSIC=1", nullptr};
    Options options;
    options.ApplyEnvironment(environment.data());
    SetOptionsAtLoadForTesting(options);
    ChooseClassicCalls();
    signal(SIGUSR1, [](int) { ++notified; });
    std::array<int, 2> pipe = {-1, -1};
    DEMAND(::pipe(pipe.data()) == 0);
    DEMAND(EnterSandbox());
    UseEverything(file, pipe);
    _exit(0);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_FALSE(WIFSIGNALED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0) << "the line, less one, modulo 200";
}

}  // namespace
}  // namespace aioemul::testing
