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

// Whether an error of a common transfer says only that the buffer or the place
// of some request is bad, or that there are no common transfers here.  The
// system finds that out anew each time, and no data has been touched.
bool IsFoundAgain(ssize_t result) {
  return result == -EFAULT || result == -EINVAL || result == -ENOSYS;
}

// Carries out the requests from `first` on, each by itself.
void PerformEach(Request* first, Platform& platform) {
  for (Request* r = first; r != nullptr; r = Run::Next(r)) {
    r->result = PerformRest(r->transfer, platform, r->moved);
  }
}

bool HasResult(const Run& run, ssize_t result) {
  const Request* r = run.front();
  while (r != nullptr && r->result != result) r = Run::Next(r);
  return r != nullptr;
}

// Gives each request the result that is known once `moved` bytes of the run
// have moved.  The first request that has to be carried out by itself; null
// when none has.
Request* CompleteMoved(const Run& run, size_t moved) {
  Request* r = run.front();
  for (; r != nullptr && moved >= r->transfer.count; r = Run::Next(r)) {
    moved -= r->transfer.count;
    r->result = static_cast<ssize_t>(r->transfer.count);
  }
  return r;
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
  Request* first = run.front();
  if (Run::Next(first) == nullptr) {
    first->result = PerformRest(first->transfer, platform, first->moved);
    return;
  }
  const ssize_t result = PerformTogether(run, platform);
  if (result >= 0) {
    PerformEach(CompleteMoved(run, static_cast<size_t>(result)), platform);
  } else if (IsFoundAgain(result)) {
    PerformEach(first, platform);
  } else if (first->transfer.operation == Operation::kWriteAt) {
    first->result = result;
    PerformEach(Run::Next(first), platform);
  } else {
    PerformEach(first, platform);
    if (!HasResult(run, result)) first->result = result;
  }
}

}  // namespace aioemul
