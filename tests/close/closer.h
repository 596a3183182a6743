// A thread that closes a descriptor number by an engine's leave, and what it
// did.

#ifndef AIOEMUL_TESTS_CLOSE_CLOSER_H_
#define AIOEMUL_TESTS_CLOSE_CLOSER_H_

#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>
#include <utility>

#include "emul/closing.h"
#include "emul/engine.h"

namespace aioemul::testing {

class Closer {
 public:
  // Closes `fd` by `close`, which gives the result.
  Closer(Engine& engine, int fd, std::function<int()> close)
      : Closer(engine, fd, fd, std::move(close)) {}
  // Closes all from `first` to `last` by `close`.
  Closer(Engine& engine, int first, int last, std::function<int()> close)
      : close_(std::move(close)), thread_([this, &engine, first, last] {
          const std::atomic<Engine*> slot{&engine};
          DescriptorClosing closing(slot, first, last);
          result_ = CloseBetween(closing, [this] {
            reached_ = true;
            return close_();
          });
        }) {}
  ~Closer() {
    if (thread_.joinable()) thread_.join();
  }
  Closer(const Closer&) = delete;
  Closer& operator=(const Closer&) = delete;

  // Whether the descriptor is being closed, or was.
  bool reached() const { return reached_; }
  // Waits until it is closed; what `close` gave.
  int Await() {
    thread_.join();
    return result_;
  }
  pthread_t handle() { return thread_.native_handle(); }

 private:
  const std::function<int()> close_;
  std::atomic<bool> reached_{false};
  int result_ = -1;
  std::thread thread_;
};

// Closes `fd` here and now, by close.
inline int CloseNow(Engine& engine, int fd) {
  const std::atomic<Engine*> slot{&engine};
  DescriptorClosing closing(slot, fd);
  return CloseBetween(closing, [fd] { return close(fd); });
}

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_CLOSE_CLOSER_H_
