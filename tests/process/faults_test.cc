// Programs that live by the handlers of their own faults (contract H5): pages
// that a SIGSEGV handler opens on demand, and a sandbox whose SIGSYS handler
// answers for the kernel.

#include <aio.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <string>

#include "aio/aio.h"
#include "tests/process/own_process.h"
#include "tests/process/uses.h"
#include "tests/streams/descriptors.h"

namespace aioemul::testing {
namespace {

// A page that is closed to the program until it is touched.
class GuardedPage {
 public:
  explicit GuardedPage(int closed) : closed_(closed) {
    size_ = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    page_ = static_cast<char*>(mmap(nullptr, size_, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    struct sigaction action = {};
    action.sa_sigaction = &Handle;
    action.sa_flags = SA_SIGINFO;
    EXPECT_EQ(sigaction(SIGSEGV, &action, nullptr), 0);
  }

  template <typename T>
  T* Place() const {
    return reinterpret_cast<T*>(page_);
  }

  void Close() const { EXPECT_EQ(mprotect(page_, size_, closed_), 0); }

  // The thread that has touched it since it was asked last; 0 if none has.
  pid_t TakeToucher() const { return toucher_.exchange(0); }

  // Whether `act` touches it on this very thread.
  bool IsTouchedBy(const std::function<void()>& act) const {
    Close();
    act();
    return TakeToucher() == gettid();
  }

 private:
  static void Handle(int /*signal*/, siginfo_t* details, void* /*context*/) {
    const auto* address = static_cast<char*>(details->si_addr);
    if (address < page_ || address >= page_ + size_) _exit(99);
    toucher_ = gettid();
    mprotect(page_, size_, PROT_READ | PROT_WRITE);
  }

  inline static char* page_ = nullptr;
  inline static size_t size_ = 0;
  inline static std::atomic<pid_t> toucher_{0};
  const int closed_;
};

using FaultsDeathTest = OwnProcessDeathTest;

// Every call that looks at a control block, or at a list of them.
TEST_F(FaultsDeathTest, HandlerOpensThePageOfAControlBlock) {
  InOwnProcess([] {
    const GuardedPage page(PROT_NONE);
    const Descriptor file = MakeFile();
    auto* block = page.Place<aiocb>();
    *block = WriteBlock(file.number(), "words");
    const aiocb* const looked[] = {block};
    aiocb* const listed[] = {block};
    EXPECT_TRUE(page.IsTouchedBy([&] { EXPECT_EQ(aioemul_write(block), 0); }));
    // No worker is to touch it from here on.
    while (aioemul_error(block) == EINPROGRESS) sched_yield();
    EXPECT_TRUE(page.IsTouchedBy(
        [&] { EXPECT_EQ(aioemul_suspend(looked, 1, nullptr), 0); }));
    EXPECT_TRUE(page.IsTouchedBy([&] { EXPECT_EQ(aioemul_error(block), 0); }));
    EXPECT_TRUE(page.IsTouchedBy([&] { EXPECT_EQ(aioemul_return(block), 5); }));
    EXPECT_TRUE(page.IsTouchedBy([&] {
      block->aio_lio_opcode = LIO_WRITE;
      page.TakeToucher();
      page.Close();
      EXPECT_EQ(aioemul_listio(LIO_WAIT, listed, 1, nullptr), 0);
    }));
    EXPECT_TRUE(
        page.IsTouchedBy([&] { EXPECT_EQ(aioemul_fsync(O_SYNC, block), 0); }));
    EXPECT_EQ(AwaitSuccess(*block), 0);
    EXPECT_TRUE(page.IsTouchedBy(
        [&] { EXPECT_EQ(aioemul_cancel(file.number(), block), AIO_ALLDONE); }));
  });
}

// Where every look is allowed, and no change: a write barrier.
TEST_F(FaultsDeathTest, HandlerSeesTheChangesOfAControlBlock) {
  InOwnProcess([] {
    const GuardedPage page(PROT_READ);
    const Descriptor file = MakeFile();
    const Channel pipe = MakePipe();
    auto* block = page.Place<aiocb>();
    std::string buffer(6, ' ');
    *block = ReadBlock(pipe.reader.number(), buffer);
    EXPECT_TRUE(page.IsTouchedBy([&] { EXPECT_EQ(aioemul_read(block), 0); }));
    EXPECT_TRUE(page.IsTouchedBy([&] {
      EXPECT_EQ(aioemul_cancel(pipe.reader.number(), block), AIO_CANCELED);
    }));
    EXPECT_TRUE(
        page.IsTouchedBy([&] { EXPECT_EQ(aioemul_return(block), -1); }));
    // The last change is made by a thread of the library's own.
    EXPECT_TRUE(page.IsTouchedBy([&] { EXPECT_EQ(aioemul_read(block), 0); }));
    LimitToOneWorker();
    UseFile();
    page.Close();
    Send(pipe.writer.number(), "words\n");
    EXPECT_EQ(AwaitSuccess(*block), 6);
    EXPECT_NE(page.TakeToucher(), 0);
  });
}

TEST_F(FaultsDeathTest, HandlerOpensThePageOfAList) {
  InOwnProcess([] {
    const GuardedPage page(PROT_NONE);
    const Descriptor file = MakeFile();
    aiocb block = WriteBlock(file.number(), "words");
    block.aio_lio_opcode = LIO_WRITE;
    auto** list = page.Place<aiocb*>();
    list[0] = &block;
    EXPECT_TRUE(page.IsTouchedBy(
        [&] { EXPECT_EQ(aioemul_listio(LIO_WAIT, list, 1, nullptr), 0); }));
    EXPECT_TRUE(page.IsTouchedBy(
        [&] { EXPECT_EQ(aioemul_suspend(list, 1, nullptr), 0); }));
  });
}

// As pread's: the kernel raises no signal for it (A8).
TEST_F(FaultsDeathTest, PageOfABufferIsAnErrorOfTheRequest) {
  for (const char* bytes : {"0", "65536"}) {
    setenv("AIOEMUL_INLINE", bytes, /*overwrite=*/1);
    InOwnProcess([] {
      const GuardedPage page(PROT_NONE);
      const Descriptor file = MakeFile("words");
      aiocb block = {};
      block.aio_fildes = file.number();
      block.aio_buf = page.Place<char>();
      block.aio_nbytes = 5;
      block.aio_sigevent.sigev_notify = SIGEV_NONE;
      page.Close();
      Read(block);
      int error = 0;
      EXPECT_EQ(Await(block, &error), -1);
      EXPECT_EQ(error, EFAULT);
      EXPECT_EQ(page.TakeToucher(), 0);
    });
  }
  unsetenv("AIOEMUL_INLINE");
}

// The threads of a notification are the program's own.
TEST_F(FaultsDeathTest, HandlerOpensThePageOfWhatAFunctionUses) {
  InOwnProcess([] {
    static const GuardedPage page(PROT_NONE);
    static std::atomic<pid_t> function{0};
    const Descriptor file = MakeFile();
    aiocb block = WriteBlock(file.number(), "words");
    block.aio_sigevent.sigev_notify = SIGEV_THREAD;
    block.aio_sigevent.sigev_notify_function = [](sigval /*value*/) {
      *page.Place<char>() = 'x';
      function = gettid();
    };
    page.Close();
    Write(block);
    while (function == 0) sched_yield();
    EXPECT_EQ(page.TakeToucher(), function);
  });
}

#if defined(__x86_64__) || defined(__aarch64__)

void SetResult(ucontext_t* context, int error) {
#if defined(__x86_64__)
  context->uc_mcontext.gregs[REG_RAX] = -error;
#else
  context->uc_mcontext.regs[0] = static_cast<unsigned long long>(-error);
#endif
}

// From now on each of `call` is answered with EPERM by a handler of SIGSYS, on
// the thread that makes it.
void Trap(int call, std::atomic<pid_t>* trapped) {
  static std::atomic<pid_t>* thread;
  thread = trapped;
  struct sigaction action = {};
  action.sa_sigaction = [](int /*signal*/, siginfo_t* /*details*/,
                           void* context) {
    *thread = gettid();
    SetResult(static_cast<ucontext_t*>(context), EPERM);
  };
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  ASSERT_EQ(sigaction(SIGSYS, &action, nullptr), 0);
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program = {4, filter};
  ASSERT_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0)
      << "no filter can be installed";
}

TEST_F(FaultsDeathTest, SandboxAnswersForTheKernelInACaller) {
  InOwnProcess([] {
    std::atomic<pid_t> trapped{0};
    ASSERT_NO_FATAL_FAILURE(Trap(SYS_sched_getparam, &trapped));
    UseFile();
    // Where the call is made at all.
    EXPECT_TRUE(trapped == 0 || trapped == gettid());
  });
}

TEST_F(FaultsDeathTest, SandboxAnswersForTheKernelInAWorker) {
  InOwnProcess([] {
    std::atomic<pid_t> trapped{0};
    ASSERT_NO_FATAL_FAILURE(Trap(SYS_fsync, &trapped));
    const Descriptor file = MakeFile("words");
    aiocb block = WriteBlock(file.number(), "");
    ASSERT_EQ(aioemul_fsync(O_SYNC, &block), 0);
    int error = 0;
    EXPECT_EQ(Await(block, &error), -1);
    EXPECT_EQ(error, EPERM);
    EXPECT_NE(trapped, 0);
    EXPECT_NE(trapped, gettid());
  });
}

#endif

}  // namespace
}  // namespace aioemul::testing
