// The engine as the programs call it: one of their own, or the one behind
// aio/aio.h; and with bugs planted between the two (sabotage.h).
//
// Answers are those of emul/engine.h: negative errno values in place of -1 and
// errno.  Thread and signal safety: as there.

#ifndef AIOEMUL_TESTS_STRESS_ENGINE_UNDER_TEST_H_
#define AIOEMUL_TESTS_STRESS_ENGINE_UNDER_TEST_H_

#include <aio.h>
#include <sys/types.h>
#include <time.h>

#include <cerrno>

#include "emul/engine.h"

namespace aioemul::stress {

class EngineUnderTest {
 public:
  EngineUnderTest() = default;
  virtual ~EngineUnderTest() = default;
  EngineUnderTest(const EngineUnderTest&) = delete;
  EngineUnderTest& operator=(const EngineUnderTest&) = delete;

  virtual int Read(aiocb* block) = 0;
  virtual int Write(aiocb* block) = 0;
  virtual int Sync(int operation, aiocb* block) = 0;
  virtual int Error(const aiocb* block) = 0;
  virtual int Return(aiocb* block, ssize_t* result, int* status) = 0;
  virtual int Suspend(const aiocb* const list[], int count,
                      const timespec* timeout) = 0;
  virtual int Cancel(int fd, aiocb* block) = 0;
  virtual int List(int mode, aiocb* const list[], int count,
                   const sigevent* event) = 0;
  virtual void Configure(int threads, int reserve, int idle_time) = 0;

  // Closes a descriptor on which requests may be outstanding.
  virtual int Close(int fd) = 0;
  // As fork.
  virtual pid_t Fork() = 0;
};

// An engine of one's own.
class OwnEngine final : public EngineUnderTest {
 public:
  explicit OwnEngine(Engine& engine) : engine_(engine) {}

  int Read(aiocb* block) override { return engine_.Read(block); }
  int Write(aiocb* block) override { return engine_.Write(block); }
  int Sync(int operation, aiocb* block) override {
    return engine_.Sync(operation, block);
  }
  int Error(const aiocb* block) override { return engine_.Error(block); }
  int Return(aiocb* block, ssize_t* result, int* status) override {
    return engine_.Return(block, result, status);
  }
  int Suspend(const aiocb* const list[], int count,
              const timespec* timeout) override {
    return engine_.Suspend(list, count, timeout);
  }
  int Cancel(int fd, aiocb* block) override {
    return engine_.Cancel(fd, block);
  }
  int List(int mode, aiocb* const list[], int count,
           const sigevent* event) override {
    return engine_.List(mode, list, count, event);
  }
  void Configure(int threads, int reserve, int idle_time) override {
    engine_.Configure(threads, reserve, idle_time);
  }
  // Of these only the process's engine learns.
  int Close(int /*fd*/) override { return -ENOSYS; }
  pid_t Fork() override { return -ENOSYS; }

 private:
  Engine& engine_;
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_ENGINE_UNDER_TEST_H_
