#include "tools/aioemul/bench/libaio_transfers.h"

#include <errno.h>
#include <libaio.h>
#include <stddef.h>

#include <memory>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tools/aioemul/bench/transfers.h"

namespace aioemul::tools::bench {
namespace {

absl::Status LibaioError(int error, absl::string_view function) {
  return absl::UnknownError(
      absl::StrCat(function, ": ", std::generic_category().message(error)));
}

class LibaioTransfers : public Transfers {
 public:
  explicit LibaioTransfers(const TransferSetting& setting)
      : setting_(setting),
        blocks_(setting.slots.size()),
        events_(setting.slots.size()) {}

  ~LibaioTransfers() override {
    if (context_ != nullptr) io_destroy(context_);
  }

  absl::Status Open() {
    const int error =
        -io_setup(static_cast<int>(setting_.slots.size()), &context_);
    return error == 0 ? absl::OkStatus() : LibaioError(error, "io_setup");
  }

  absl::Status Submit(size_t slot) override {
    iocb* const block = &blocks_[slot];
    const Slot& own = setting_.slots[slot];
    const auto prepare = setting_.write ? io_prep_pwrite : io_prep_pread;
    prepare(block, setting_.fd, own.buffer, setting_.block_bytes, own.offset);
    pending_.push_back(block);
    return absl::OkStatus();
  }

  absl::Status Collect(std::vector<size_t>* finished) override {
    if (absl::Status status = SubmitPending(); !status.ok()) return status;
    int count;
    do {
      count = io_getevents(context_, 1, static_cast<long>(events_.size()),
                           events_.data(), nullptr);
    } while (count == -EINTR);
    if (count < 0) return LibaioError(-count, "io_getevents");
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
      const auto slot = static_cast<size_t>(events_[i].obj - blocks_.data());
      setting_.slots[slot].result = static_cast<ssize_t>(events_[i].res);
      finished->push_back(slot);
    }
    return absl::OkStatus();
  }

 private:
  // In one system call, unless the kernel takes less at a time.
  absl::Status SubmitPending() {
    size_t submitted = 0;
    while (submitted < pending_.size()) {
      const int count =
          io_submit(context_, static_cast<long>(pending_.size() - submitted),
                    pending_.data() + submitted);
      if (count < 0 && count != -EINTR) {
        return LibaioError(-count, "io_submit");
      }
      if (count > 0) submitted += static_cast<size_t>(count);
    }
    pending_.clear();
    return absl::OkStatus();
  }

  const TransferSetting setting_;
  io_context_t context_ = nullptr;
  std::vector<iocb> blocks_;
  std::vector<iocb*> pending_;
  std::vector<io_event> events_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Transfers>> MakeLibaioTransfers(
    const TransferSetting& setting) {
  auto transfers = std::make_unique<LibaioTransfers>(setting);
  if (absl::Status status = transfers->Open(); !status.ok()) return status;
  return transfers;
}

}  // namespace aioemul::tools::bench
