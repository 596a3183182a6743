// One closing of descriptor numbers, by whatever call: what the engine does
// before and after it (SEMANTICS H2).
//
//   DescriptorClosing closing(engine, fd);   // or a range
//   closing.Begin();
//   close(fd);
//   closing.End();
//
// After Begin no request can start on the numbers, those that had not started
// are cancelled and notified, and those that ran are complete, or go on without
// the number.  It waits for transfers on files, as long as they take, and for
// nothing when nothing is outstanding.
//
// Signal safety: async-signal-safe, as close is.  A thread to be notified by is
// made by a worker and not here.  End must follow whatever becomes of the
// thread that closes; it may not be left by a jump out of a handler.

#ifndef AIOEMUL_EMUL_CLOSING_H_
#define AIOEMUL_EMUL_CLOSING_H_

#include <pthread.h>

#include "emul/closings.h"
#include "emul/engine.h"

namespace aioemul {

class DescriptorClosing {
 public:
  // `engine` may be null: there is none yet.
  DescriptorClosing(Engine* engine, int fd)
      : DescriptorClosing(engine, fd, fd) {}
  // From `first` to `last`, both included.
  DescriptorClosing(Engine* engine, int first, int last);
  DescriptorClosing(const DescriptorClosing&) = delete;
  DescriptorClosing& operator=(const DescriptorClosing&) = delete;

  void Begin();
  void End();

 private:
  void BeginOne();

  Engine* const engine_;
  const int first_;
  const int last_;
  Closings::Stay stay_;
};

// Closes by `close`, which is called once and gives the result.  A cancellation
// point, if that is one.
template <typename Close>
int CloseBetween(DescriptorClosing& closing, const Close& close) {
  int result = -1;
  closing.Begin();
  // Not a destructor: some C libraries run only these when they cancel.
  pthread_cleanup_push(
      [](void* argument) { static_cast<DescriptorClosing*>(argument)->End(); },
      &closing);
  result = close();
  pthread_cleanup_pop(1);
  return result;
}

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_CLOSING_H_
