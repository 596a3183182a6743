#include "tools/aioemul/bench/uring_transfers.h"

#include <liburing.h>
#include <stddef.h>
#include <stdint.h>

#include <algorithm>
#include <memory>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tools/aioemul/bench/transfers.h"

namespace aioemul::tools::bench {
namespace {

// What marks a completion that belongs to no slot.
constexpr uint64_t kIdle = ~uint64_t{0};
constexpr size_t kLeastEntries = 64;

absl::Status UringError(int error, absl::string_view function) {
  return absl::UnknownError(
      absl::StrCat(function, ": ", std::generic_category().message(error)));
}

class UringTransfers : public Transfers {
 public:
  explicit UringTransfers(const TransferSetting& setting) : setting_(setting) {}

  ~UringTransfers() override {
    if (open_) io_uring_queue_exit(&ring_);
  }

  absl::Status Open() {
    const size_t entries = std::max(setting_.slots.size(), kLeastEntries);
    const int error =
        -io_uring_queue_init(static_cast<unsigned>(entries), &ring_, 0);
    if (error != 0) return UringError(error, "io_uring_setup");
    open_ = true;
    return absl::OkStatus();
  }

  absl::Status Submit(size_t slot) override {
    const absl::StatusOr<io_uring_sqe*> entry = NextEntry();
    if (!entry.ok()) return entry.status();
    const Slot& own = setting_.slots[slot];
    const auto bytes = static_cast<unsigned>(setting_.block_bytes);
    const auto offset = static_cast<uint64_t>(own.offset);
    if (setting_.write) {
      io_uring_prep_write(*entry, setting_.fd, own.buffer, bytes, offset);
    } else {
      io_uring_prep_read(*entry, setting_.fd, own.buffer, bytes, offset);
    }
    io_uring_sqe_set_data64(*entry, slot);
    return absl::OkStatus();
  }

  absl::Status Collect(std::vector<size_t>* finished) override {
    int submitted;
    do {
      submitted = io_uring_submit_and_wait(&ring_, 1);
    } while (submitted == -EINTR);
    if (submitted < 0) return UringError(-submitted, "io_uring_enter");
    unsigned head;
    unsigned count = 0;
    io_uring_cqe* completion;
    io_uring_for_each_cqe(&ring_, head, completion) {
      ++count;
      if (completion->user_data == kIdle) continue;
      const auto slot = static_cast<size_t>(completion->user_data);
      setting_.slots[slot].result = completion->res;
      finished->push_back(slot);
    }
    io_uring_cq_advance(&ring_, count);
    return absl::OkStatus();
  }

  absl::Status SubmitIdleRead(int fd) override {
    const absl::StatusOr<io_uring_sqe*> entry = NextEntry();
    if (!entry.ok()) return entry.status();
    io_uring_prep_read(*entry, fd, &idle_byte_, 1, 0);
    io_uring_sqe_set_data64(*entry, kIdle);
    return absl::OkStatus();
  }

 private:
  // Submits what is prepared when the queue is full.
  absl::StatusOr<io_uring_sqe*> NextEntry() {
    io_uring_sqe* entry = io_uring_get_sqe(&ring_);
    if (entry != nullptr) return entry;
    const int submitted = io_uring_submit(&ring_);
    if (submitted < 0) return UringError(-submitted, "io_uring_enter");
    entry = io_uring_get_sqe(&ring_);
    if (entry == nullptr) return UringError(EBUSY, "io_uring_enter");
    return entry;
  }

  const TransferSetting setting_;
  io_uring ring_ = {};
  bool open_ = false;
  char idle_byte_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Transfers>> MakeIoUringTransfers(
    const TransferSetting& setting) {
  auto transfers = std::make_unique<UringTransfers>(setting);
  if (absl::Status status = transfers->Open(); !status.ok()) return status;
  return transfers;
}

}  // namespace aioemul::tools::bench
