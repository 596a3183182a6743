#include "tools/aioemul/bench/uv_transfers.h"

#include <stddef.h>
#include <uv.h>

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tools/aioemul/bench/transfers.h"

namespace aioemul::tools::bench {
namespace {

class UvTransfers : public Transfers {
 public:
  explicit UvTransfers(const TransferSetting& setting)
      : setting_(setting), requests_(setting.slots.size()) {}

  ~UvTransfers() override {
    if (open_) uv_loop_close(&loop_);
  }

  absl::Status Open() {
    const int error = uv_loop_init(&loop_);
    if (error != 0) return UvError(error, "uv_loop_init");
    open_ = true;
    for (uv_fs_t& request : requests_) request.data = this;
    return absl::OkStatus();
  }

  absl::Status Submit(size_t slot) override {
    const Slot& own = setting_.slots[slot];
    const uv_buf_t buffer =
        uv_buf_init(own.buffer, static_cast<unsigned>(setting_.block_bytes));
    const auto submit = setting_.write ? uv_fs_write : uv_fs_read;
    const int error = submit(&loop_, &requests_[slot], setting_.fd, &buffer, 1,
                             own.offset, Note);
    return error == 0 ? absl::OkStatus() : UvError(error, "uv_fs_read");
  }

  absl::Status Collect(std::vector<size_t>* finished) override {
    finished_ = finished;
    const size_t before = finished->size();
    while (finished->size() == before) uv_run(&loop_, UV_RUN_ONCE);
    return absl::OkStatus();
  }

 private:
  static absl::Status UvError(int error, absl::string_view function) {
    return absl::UnknownError(absl::StrCat(function, ": ", uv_strerror(error)));
  }

  // Called by uv_run.
  static void Note(uv_fs_t* request) {
    auto* const self = static_cast<UvTransfers*>(request->data);
    const auto slot = static_cast<size_t>(request - self->requests_.data());
    self->setting_.slots[slot].result = request->result;
    self->finished_->push_back(slot);
    uv_fs_req_cleanup(request);
  }

  const TransferSetting setting_;
  uv_loop_t loop_ = {};
  bool open_ = false;
  std::vector<uv_fs_t> requests_;
  std::vector<size_t>* finished_ = nullptr;  // Of the running Collect.
};

}  // namespace

absl::StatusOr<std::unique_ptr<Transfers>> MakeUvTransfers(
    const TransferSetting& setting) {
  auto transfers = std::make_unique<UvTransfers>(setting);
  if (absl::Status status = transfers->Open(); !status.ok()) return status;
  return transfers;
}

}  // namespace aioemul::tools::bench
