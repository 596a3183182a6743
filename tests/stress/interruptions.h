// Signal handlers that run at any moment, also inside the engine's calls, and
// call what may be called there: Error and Suspend (contract C3).

#ifndef AIOEMUL_TESTS_STRESS_INTERRUPTIONS_H_
#define AIOEMUL_TESTS_STRESS_INTERRUPTIONS_H_

#include <aio.h>
#include <pthread.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <vector>

#include "tests/stress/engine_under_test.h"
#include "tests/stress/random.h"

namespace aioemul::stress {

// The control blocks that handlers on one thread ask about.  To be made, used
// and destroyed by that thread.
class Watch {
 public:
  explicit Watch(EngineUnderTest& engine);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // From its acceptance until just before its result is taken.
  void Add(const aiocb* block);
  void Remove(const aiocb* block);

  // How often a handler ran, and what it found to be wrong, if anything.
  int runs() const { return runs_; }
  const char* wrong() const { return wrong_; }

 private:
  friend class Interruptions;
  void Look();

  EngineUnderTest& engine_;
  std::array<std::atomic<const aiocb*>, 8> blocks_ = {};
  std::atomic<int> runs_{0};
  std::atomic<const char*> wrong_{nullptr};
};

// The handler, while this lives, and the threads that may be interrupted.
class Interruptions {
 public:
  Interruptions();
  ~Interruptions();
  Interruptions(const Interruptions&) = delete;
  Interruptions& operator=(const Interruptions&) = delete;

  // Before the first Interrupt.  All must live until after the last.
  void SetThreads(std::vector<pthread_t> threads) {
    threads_ = std::move(threads);
  }
  // Sends the signal to any of the threads.
  void Interrupt(Random& random);

 private:
  static void Handle(int signal);

  struct sigaction previous_ = {};
  std::vector<pthread_t> threads_;
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_INTERRUPTIONS_H_
