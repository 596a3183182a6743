#include "emul/process.h"

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <new>

#include "absl/base/attributes.h"
#include "absl/base/thread_annotations.h"
#include "emul/asynchronous_signals.h"
#include "emul/check.h"
#include "emul/closings.h"
#include "emul/mutex.h"
#include "emul/options.h"
#include "emul/platform/platform.h"
#include "emul/uninterrupted.h"

namespace aioemul {
namespace {

// Held while an engine is made, and from before a fork until after it, so that
// no child sees one half made.  Whoever holds it blocks asynchronous signals.
ABSL_CONST_INIT Mutex making;

// Written under `making`.  Never null again, and never destroyed: there is no
// moment at which nobody can call it.
ABSL_CONST_INIT std::atomic<Engine*> current{nullptr};

// Those of the thread that forks, while it does; guarded by `making`.
sigset_t signals_of_forker;
int cancel_state_of_forker;

Engine* MakeIn(void* memory, const Engine* predecessor) {
  const Options options =
      predecessor == nullptr ? OptionsAtLoad() : predecessor->last_options();
  auto* engine = new (memory) Engine(options, SystemPlatform(), predecessor);
  // Ordered against who closes a descriptor and finds no engine: see
  // closings.h.
  current.store(engine, std::memory_order_seq_cst);
  return engine;
}

// --- Around every fork of the process, on the thread that forks -------------

// No handler may run on this thread while it holds the mutexes: it could wait
// for a thread that needs them (C3).
void BeforeFork() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  const sigset_t signals = BlockAsynchronousSignals();
  // Nor may it be cancelled: a handler may fork where its thread is open to
  // that at any instruction.
  int cancel_state = PTHREAD_CANCEL_ENABLE;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
  making.Lock();
  signals_of_forker = signals;
  cancel_state_of_forker = cancel_state;
  Engine* engine = current.load(std::memory_order_relaxed);
  if (engine != nullptr) engine->HoldForFork();
}

// The last step, in parent and child.
void Release() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  const sigset_t signals = signals_of_forker;
  const int cancel_state = cancel_state_of_forker;
  making.Unlock();
  pthread_setcancelstate(cancel_state, nullptr);
  pthread_sigmask(SIG_SETMASK, &signals, nullptr);
}

void AfterForkInParent() {
  Engine* engine = current.load(std::memory_order_relaxed);
  if (engine != nullptr) engine->ReleaseAfterFork();
  Release();
}

void AfterForkInChild() {
  ProcessClosings().Abandon();
  Engine* engine = current.load(std::memory_order_relaxed);
  if (engine != nullptr) {
    engine->Abandon();
    engine->ReleaseAfterFork();
  }
  Release();
}

// When the library is loaded: the first call may come from a signal handler,
// where nothing can be registered.
__attribute__((constructor)) void PrepareForForks() {
  Check(pthread_atfork(&BeforeFork, &AfterForkInParent, &AfterForkInChild) == 0,
        "no memory for the fork handlers");
}

}  // namespace

const std::atomic<Engine*>& ProcessEngineSlot() { return current; }

Engine& ProcessEngine() {
  Engine* engine = current.load(std::memory_order_acquire);
  if (engine != nullptr) return *engine;

  const Uninterrupted uninterrupted;
  MutexLock lock(making);
  engine = current.load(std::memory_order_relaxed);
  if (engine != nullptr) return *engine;
  alignas(Engine) static char memory[sizeof(Engine)];
  return *MakeIn(memory, /*predecessor=*/nullptr);
}

Engine& WorkingProcessEngine() {
  Engine& engine = ProcessEngine();
  if (!engine.abandoned()) return engine;

  const Uninterrupted uninterrupted;
  MutexLock lock(making);
  Engine* latest = current.load(std::memory_order_relaxed);
  if (!latest->abandoned()) return *latest;
  void* memory = SystemPlatform().Allocate(sizeof(Engine));
  return memory == nullptr ? *latest : *MakeIn(memory, latest);
}

}  // namespace aioemul
