#include "tests/stress/interruptions.h"

#include <time.h>

#include <cerrno>

namespace aioemul::stress {
namespace {

constexpr int kSignal = SIGUSR2;

thread_local std::atomic<Watch*> watch_of_thread{nullptr};

}  // namespace

// --- Watch

Watch::Watch(EngineUnderTest& engine) : engine_(engine) {
  watch_of_thread = this;
}

Watch::~Watch() { watch_of_thread = nullptr; }

void Watch::Add(const aiocb* block) {
  for (std::atomic<const aiocb*>& watched : blocks_) {
    if (watched != nullptr) continue;
    watched = block;
    return;
  }
}

void Watch::Remove(const aiocb* block) {
  for (std::atomic<const aiocb*>& watched : blocks_) {
    if (watched == block) watched = nullptr;
  }
}

void Watch::Look() {
  ++runs_;
  std::array<const aiocb*, std::tuple_size_v<decltype(blocks_)>> list = {};
  bool any_complete = false;
  bool any = false;
  for (size_t i = 0; i < list.size(); ++i) {
    list[i] = blocks_[i];
    if (list[i] == nullptr) continue;
    any = true;
    const int status = engine_.Error(list[i]);
    if (status == EINVAL) wrong_ = "a handler found a request unknown";
    any_complete |= status != EINPROGRESS;
  }
  const timespec at_once = {};
  const int result =
      engine_.Suspend(list.data(), static_cast<int>(list.size()), &at_once);
  if (any_complete
          ? result != 0
          : (result == 0 && !any) ||
                (result != 0 && result != -EAGAIN && result != -EINTR)) {
    wrong_ = "aio_suspend in a handler gave a wrong answer";
  }
}

// --- Interruptions

Interruptions::Interruptions() {
  struct sigaction action = {};
  action.sa_handler = &Interruptions::Handle;
  sigemptyset(&action.sa_mask);
  sigaction(kSignal, &action, &previous_);
}

Interruptions::~Interruptions() { sigaction(kSignal, &previous_, nullptr); }

void Interruptions::Interrupt(Random& random) {
  pthread_kill(threads_[random.Below(threads_.size())], kSignal);
}

void Interruptions::Handle(int /*signal*/) {
  const int saved_errno = errno;
  if (Watch* watch = watch_of_thread) watch->Look();
  errno = saved_errno;
}

}  // namespace aioemul::stress
