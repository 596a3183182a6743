// What every behaviour test starts from: an engine of its own over a fake
// platform, and short ways to write requests down.

#ifndef AIOEMUL_TESTS_BEHAVIOUR_ENGINE_FIXTURE_H_
#define AIOEMUL_TESTS_BEHAVIOUR_ENGINE_FIXTURE_H_

#include <aio.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/types.h>

#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "emul/engine.h"
#include "emul/options.h"
#include "gtest/gtest.h"
#include "tests/support/fake_platform.h"

namespace aioemul::testing {

// What aio_error and aio_return said of a request.
struct Outcome {
  int error;
  ssize_t result;
};
inline bool operator==(const Outcome& a, const Outcome& b) {
  return a.error == b.error && a.result == b.result;
}
std::ostream& operator<<(std::ostream& stream, const Outcome& outcome);

inline Outcome Success(size_t count) {
  return {0, static_cast<ssize_t>(count)};
}
inline Outcome Failure(int error) { return {error, -1}; }

// --- Control blocks that notify nobody.
aiocb ReadBlock(int fd, void* buffer, size_t count, off_t offset = 0);
aiocb ReadBlock(int fd, std::string& buffer, off_t offset = 0);
// The text must outlive the request.
aiocb WriteBlock(int fd, std::string_view text, off_t offset = 0);
aiocb SyncBlock(int fd);

sigevent NoEvent();
sigevent SignalEvent(int signal, int value = 0);
sigevent ThreadEvent(void (*function)(sigval), void* argument);

// Something that happens a number of times, and can be waited for.  May be
// destroyed as soon as the last wait has returned.
class Gate {
 public:
  Gate() { sem_init(&semaphore_, /*pshared=*/0, 0); }
  ~Gate() { sem_destroy(&semaphore_); }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  void Open() { sem_post(&semaphore_); }  // async-signal-safe
  void Await(int times = 1);
  bool IsOpen();

 private:
  sem_t semaphore_;
};

// Waits until `block` is complete and takes its result.
Outcome Await(Engine& engine, aiocb& block);

class EngineTest : public ::testing::Test {
 protected:
  ~EngineTest() override { platform.ReleaseAll(); }

  // Made by the first call, with the options of that moment.
  Engine& engine();
  // Makes another with the options of now.  No request may be outstanding.
  void RestartEngine() { engine_.reset(); }

  Outcome Await(aiocb& block) { return testing::Await(engine(), block); }
  Outcome Take(aiocb& block);  // the result, without waiting
  int ErrorOf(const aiocb& block) { return engine().Error(&block); }
  // Waits for something that must come about by itself.
  template <typename Condition>
  void AwaitThat(Condition condition) {
    while (!condition()) sched_yield();
  }

  FakePlatform platform;
  Options options;

 private:
  std::unique_ptr<Engine> engine_;
};

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_BEHAVIOUR_ENGINE_FIXTURE_H_
