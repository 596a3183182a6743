#include "tools/aioemul/bench/thread_transfers.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/aioemul/bench/transfers.h"

namespace aioemul::tools::bench {
namespace {

constexpr int kThreads = 32;

// As simple as a program would make it for itself.
class ThreadTransfers : public Transfers {
 public:
  explicit ThreadTransfers(const TransferSetting& setting) : setting_(setting) {
    for (int i = 0; i < kThreads; ++i) {
      threads_.emplace_back([this] { Serve(); });
    }
  }

  ~ThreadTransfers() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      over_ = true;
    }
    submitted_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  absl::Status Submit(size_t slot) override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      waiting_.push_back(slot);
    }
    submitted_.notify_one();
    return absl::OkStatus();
  }

  absl::Status Collect(std::vector<size_t>* finished) override {
    std::unique_lock<std::mutex> lock(mutex_);
    completed_.wait(lock, [this] { return !finished_.empty(); });
    finished->insert(finished->end(), finished_.begin(), finished_.end());
    finished_.clear();
    return absl::OkStatus();
  }

 private:
  void Serve() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
      submitted_.wait(lock, [this] { return over_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      const size_t slot = waiting_.front();
      waiting_.pop_front();
      lock.unlock();
      Carry(setting_.slots[slot]);
      lock.lock();
      finished_.push_back(slot);
      completed_.notify_one();
    }
  }

  void Carry(Slot& slot) const {
    const ssize_t result = setting_.write
                               ? pwrite(setting_.fd, slot.buffer,
                                        setting_.block_bytes, slot.offset)
                               : pread(setting_.fd, slot.buffer,
                                       setting_.block_bytes, slot.offset);
    slot.result = result < 0 ? -errno : result;
  }

  const TransferSetting setting_;
  std::vector<std::thread> threads_;
  std::condition_variable submitted_;
  std::condition_variable completed_;
  // Guards what follows, and the slots under way.
  std::mutex mutex_;
  std::deque<size_t> waiting_;
  std::vector<size_t> finished_;
  bool over_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Transfers>> MakeThreadTransfers(
    const TransferSetting& setting) {
  return std::make_unique<ThreadTransfers>(setting);
}

}  // namespace aioemul::tools::bench
