#include "emul/run.h"

#include <array>
#include <cerrno>

#include "emul/stream.h"

namespace aioemul {
namespace {

ssize_t PerformTogether(const Run& run, Platform& platform) {
  std::array<iovec, kMostInRun> buffers;
  int count = 0;
  for (const Request* r = run.front(); r != nullptr; r = Run::Next(r)) {
    buffers[static_cast<size_t>(count++)] = {r->transfer.buffer,
                                             r->transfer.count};
  }
  const Transfer& first = run.front()->transfer;
  ssize_t result = 0;
  do {
    result = first.operation == Operation::kReadAt
                 ? platform.ReadVectorAt(first.fd, buffers.data(), count,
                                         first.offset)
                 : platform.WriteVectorAt(first.fd, buffers.data(), count,
                                          first.offset);
  } while (result == -EINTR);
  return result;
}

}  // namespace

off_t EndOf(const Transfer& transfer) {
  if (transfer.operation != Operation::kReadAt &&
      transfer.operation != Operation::kWriteAt) {
    return -1;  // and its offset may be any number
  }
  const auto room = static_cast<uint64_t>(kOffsetMaximum - transfer.offset);
  return transfer.count <= room
             ? transfer.offset + static_cast<off_t>(transfer.count)
             : -1;
}

bool GoesOn(const Request& last, const Request& next) {
  return last.level == next.level &&
         last.transfer.operation == next.transfer.operation &&
         EndOf(last.transfer) == next.transfer.offset &&
         EndOf(next.transfer) >= 0 && last.transfer.count > 0 &&
         next.transfer.count > 0 && last.moved == 0 && next.moved == 0;
}

void Perform(const Run& run, Platform& platform) {
  const bool alone = Run::Next(run.front()) == nullptr;
  size_t left = 0;
  if (!alone) {
    const ssize_t moved = PerformTogether(run, platform);
    if (moved > 0) left = static_cast<size_t>(moved);
  }
  for (Request* r = run.front(); r != nullptr; r = Run::Next(r)) {
    if (!alone && left >= r->transfer.count) {
      left -= r->transfer.count;
      r->result = static_cast<ssize_t>(r->transfer.count);
    } else {
      left = 0;
      r->result = PerformRest(r->transfer, platform, r->moved);
    }
  }
}

}  // namespace aioemul
