#include "tools/aioemul/bench/aio_transfers.h"

#include <aio.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include <list>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/aioemul/bench/aio_functions.h"
#include "tools/aioemul/bench/transfers.h"

namespace aioemul::tools::bench {
namespace {

class AioTransfers : public Transfers {
 public:
  AioTransfers(const AioFunctions& aio, const TransferSetting& setting)
      : aio_(aio),
        setting_(setting),
        blocks_(setting.slots.size(), aiocb()),
        outstanding_(setting.slots.size(), nullptr) {}

  absl::Status Submit(size_t slot) override {
    aiocb& block = blocks_[slot];
    block.aio_fildes = setting_.fd;
    block.aio_buf = setting_.slots[slot].buffer;
    block.aio_nbytes = setting_.block_bytes;
    block.aio_offset = setting_.slots[slot].offset;
    block.aio_sigevent.sigev_notify = SIGEV_NONE;
    const auto submit = setting_.write ? aio_.write : aio_.read;
    if (submit(&block) != 0) {
      return AioError(setting_.write ? "aio_write" : "aio_read");
    }
    outstanding_[slot] = &block;
    return absl::OkStatus();
  }

  absl::Status Collect(std::vector<size_t>* finished) override {
    while (aio_.suspend(outstanding_.data(),
                        static_cast<int>(outstanding_.size()), nullptr) != 0) {
      if (errno != EINTR) return AioError("aio_suspend");
    }
    for (size_t slot = 0; slot < outstanding_.size(); ++slot) {
      if (outstanding_[slot] == nullptr) continue;
      const int error = aio_.error(outstanding_[slot]);
      if (error == EINPROGRESS) continue;
      const ssize_t result = aio_.result(&blocks_[slot]);
      setting_.slots[slot].result = error == 0 ? result : -error;
      outstanding_[slot] = nullptr;
      finished->push_back(slot);
    }
    return absl::OkStatus();
  }

  absl::Status SubmitIdleRead(int fd) override {
    aiocb& block = idle_.emplace_back();
    block.aio_fildes = fd;
    block.aio_buf = &idle_byte_;
    block.aio_nbytes = 1;
    block.aio_sigevent.sigev_notify = SIGEV_NONE;
    return aio_.read(&block) == 0 ? absl::OkStatus() : AioError("aio_read");
  }

 private:
  const AioFunctions& aio_;
  const TransferSetting setting_;
  std::vector<aiocb> blocks_;
  std::vector<const aiocb*> outstanding_;  // Null where nothing is.
  std::list<aiocb> idle_;
  char idle_byte_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Transfers>> MakeAioTransfers(
    const AioFunctions& aio, const TransferSetting& setting) {
  return std::make_unique<AioTransfers>(aio, setting);
}

}  // namespace aioemul::tools::bench
