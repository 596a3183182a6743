#include "tests/handlers/storm.h"

#include <sched.h>

#include <cerrno>
#include <random>
#include <utility>

namespace aioemul::testing {
namespace {

constexpr int kSignal = SIGUSR1;
constexpr size_t kAlternateStack = size_t{256} * 1024;
constexpr unsigned kLongestLull = 4000;  // turns of an empty loop

// The handler's; handlers of other threads never run.
std::atomic<Storm*> storm{nullptr};

}  // namespace

Storm::Storm(std::vector<SharedRequest*> requests, HandlerStack stack)
    : requests_(std::move(requests)), target_(pthread_self()) {
  storm = this;
  struct sigaction handling = {};
  handling.sa_handler = &Catch;
  if (stack == HandlerStack::kAlternate) {
    alternate_stack_.resize(kAlternateStack);
    stack_t alternate = {};
    alternate.ss_sp = alternate_stack_.data();
    alternate.ss_size = alternate_stack_.size();
    sigaltstack(&alternate, &stack_before_);
    handling.sa_flags = SA_ONSTACK;
  }
  sigaction(kSignal, &handling, &handling_before_);
  sender_ = std::thread([this] { Blow(); });
  sigset_t used;
  sigemptyset(&used);
  sigaddset(&used, kSignal);
  pthread_sigmask(SIG_UNBLOCK, &used, &mask_before_);
}

void Storm::Calm() {
  if (!sender_.joinable()) return;
  calm_ = true;
  sender_.join();
  pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
  // What is still pending is dropped.
  struct sigaction ignored = {};
  ignored.sa_handler = SIG_IGN;
  sigaction(kSignal, &ignored, nullptr);
  sigaction(kSignal, &handling_before_, nullptr);
  if (!alternate_stack_.empty()) sigaltstack(&stack_before_, nullptr);
  storm = nullptr;
}

// At most one is sent for each that was handled: a thread that always had one
// pending would never get on.
void Storm::Blow() {
  std::minstd_rand random(4711);
  while (!calm_) {
    const int handled = handled_;
    pthread_kill(target_, kSignal);
    while (handled_ == handled && !calm_) sched_yield();
    for (volatile unsigned turns = random() % kLongestLull; turns > 0;) {
      turns = turns - 1;
    }
  }
}

void Storm::Catch(int /*signal*/) {
  const int saved = errno;
  storm.load()->Handle();
  errno = saved;
}

void Storm::Handle() {
  if (inside_) ++interruptions_;
  if (!alternate_stack_.empty()) {
    const char* here =
        reinterpret_cast<const char*>(__builtin_frame_address(0));
    const bool on_it = here >= alternate_stack_.data() &&
                       here < alternate_stack_.data() + alternate_stack_.size();
    misplaced_ += on_it ? 0 : 1;
  }
  for (SharedRequest* request : requests_) {
    request->Ask();
    // No other signal comes, so this is over when the request is.
    request->Await();
    request->TakeResult();
  }
  ++handled_;
}

}  // namespace aioemul::testing
