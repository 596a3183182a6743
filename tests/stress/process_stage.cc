#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <cerrno>
#include <memory>
#include <thread>

#include "tests/stress/notice.h"
#include "tests/stress/public_interface.h"
#include "tests/stress/sabotage.h"
#include "tests/stress/stage.h"

namespace aioemul::stress {
namespace {

// Takes the signals that notify, in a thread of its own, while this lives: in
// the order in which they were sent.  Threads made meanwhile inherit that they
// are blocked.
class Receiver {
 public:
  Receiver() {
    sigemptyset(&signals_);
    sigaddset(&signals_, NoticeSignal());
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
    thread_ = std::thread([this] { Receive(); });
  }
  ~Receiver() {
    // Refused while the user's pending signals are at their limit.
    while (pthread_kill(thread_.native_handle(), NoticeSignal()) == EAGAIN) {
      sched_yield();
    }
    thread_.join();
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

 private:
  void Receive() {
    for (;;) {
      siginfo_t info = {};
      if (sigwaitinfo(&signals_, &info) < 0) continue;
      // The destructor's tells of nothing.
      if (info.si_value.sival_ptr == nullptr) return;
      Notice::Arrive(info.si_value);
    }
  }

  sigset_t signals_ = {};
  sigset_t before_ = {};
  std::thread thread_;
};

// What tells of files that grow too long arrives as EFBIG.
class NoFileSizeSignal {
 public:
  NoFileSizeSignal() {
    struct sigaction action = {};
    action.sa_handler = SIG_IGN;
    sigaction(SIGXFSZ, &action, &before_);
  }
  ~NoFileSizeSignal() { sigaction(SIGXFSZ, &before_, nullptr); }
  NoFileSizeSignal(const NoFileSizeSignal&) = delete;
  NoFileSizeSignal& operator=(const NoFileSizeSignal&) = delete;

 private:
  struct sigaction before_ = {};
};

class ProcessStage final : public Stage {
 public:
  ProcessStage(const Mix& mix, Bug bug) : sabotaged_(bug, calls_, nullptr) {
    if (mix.faults.error > 0) limits_.LimitFileSize();
    calls_.Configure(mix.workers, /*reserve=*/0, mix.idle_time);
  }

  EngineUnderTest& engine() override { return sabotaged_; }
  Limits* limits() override { return &limits_; }
  Injected Finish(Failures& /*failures*/) override { return {}; }

 private:
  const Receiver receiver_;
  const NoFileSizeSignal no_file_size_signal_;
  Limits limits_;
  PublicInterface calls_;
  SabotagedEngine sabotaged_;
};

}  // namespace

std::unique_ptr<Stage> MakeProcessStage(const Mix& mix, Bug bug) {
  return std::make_unique<ProcessStage>(mix, bug);
}

}  // namespace aioemul::stress
