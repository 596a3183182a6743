// The engine as the programs call it, so that a test can plant a bug between
// the two.

#ifndef AIOEMUL_TESTS_STRESS_ENGINE_UNDER_TEST_H_
#define AIOEMUL_TESTS_STRESS_ENGINE_UNDER_TEST_H_

#include <aio.h>
#include <time.h>

#include "emul/engine.h"

namespace aioemul::stress {

class EngineUnderTest {
 public:
  explicit EngineUnderTest(Engine& engine) : engine_(engine) {}
  virtual ~EngineUnderTest() = default;
  EngineUnderTest(const EngineUnderTest&) = delete;
  EngineUnderTest& operator=(const EngineUnderTest&) = delete;

  virtual int Sync(int operation, aiocb* block) {
    return engine_.Sync(operation, block);
  }
  virtual int Cancel(int fd, aiocb* block) { return engine_.Cancel(fd, block); }

  int Read(aiocb* block) { return engine_.Read(block); }
  int Write(aiocb* block) { return engine_.Write(block); }
  int Error(const aiocb* block) const { return engine_.Error(block); }
  int Return(aiocb* block, ssize_t* result, int* status) {
    return engine_.Return(block, result, status);
  }
  int Suspend(const aiocb* const list[], int count, const timespec* timeout) {
    return engine_.Suspend(list, count, timeout);
  }
  int List(int mode, aiocb* const list[], int count, const sigevent* event) {
    return engine_.List(mode, list, count, event);
  }
  void Configure(int threads, int reserve, int idle_time) {
    engine_.Configure(threads, reserve, idle_time);
  }

 private:
  Engine& engine_;
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_ENGINE_UNDER_TEST_H_
