// One closing of descriptor numbers, by whatever call: what the engine does
// before and after it (contract H2).
//
//   DescriptorClosing closing(engine, fd);   // or a range
//   CloseBetween(closing, [] { return close(fd); });
//
// After Begin no request can start on the numbers, those that had not started
// are cancelled and notified, and those that ran are complete, or go on without
// the number.  It waits for transfers on files, as long as they take, and for
// nothing when nothing is outstanding.
//
// Signal safety: async-signal-safe, as close is.  A thread to be notified by is
// made by the attendant and not here.  End must follow whatever becomes of the
// thread that closes; it may not be left by a jump out of a handler.

#ifndef AIOEMUL_EMUL_CLOSING_H_
#define AIOEMUL_EMUL_CLOSING_H_

#include <pthread.h>

#include <atomic>

#include "absl/functional/function_ref.h"
#include "emul/closings.h"
#include "emul/engine.h"

namespace aioemul {

class DescriptorClosing {
 public:
  // `engine` is null while there is none, and may change at any time.
  DescriptorClosing(const std::atomic<Engine*>& engine, int fd)
      : DescriptorClosing(engine, fd, fd) {}
  // Closes nothing, and so cancels nothing, unless `closes`, which is asked
  // when something is outstanding and outlives the closing.
  DescriptorClosing(const std::atomic<Engine*>& engine, int fd,
                    absl::FunctionRef<bool()> closes)
      : engine_(engine), first_(fd), last_(fd), closes_(closes) {}
  // From `first` to `last`, both included.
  DescriptorClosing(const std::atomic<Engine*>& engine, int first, int last);
  DescriptorClosing(const DescriptorClosing&) = delete;
  DescriptorClosing& operator=(const DescriptorClosing&) = delete;

  void Begin();
  void End();

 private:
  static bool Always() { return true; }
  DescriptorQueue* FindQueue() const;
  void BeginOne();
  void BeginRange();
  void Enter(ClosingWord& word);
  void Leave();

  const std::atomic<Engine*>& engine_;
  const int first_;
  const int last_;
  const absl::FunctionRef<bool()> closes_;
  // The word entered, and how.
  ClosingWord* word_ = nullptr;
  ClosingWord::Value entered_ = 0;
};

// Closes by `close`, which is called once and gives the result.  A cancellation
// point, if that is one.
template <typename Close>
int CloseBetween(DescriptorClosing& closing, const Close& close) {
  int result = -1;
  // A handler may come here while its thread sleeps in a system call that is
  // open to asynchronous cancellation; this function is not.
  int cancel_type = PTHREAD_CANCEL_DEFERRED;
  pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &cancel_type);
  closing.Begin();
  // Not a destructor: some C libraries run only these when they cancel.
  pthread_cleanup_push(
      [](void* argument) { static_cast<DescriptorClosing*>(argument)->End(); },
      &closing);
  result = close();
  pthread_cleanup_pop(1);
  pthread_setcanceltype(cancel_type, nullptr);
  return result;
}

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_CLOSING_H_
