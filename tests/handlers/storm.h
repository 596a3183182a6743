// A storm of signals on one thread.  Another thread sends it one after the
// other, each as soon as the handler of the one before has returned and a
// random number of instructions has passed, so that over time one comes
// between any two instructions of what the thread does.
//
// The handler asks about requests, waits for them without limit, and takes
// their results: as if the library were free to be used, whatever call of it
// was interrupted (contract C3).

#ifndef AIOEMUL_TESTS_HANDLERS_STORM_H_
#define AIOEMUL_TESTS_HANDLERS_STORM_H_

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/handlers/shared_request.h"

namespace aioemul::testing {

// Where handlers run.
enum class HandlerStack : bool { kOfThread, kAlternate };

// One at a time.  Made, used and destroyed by the thread it strikes.
class Storm {
 public:
  Storm(std::vector<SharedRequest*> requests, HandlerStack stack);
  ~Storm() { Calm(); }
  Storm(const Storm&) = delete;
  Storm& operator=(const Storm&) = delete;

  // Makes `call`; handlers that come meanwhile count as interruptions.
  template <typename Call>
  auto Through(const Call& call) {
    inside_ = true;
    const auto result = call();
    inside_ = false;
    return result;
  }

  // Ends it; the counts hold from then on.
  void Calm();
  int interruptions() const { return interruptions_; }
  // Handlers that did not run on the stack that was asked for.
  int misplaced() const { return misplaced_; }

 private:
  static void Catch(int signal);
  void Handle();
  void Blow();

  const std::vector<SharedRequest*> requests_;
  const pthread_t target_;
  std::vector<char> alternate_stack_;
  stack_t stack_before_ = {};
  struct sigaction handling_before_ = {};
  sigset_t mask_before_ = {};

  std::atomic<bool> inside_{false};
  std::atomic<bool> calm_{false};
  std::atomic<int> handled_{0};
  std::atomic<int> interruptions_{0};
  std::atomic<int> misplaced_{0};
  std::thread sender_;
};

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_HANDLERS_STORM_H_
