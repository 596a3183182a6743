// The functions of aio/aio.h as an engine under test.

#ifndef AIOEMUL_TESTS_STRESS_PUBLIC_INTERFACE_H_
#define AIOEMUL_TESTS_STRESS_PUBLIC_INTERFACE_H_

#include <aio.h>
#include <sys/types.h>
#include <time.h>

#include "tests/stress/engine_under_test.h"

namespace aioemul::stress {

class PublicInterface final : public EngineUnderTest {
 public:
  int Read(aiocb* block) override;
  int Write(aiocb* block) override;
  int Sync(int operation, aiocb* block) override;
  int Error(const aiocb* block) override;
  // Cannot tell its own EINVAL from a request's; so no request may fail so.
  int Return(aiocb* block, ssize_t* result, int* status) override;
  int Suspend(const aiocb* const list[], int count,
              const timespec* timeout) override;
  int Cancel(int fd, aiocb* block) override;
  int List(int mode, aiocb* const list[], int count,
           const sigevent* event) override;
  void Configure(int threads, int reserve, int idle_time) override;
  int Close(int fd) override;
  pid_t Fork() override;
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_PUBLIC_INTERFACE_H_
