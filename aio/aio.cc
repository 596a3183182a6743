// The C entry points: a call into the engine, and errno.

#include "aio/aio.h"

#include <unistd.h>

#include <cerrno>

#include "emul/closing.h"
#include "emul/control_block.h"
#include "emul/platform/annotations.h"
#include "emul/platform/own_descriptors.h"
#include "emul/process.h"

namespace {

using aioemul::CloseBetween;
using aioemul::DescriptorClosing;
using aioemul::Engine;
using aioemul::ProcessEngine;
using aioemul::ProcessEngineSlot;
using aioemul::WorkingProcessEngine;

// Turns the engine's answer into the C library's manner.
int ToReturn(int answer) {
  if (answer >= 0) return answer;
  errno = -answer;
  return -1;
}

// Has a working engine make `call`.  Where a handler forked before the call had
// begun, its engine takes nothing any more, and the next one makes it.
template <typename Call>
int Submit(const Call& call) {
  for (;;) {
    Engine& engine = WorkingProcessEngine();
    const int answer = call(engine);
    if (answer != -ESTALE) return ToReturn(answer);
    if (&engine == &WorkingProcessEngine()) return ToReturn(-EAGAIN);
  }
}

}  // namespace

extern "C" {

int aioemul_read(aiocb* control_block) {
  return Submit([=](Engine& engine) { return engine.Read(control_block); });
}

int aioemul_write(aiocb* control_block) {
  return Submit([=](Engine& engine) { return engine.Write(control_block); });
}

int aioemul_fsync(int operation, aiocb* control_block) {
  return Submit(
      [=](Engine& engine) { return engine.Sync(operation, control_block); });
}

int aioemul_error(const aiocb* control_block) {
  // The common case needs no engine.
  if (control_block != nullptr) {
    const aioemul::control_block::Word word =
        aioemul::control_block::Load(control_block);
    if (aioemul::control_block::IsComplete(word)) {
      aioemul::annotations::Acquire(control_block);
      return aioemul::control_block::StatusOf(word);
    }
  }
  return ProcessEngine().Error(control_block);
}

ssize_t aioemul_return(aiocb* control_block) {
  ssize_t result = -1;
  int status = 0;
  const int error = ProcessEngine().Return(control_block, &result, &status);
  if (error != 0) return ToReturn(error);
  if (status != 0) errno = status;
  return result;
}

int aioemul_suspend(const aiocb* const list[], int nent,
                    const timespec* timeout) {
  return ToReturn(ProcessEngine().Suspend(list, nent, timeout));
}

int aioemul_cancel(int fildes, aiocb* control_block) {
  return ToReturn(ProcessEngine().Cancel(fildes, control_block));
}

int aioemul_listio(int mode, aiocb* const list[], int nent, sigevent* event) {
  return Submit(
      [=](Engine& engine) { return engine.List(mode, list, nent, event); });
}

int aioemul_close(int fildes) {
  if (aioemul::own_descriptors::IsRegistered(fildes) &&
      aioemul::own_descriptors::Guards(fildes)) {
    return ToReturn(-EBADF);
  }
  DescriptorClosing closing(ProcessEngineSlot(), fildes);
  return CloseBetween(closing, [fildes] { return close(fildes); });
}

void aioemul_init(const aioinit* init) {
  if (init == nullptr) return;
  WorkingProcessEngine().Configure(init->aio_threads, init->aio_num,
                                   init->aio_idle_time);
}

}  // extern "C"
