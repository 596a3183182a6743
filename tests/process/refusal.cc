#include "tests/process/refusal.h"

#include <linux/filter.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <future>
#include <thread>
#include <utility>

#include "gtest/gtest.h"

namespace aioemul::testing {
namespace {

sock_filter Statement(unsigned code, unsigned operand) {
  return {static_cast<unsigned short>(code), 0, 0, operand};
}
// Goes past the next statement unless the accumulator is `operand`.
sock_filter UnlessEqualSkip(unsigned operand) {
  return {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, operand};
}

// A filter that hands `calls` to a listener; the listener, or -1.
int InstallFilter(const std::vector<int>& calls) {
  std::vector<sock_filter> program = {
      Statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const int call : calls) {
    program.push_back(UnlessEqualSkip(static_cast<unsigned>(call)));
    program.push_back(Statement(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF));
  }
  program.push_back(Statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog whole = {static_cast<unsigned short>(program.size()),
                            program.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return static_cast<int>(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                                  SECCOMP_FILTER_FLAG_NEW_LISTENER, &whole));
}

}  // namespace

Refusal& Refusal::Impose(const std::vector<int>& calls, Judge judge) {
  Refusal& refusal = *new Refusal(std::move(judge));
  refusal.Install(calls);
  return refusal;
}

Refusal& Refusal::Impose(const std::vector<int>& calls, int error) {
  return Impose(calls, [error](const seccomp_data& /*call*/) { return error; });
}

void Refusal::Install(const std::vector<int>& calls) {
  // Who decides is there before the filter, and so is not under it.  Signals
  // are for others.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::promise<int> promise;
  std::promise<void> started;
  std::thread([this, &started, future = promise.get_future()]() mutable {
    started.set_value();
    Decide(future.get());
  }).detach();
  started.get_future().wait();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  const int listener = InstallFilter(calls);
  ASSERT_GE(listener, 0) << "no filter can be installed";
  promise.set_value(listener);
}

void Refusal::Decide(int listener) {
  for (;;) {
    seccomp_notif question = {};
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &question) != 0) continue;
    ++counts_[static_cast<size_t>(question.data.nr)];
    const int error = judge_(question.data);
    seccomp_notif_resp answer = {};
    answer.id = question.id;
    answer.error = -error;
    answer.flags = error == 0 ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0;
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
  }
}

}  // namespace aioemul::testing
