// A request that one thread submits again and again, while handlers ask about
// it, wait for it, and take its result if they are first.  Who waits for it
// will surely see it complete, as long as nobody is kept from working.

#ifndef AIOEMUL_TESTS_HANDLERS_SHARED_REQUEST_H_
#define AIOEMUL_TESTS_HANDLERS_SHARED_REQUEST_H_

#include <aio.h>

#include <array>
#include <atomic>
#include <thread>

namespace aioemul::testing {

class SharedRequest {
 public:
  // Reads from `fd`, which holds something.  What can only be read once is
  // written to `refill` after each submission, unless that is below 0.
  explicit SharedRequest(int fd, int refill = -1);
  SharedRequest(const SharedRequest&) = delete;
  SharedRequest& operator=(const SharedRequest&) = delete;

  // --- For the thread that it belongs to, in turns.
  void Submit();
  // Waits until it is complete; afterwards nobody can take the result.
  void Finish();

  // --- For any thread and handler.  Each counts the answers that should not
  // --- have been given.
  void Ask();
  void Await();
  // A result that was taken before is no longer there.
  void TakeResult();

  long completed() const { return completed_; }
  long taken() const { return taken_; }
  int wrong() const { return wrong_; }

 private:
  void ExpectThat(bool condition) { wrong_ += condition ? 0 : 1; }

  const int refill_;
  std::array<char, 4> buffer_ = {};
  aiocb block_ = {};
  std::atomic<long> completed_{0};
  std::atomic<long> taken_{0};
  std::atomic<int> wrong_{0};
};

// A thread that keeps a request going for as long as it lives.
class Companion {
 public:
  explicit Companion(SharedRequest& request)
      : thread_([this, &request] {
          while (!stop_) {
            request.Submit();
            request.Finish();
          }
        }) {}
  ~Companion() {
    stop_ = true;
    thread_.join();
  }
  Companion(const Companion&) = delete;
  Companion& operator=(const Companion&) = delete;

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_HANDLERS_SHARED_REQUEST_H_
