#include "emul/process.h"

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <cstdint>
#include <new>
#include <utility>

#include "absl/base/attributes.h"
#include "absl/base/thread_annotations.h"
#include "emul/asynchronous_signals.h"
#include "emul/check.h"
#include "emul/closings.h"
#include "emul/mutex.h"
#include "emul/options.h"
#include "emul/platform/annotations.h"
#include "emul/platform/fork_mark.h"
#include "emul/platform/own_descriptors.h"
#include "emul/platform/platform.h"
#include "emul/uninterrupted.h"

namespace aioemul {
namespace {

// --- Whether this process knows itself
//
// The word is kSettled but in a forked child, where the system clears it; or
// the fork handler does, where the system has no such memory.  Any thread looks
// at it, and so do handlers; whoever changes it has all signals blocked.
enum Mark : uint32_t { kUnsettled = 0, kSettling, kSettled };

ABSL_CONST_INIT std::atomic<uint32_t> uncleared_mark{kSettled};
// Changed once, under `making`, before there is anything to settle.
ABSL_CONST_INIT std::atomic<std::atomic<uint32_t>*> mark{&uncleared_mark};

// --- The engine

// Held while an engine is made.  A fork does not take it: what a child finds
// half made it makes again, and the lock too.  Whoever holds it has all signals
// blocked, so it is never the thread that forks.
ABSL_CONST_INIT Mutex making;

// Written under `making`.  Never null again, and never destroyed: there is no
// moment at which nobody can call it.
ABSL_CONST_INIT std::atomic<Engine*> current{nullptr};

// --- A fork that the handlers were told of, from before it until after it

// Held meanwhile, taken last and given back first of all: nothing is waited for
// under it but what Platform::HoldForFork takes.
ABSL_CONST_INIT Mutex forking;

// Guarded by `forking`; in a child, the property of whoever settles it.
struct ForkUnderWay {
  std::atomic<bool> holds{false};
  pthread_t thread = {};
  Engine* engine = nullptr;  // null when there is none
  sigset_t signals = {};
  int cancel_state = PTHREAD_CANCEL_ENABLE;
};
ABSL_CONST_INIT ForkUnderWay fork_under_way;

// Whether the fork under way is that of which this process is the child:
// another thread's may have been under way, too.
bool WasTold() {
  return fork_under_way.holds.load(std::memory_order_relaxed) &&
         pthread_equal(fork_under_way.thread, pthread_self()) != 0;
}

// Makes the process that is the child of a fork its own.  It may be half done
// already, by a thread of a parent that forked amid it.
void BecomeChild() {
  fork_under_way.holds.store(false, std::memory_order_relaxed);
  ProcessClosings().Abandon();
  Engine* engine = current.load(std::memory_order_relaxed);
  if (engine != nullptr) engine->Abandon();
  SystemPlatform().StartAfresh();
  new (&forking) Mutex();
  new (&making) Mutex();
}

// Returns when the process is settled, by this thread or another.
ABSL_ATTRIBUTE_NOINLINE void Settle() {
  // A handler that comes here must not wait for its own thread.
  const Uninterrupted uninterrupted;
  std::atomic<uint32_t>& word = *mark.load(std::memory_order_acquire);
  for (;;) {
    uint32_t seen = kUnsettled;
    if (word.compare_exchange_strong(seen, kSettling,
                                     std::memory_order_acquire)) {
      BecomeChild();
      word.store(kSettled, std::memory_order_release);
      SystemPlatform().Wake(word);
      return;
    }
    if (seen == kSettled) return;
    SystemPlatform().Wait(word, kSettling, kNever);
  }
}

// Before anything else in every way into the library.
inline void MakeSureOfProcess() {
  const std::atomic<uint32_t>& word = *mark.load(std::memory_order_acquire);
  if (word.load(std::memory_order_acquire) != kSettled) Settle();
}

void PlaceMark() ABSL_EXCLUSIVE_LOCKS_REQUIRED(making) {
  if (mark.load(std::memory_order_relaxed) != &uncleared_mark) return;
  std::atomic<uint32_t>* word = fork_mark::New();
  if (word == nullptr) return;
  word->store(kSettled, std::memory_order_relaxed);
  mark.store(word, std::memory_order_release);
}

Engine* MakeIn(void* memory, const Engine* predecessor) {
  const Options options =
      predecessor == nullptr ? OptionsAtLoad() : predecessor->last_options();
  annotations::Unwatched(memory, sizeof(Engine));
  auto* engine = new (memory) Engine(options, SystemPlatform(), predecessor);
  // Ordered against who closes a descriptor and finds no engine: see
  // closings.h.
  current.store(engine, std::memory_order_seq_cst);
  return engine;
}

// The engine that works, made if there is none and there is memory for it.
ABSL_ATTRIBUTE_NOINLINE Engine& Make() {
  const Uninterrupted uninterrupted;
  MutexLock lock(making);
  Engine* latest = current.load(std::memory_order_relaxed);
  if (latest == nullptr) {
    PlaceMark();
    alignas(Engine) static char memory[sizeof(Engine)];
    return *MakeIn(memory, /*predecessor=*/nullptr);
  }
  if (!latest->abandoned()) return *latest;
  void* memory = SystemPlatform().Allocate(sizeof(Engine));
  return memory == nullptr ? *latest : *MakeIn(memory, latest);
}

// --- Around every fork that runs handlers, on the thread that forks ---------
//
// They are the first to be registered, so BeforeFork runs after the program's
// own, which may use the library, and the others before the program's own.

// No handler may run on this thread while it holds the mutexes: it could wait
// for a thread that needs them (C3).
void BeforeFork() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  MakeSureOfProcess();
  const sigset_t signals = BlockAsynchronousSignals();
  // Nor may it be cancelled: a handler may fork where its thread is open to
  // that at any instruction.
  int cancel_state = PTHREAD_CANCEL_ENABLE;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
  forking.Lock();
  SystemPlatform().HoldForFork();
  fork_under_way.signals = signals;
  fork_under_way.cancel_state = cancel_state;
  fork_under_way.engine = current.load(std::memory_order_acquire);
  fork_under_way.thread = pthread_self();
  fork_under_way.holds.store(true, std::memory_order_release);
}

// The last step, in parent and child.
void RestoreThread(const sigset_t& signals, int cancel_state) {
  pthread_setcancelstate(cancel_state, nullptr);
  pthread_sigmask(SIG_SETMASK, &signals, nullptr);
}

void AfterForkInParent() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  const sigset_t signals = fork_under_way.signals;
  const int cancel_state = fork_under_way.cancel_state;
  fork_under_way.holds.store(false, std::memory_order_relaxed);
  SystemPlatform().ReleaseAfterFork();
  forking.Unlock();
  RestoreThread(signals, cancel_state);
}

