#include "tools/aioemul/bench/sync_transfers.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/aioemul/bench/transfers.h"

namespace aioemul::tools::bench {
namespace {

class SyncTransfers : public Transfers {
 public:
  explicit SyncTransfers(const TransferSetting& setting) : setting_(setting) {}

  absl::Status Submit(size_t slot) override {
    Slot& own = setting_.slots[slot];
    const ssize_t result =
        setting_.write
            ? pwrite(setting_.fd, own.buffer, setting_.block_bytes, own.offset)
            : pread(setting_.fd, own.buffer, setting_.block_bytes, own.offset);
    own.result = result < 0 ? -errno : result;
    finished_.push_back(slot);
    return absl::OkStatus();
  }

  absl::Status Collect(std::vector<size_t>* finished) override {
    finished->insert(finished->end(), finished_.begin(), finished_.end());
    finished_.clear();
    return absl::OkStatus();
  }

 private:
  const TransferSetting setting_;
  std::vector<size_t> finished_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Transfers>> MakeSyncTransfers(
    const TransferSetting& setting) {
  return std::make_unique<SyncTransfers>(setting);
}

}  // namespace aioemul::tools::bench
