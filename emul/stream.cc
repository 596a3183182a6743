#include "emul/stream.h"

#include <cerrno>

namespace aioemul {
namespace {

// `transfer` without its first `moved` bytes.
Transfer Rest(const Transfer& transfer, size_t moved) {
  Transfer rest = transfer;
  rest.buffer = static_cast<char*>(transfer.buffer) + moved;
  rest.count -= moved;
  if (transfer.operation == Operation::kWriteAt) {
    rest.offset += static_cast<off_t>(moved);
  }
  return rest;
}

// Whether `transfer` moves nothing and never waits, though it cannot be tried:
// the plain call alone asks the file about it.  (An empty datagram may wait.)
bool IsEmptyAndShort(const Transfer& transfer) {
  return transfer.count == 0 &&
         (transfer.kind == DescriptorKind::kPipe ||
          (transfer.kind == DescriptorKind::kSocket &&
           transfer.operation == Operation::kReadStream));
}

ssize_t Try(const Transfer& transfer, Platform& platform) {
  ssize_t result = 0;
  do {
    result =
        transfer.operation == Operation::kReadStream
            ? platform.TryRead(transfer.fd, transfer.buffer, transfer.count)
            : platform.TryWrite(transfer.fd, transfer.buffer, transfer.count);
  } while (result == -EINTR);
  if (result == -EOPNOTSUPP && IsEmptyAndShort(transfer)) {
    return Perform(transfer, platform);
  }
  return result;
}

// Whether the next transfer is sure to meet `error` again.  Other errors may be
// reported once: a socket's ECONNRESET, after which a read finds an ordinary
// end, or the failed write-back of a file.
bool ComesAgain(ssize_t error) {
  return error == -EPIPE || error == -EAGAIN || error == -EFAULT ||
         error == -EFBIG;
}

// What a transfer reports whose last step gave `result`.  After some bytes an
// error is left to the next transfer to meet, if that is sure to.
ssize_t WholeResult(size_t moved, ssize_t result) {
  if (result >= 0) return static_cast<ssize_t>(moved) + result;
  return moved > 0 && ComesAgain(result) ? static_cast<ssize_t>(moved) : result;
}

}  // namespace

Progress Advance(const Transfer& transfer, Platform& platform, size_t* moved,
                 ssize_t* result) {
  const ssize_t step = Try(Rest(transfer, *moved), platform);
  if (step == -EOPNOTSUPP) return Progress::kCannotTry;
  if (step == -EBUSY && transfer.kind == DescriptorKind::kPipe) {
    return Progress::kNotNow;
  }
  if (step == -EAGAIN && transfer.blocking) return Progress::kMustWait;
  if (transfer.operation == Operation::kWriteStream && step > 0 &&
      *moved + static_cast<size_t>(step) < transfer.count &&
      transfer.blocking) {
    *moved += static_cast<size_t>(step);
    return Progress::kMore;
  }
  *result = WholeResult(*moved, step);
  return Progress::kDone;
}

ssize_t ResultOfGivingUp(size_t moved) { return WholeResult(moved, -EAGAIN); }

ssize_t PerformRest(const Transfer& transfer, Platform& platform,
                    size_t moved) {
  return WholeResult(moved, Perform(Rest(transfer, moved), platform));
}

}  // namespace aioemul