// A child that nothing of the library's was going on for need not be settled
// before it calls the library, which most never do.  But a call that a handler
// interrupted to fork goes on in the child, and must find the engine closed to
// it.
bool MayWait() {
  const Engine* engine = fork_under_way.engine;
  return mark.load(std::memory_order_relaxed) != &uncleared_mark &&
         (engine == nullptr || engine->IsIdle());
}

void AfterForkInChild() {
  const sigset_t signals = fork_under_way.signals;
  const int cancel_state = fork_under_way.cancel_state;
  // A handler of the program's may have been first.
  if (WasTold() && MayWait()) {
    Engine* engine = fork_under_way.engine;
    own_descriptors::CloseInherited();
    fork_under_way.holds.store(false, std::memory_order_relaxed);
    if (engine != nullptr) engine->Refuse();
  } else {
    if (mark.load(std::memory_order_relaxed) == &uncleared_mark) {
      uncleared_mark.store(kUnsettled, std::memory_order_relaxed);
    }
    MakeSureOfProcess();
  }
  RestoreThread(signals, cancel_state);
}

// When the library is loaded: the first call may come from a signal handler,
// where nothing can be registered.  Before any constructor of the program's or
// of its libraries', each of which may register handlers that use the library:
// the drop-in is linked with -z initfirst, and a static library's constructors
// go by their numbers.
__attribute__((constructor(101))) void PrepareForForks() {
  Check(pthread_atfork(&BeforeFork, &AfterForkInParent, &AfterForkInChild) == 0,
        "no memory for the fork handlers");
  const Uninterrupted uninterrupted;
  MutexLock lock(making);
  PlaceMark();
}

}  // namespace

const std::atomic<Engine*>& ProcessEngineSlot() {
  MakeSureOfProcess();
  return current;
}

Engine& ProcessEngine() {
  MakeSureOfProcess();
  Engine* engine = current.load(std::memory_order_acquire);
  return engine != nullptr ? *engine : Make();
}

Engine& WorkingProcessEngine() {
  MakeSureOfProcess();
  Engine* engine = current.load(std::memory_order_acquire);
  return engine != nullptr && !engine->abandoned() ? *engine : Make();
}

}  // namespace aioemul
