#include "tools/aioemul/bench/transfer_loop.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tools/aioemul/bench/counted_part.h"
#include "tools/aioemul/bench/peer.h"
#include "tools/aioemul/bench/transfers.h"

namespace aioemul::tools::bench {
namespace {

// As direct I/O may ask for.
constexpr size_t kAlignment = 4096;

constexpr std::chrono::steady_clock::time_point kNotTaken = {};

size_t RoundUp(size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

TransferLoop::TransferLoop(const TransferPlan& plan)
    : plan_(plan),
      random_(plan.seed),
      stride_(RoundUp(plan.block_bytes)),
      // One more for Verify.
      buffers_(static_cast<char*>(
          aligned_alloc(kAlignment, stride_ * (plan.depth + 1)))),
      slots_(plan.depth),
      begun_(plan.depth, kNotTaken) {
  for (size_t i = 0; i < slots_.size(); ++i) {
    slots_[i].buffer = buffers_.get() + i * stride_;
  }
}

absl::Status TransferLoop::Open(const Peer& peer) {
  if (buffers_ == nullptr) return absl::ResourceExhaustedError("no memory");
  absl::StatusOr<std::unique_ptr<Transfers>> made = peer.make_transfers(
      {plan_.fd, plan_.write, plan_.block_bytes, absl::MakeSpan(slots_)});
  if (!made.ok()) return made.status();
  transfers_ = std::move(*made);
  return absl::OkStatus();
}

absl::Status TransferLoop::Verify() {
  const int64_t apart = plan_.blocks / static_cast<int64_t>(plan_.depth);
  for (size_t i = 0; i < slots_.size(); ++i) {
    slots_[i].offset = static_cast<int64_t>(i) * apart *
                       static_cast<int64_t>(plan_.block_bytes);
    // Of a read it must not be left.
    FillWithNoise(slots_[i].buffer);
    if (absl::Status status = transfers_->Submit(i); !status.ok()) {
      return status;
    }
    ++under_way_;
  }
  if (absl::Status status = CollectAll(); !status.ok()) return status;
  char* const block = buffers_.get() + slots_.size() * stride_;
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (absl::Status status = Compare(i, block); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status TransferLoop::Run(const Limit& limit) {
  over_ = false;
  begun_count_ = 0;
  for (size_t i = 0; i < slots_.size() && !over_; ++i) {
    if (absl::Status status = Begin(i); !status.ok()) return status;
    over_ = limit.operations() > 0 && begun_count_ >= limit.operations();
  }
  while (under_way_ > 0) {
    finished_.clear();
    if (absl::Status status = transfers_->Collect(&finished_); !status.ok()) {
      return status;
    }
    for (size_t slot : finished_) {
      if (absl::Status status = End(slot, limit); !status.ok()) return status;
      if (over_) continue;
      if (absl::Status status = Begin(slot); !status.ok()) return status;
      if (limit.operations() > 0) over_ = begun_count_ >= limit.operations();
    }
  }
  return absl::OkStatus();
}

void TransferLoop::ResetCounts() {
  finished_count_ = 0;
  latencies_ = Histogram();
}

int64_t TransferLoop::NextOffset() {
  int64_t block;
  if (plan_.random) {
    block =
        static_cast<int64_t>(random_() % static_cast<uint64_t>(plan_.blocks));
  } else {
    block = next_block_;
    next_block_ = next_block_ + 1 == plan_.blocks ? 0 : next_block_ + 1;
  }
  return block * static_cast<int64_t>(plan_.block_bytes);
}

void TransferLoop::FillWithNoise(char* buffer) {
  for (size_t i = 0; i < plan_.block_bytes; i += sizeof(uint64_t)) {
    const uint64_t word = noise_();
    memcpy(buffer + i, &word, std::min(sizeof word, plan_.block_bytes - i));
  }
}

absl::Status TransferLoop::Begin(size_t slot) {
  slots_[slot].offset = NextOffset();
  begun_[slot] = begun_count_ % plan_.sample == 0 ? Clock::now() : kNotTaken;
  ++begun_count_;
  ++under_way_;
  return transfers_->Submit(slot);
}

absl::Status TransferLoop::End(size_t slot, const Limit& limit) {
  --under_way_;
  ++finished_count_;
  if (begun_[slot] != kNotTaken) {
    const Clock::time_point now = Clock::now();
    latencies_.Add((now - begun_[slot]) / std::chrono::nanoseconds(1));
    if (limit.operations() == 0 && limit.Reached(0, now)) over_ = true;
  }
  return CheckResult(slot);
}

absl::Status TransferLoop::CheckResult(size_t slot) const {
  const ssize_t result = slots_[slot].result;
  if (result == static_cast<ssize_t>(plan_.block_bytes)) {
    return absl::OkStatus();
  }
  return absl::UnknownError(absl::StrCat(
      plan_.write ? "a write" : "a read", " of ", plan_.block_bytes,
      " bytes at ", slots_[slot].offset, " came to ",
      result < 0 ? std::generic_category().message(static_cast<int>(-result))
                 : absl::StrCat(result)));
}

absl::Status TransferLoop::CollectAll() {
  while (under_way_ > 0) {
    finished_.clear();
    if (absl::Status status = transfers_->Collect(&finished_); !status.ok()) {
      return status;
    }
    for (size_t slot : finished_) {
      --under_way_;
      if (absl::Status status = CheckResult(slot); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

absl::Status TransferLoop::Compare(size_t slot, char* block) {
  const Slot& own = slots_[slot];
  const ssize_t count = pread(plan_.fd, block, plan_.block_bytes, own.offset);
  if (count != static_cast<ssize_t>(plan_.block_bytes)) {
    return absl::UnknownError(absl::StrCat(
        "pread: ", count < 0 ? std::generic_category().message(errno)
                             : absl::StrCat(count, " bytes")));
  }
  if (memcmp(block, own.buffer, plan_.block_bytes) == 0) {
    return absl::OkStatus();
  }
  return absl::DataLossError(
      absl::StrCat(plan_.write ? "a write" : "a read", " at ", own.offset,
                   " has moved other bytes than it should"));
}

}  // namespace aioemul::tools::bench
