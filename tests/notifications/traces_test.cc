// Nothing that the function of one notification does to its thread shows in the
// next, nor in the thread of a request's transfer (contract G2, H5).

#include <aio.h>
#include <fenv.h>
#include <locale.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <array>
#include <cerrno>
#include <ostream>
#include <string>
#include <vector>

#include "emul/engine.h"
#include "emul/options.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"
#include "tests/support/forwarding_platform.h"

namespace aioemul::testing {
namespace {

thread_local int local_number = 0;
thread_local std::string local_text;

// What a thread can tell of itself.
struct State {
  static State OfThisThread();

  int number = 0;
  std::string text;
  std::string name;
  std::vector<int> blocked;
  int cancel_state = 0;
  int cancel_type = 0;
  int policy = 0;
  int niceness = 0;
  int processors = 0;
  int rounding = 0;
  bool own_locale = false;
  bool alternate_stack = false;
};

State State::OfThisThread() {
  State state;
  state.number = local_number;
  state.text = local_text;
  std::array<char, 32> name = {};
  pthread_getname_np(pthread_self(), name.data(), name.size());
  state.name = name.data();
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    if (sigismember(&mask, signal) == 1) state.blocked.push_back(signal);
  }
  pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state.cancel_state);
  pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &state.cancel_type);
  sched_param parameters = {};
  pthread_getschedparam(pthread_self(), &state.policy, &parameters);
  state.niceness = getpriority(PRIO_PROCESS, 0);
  cpu_set_t processors;
  pthread_getaffinity_np(pthread_self(), sizeof(processors), &processors);
  state.processors = CPU_COUNT(&processors);
  state.rounding = fegetround();
  state.own_locale = uselocale(nullptr) != LC_GLOBAL_LOCALE;
  stack_t stack = {};
  sigaltstack(nullptr, &stack);
  state.alternate_stack = (stack.ss_flags & SS_DISABLE) == 0;
  return state;
}

// Sanitizers give every thread an alternate stack, so that alone says nothing;
// that all threads are alike does.
void ExpectAlike(const State& a, const State& b) {
  EXPECT_EQ(a.number, b.number);
  EXPECT_EQ(a.text, b.text);
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.blocked, b.blocked);
  EXPECT_EQ(a.cancel_state, b.cancel_state);
  EXPECT_EQ(a.cancel_type, b.cancel_type);
  EXPECT_EQ(a.policy, b.policy);
  EXPECT_EQ(a.niceness, b.niceness);
  EXPECT_EQ(a.processors, b.processors);
  EXPECT_EQ(a.rounding, b.rounding);
  EXPECT_EQ(a.own_locale, b.own_locale);
  EXPECT_EQ(a.alternate_stack, b.alternate_stack);
}

// Changes all of that, and leaves it so.
void LeaveTraces() {
  local_number = 4711;
  local_text = "a text that is too long to be stored in the object itself";
  pthread_setname_np(pthread_self(), "trace");
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr);
  // NOLINTNEXTLINE(concurrency-thread-canceltype-asynchronous): it ends soon.
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, nullptr);
  const sched_param parameters = {};
  pthread_setschedparam(pthread_self(), SCHED_BATCH, &parameters);
  setpriority(PRIO_PROCESS, 0, 7);  // of the thread alone
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<size_t>(sched_getcpu()), &one);
  pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
  fesetround(FE_UPWARD);
  uselocale(newlocale(LC_ALL_MASK, "C", nullptr));
  // Mapped, since AddressSanitizer unmaps what a thread ends with.
  stack_t stack = {};
  stack.ss_size = 65536;
  stack.ss_sp = mmap(nullptr, stack.ss_size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  sigaltstack(&stack, nullptr);
}

// Looks at the thread of each transfer.
class LookingPlatform final : public ForwardingPlatform {
 public:
  ssize_t WriteAt(int fd, const void* buffer, size_t count,
                  off_t offset) override {
    worker = State::OfThisThread();
    return ForwardingPlatform::WriteAt(fd, buffer, count, offset);
  }

  State worker;
};

struct Visitor {
  bool leave_traces = false;
  State found;
  Gate done;
};

class TracesTest : public ::testing::Test {
 protected:
  TracesTest() { options_.threads.value = 1; }

  State Visit(Engine& engine, bool leave_traces) {
    Visitor visit;
    visit.leave_traces = leave_traces;
    aiocb block = WriteBlock(file_.fd(), "hello");
    block.aio_sigevent = ThreadEvent(
        [](sigval value) {
          auto* its_visit = static_cast<Visitor*>(value.sival_ptr);
          its_visit->found = State::OfThisThread();
          if (its_visit->leave_traces) LeaveTraces();
          its_visit->done.Open();
        },
        &visit);
    EXPECT_EQ(engine.Write(&block), 0);
    visit.done.Await();
    EXPECT_EQ(Await(engine, block), Success(5));
    return visit.found;
  }

  const TempFile file_;
  Options options_;
};

TEST_F(TracesTest, OfOneFunctionAreNotSeenByTheNext) {
  LookingPlatform platform;
  Engine engine(options_, platform);
  const State first = Visit(engine, /*leave_traces=*/false);
  const State worker = platform.worker;
  EXPECT_EQ(first.number, 0);
  EXPECT_EQ(first.text, "");
  EXPECT_EQ(first.cancel_state, PTHREAD_CANCEL_ENABLE);
  EXPECT_EQ(first.cancel_type, PTHREAD_CANCEL_DEFERRED);
  for (int i = 0; i < 100; ++i) {
    ExpectAlike(Visit(engine, /*leave_traces=*/true), first);
    ExpectAlike(platform.worker, worker);
  }
}

}  // namespace
}  // namespace aioemul::testing
