#include "emul/validate.h"

#include <fcntl.h>

#include <cerrno>
#include <climits>

namespace aioemul {
namespace {

// The numbers between the last standard signal and SIGRTMIN are the C
// library's own.
bool IsSignal(int number) {
  constexpr int kLastStandardSignal = 31;
  return (number >= 1 && number <= kLastStandardSignal) ||
         (number >= SIGRTMIN && number <= SIGRTMAX);
}

int ValidateSignal(const sigevent& event, pid_t thread,
                   Notification* notification) {
  // A zeroed control block asks for signal 0: for nothing.
  if (event.sigev_signo == 0) return 0;
  if (!IsSignal(event.sigev_signo)) return -EINVAL;
  notification->kind = Notification::Kind::kSignal;
  notification->signal = event.sigev_signo;
  notification->value = event.sigev_value;
  notification->thread = thread;
  return 0;
}

int ValidateFunction(const sigevent& event, Notification* notification) {
  if (event.sigev_notify_function == nullptr) return -EINVAL;
  notification->kind = Notification::Kind::kThread;
  notification->function = event.sigev_notify_function;
  notification->value = event.sigev_value;
  notification->attributes =
      static_cast<const pthread_attr_t*>(event.sigev_notify_attributes);
  return 0;
}

// The errors that POSIX words by the offset maximum of a regular file.
int ValidateOffsetMaximum(const aiocb& block, Direction direction,
                          Platform& platform) {
  if (block.aio_offset < kOffsetMaximum || block.aio_nbytes == 0) return 0;
  const off_t size = platform.RegularFileSize(block.aio_fildes);
  if (size < 0) return 0;
  if (direction == Direction::kWrite) return -EFBIG;
  return block.aio_offset < size ? -EOVERFLOW : 0;
}

Operation OperationOf(Direction direction, const DescriptorTraits& traits) {
  const bool is_file = traits.kind == DescriptorKind::kFile;
  if (direction == Direction::kRead) {
    return is_file ? Operation::kReadAt : Operation::kReadStream;
  }
  if (!is_file) return Operation::kWriteStream;
  return traits.append ? Operation::kAppend : Operation::kWriteAt;
}

}  // namespace

int ValidateEvent(const sigevent& event, Platform& platform,
                  Notification* notification) {
  switch (event.sigev_notify) {
    case SIGEV_NONE:
      return 0;
    case SIGEV_SIGNAL:
      return ValidateSignal(event, /*thread=*/0, notification);
    case SIGEV_THREAD:
      return ValidateFunction(event, notification);
    default:
      break;
  }
  const pid_t thread = platform.ThreadOf(event);
  if (thread <= 0) return -EINVAL;
  return ValidateSignal(event, thread, notification);
}

int ValidateTransfer(const aiocb& block, Direction direction,
                     Platform& platform, Submission* submission) {
  if (block.aio_reqprio < 0 || block.aio_reqprio > kMaxPriorityDelta ||
      block.aio_nbytes > SSIZE_MAX) {
    return -EINVAL;
  }
  DescriptorTraits traits;
  if (const int error = platform.Inspect(block.aio_fildes, direction, &traits);
      error != 0) {
    return error;
  }
  if (traits.kind == DescriptorKind::kFile) {
    if (block.aio_offset < 0) return -EINVAL;
    const int error = ValidateOffsetMaximum(block, direction, platform);
    if (error != 0) return error;
  }
  Transfer& transfer = submission->transfer;
  transfer.operation = OperationOf(direction, traits);
  transfer.fd = block.aio_fildes;
  transfer.buffer = const_cast<void*>(block.aio_buf);
  transfer.count = block.aio_nbytes;
  transfer.offset = block.aio_offset;
  transfer.kind = traits.kind;
  transfer.blocking = traits.blocking;
  transfer.low_water = traits.low_water;
  transfer.buffered = traits.buffered;
  submission->level = LevelOf(platform.CallerPriority(), block.aio_reqprio);
  return ValidateEvent(block.aio_sigevent, platform, &submission->notification);
}

int ValidateSync(const aiocb& block, int operation, Platform& platform,
                 Submission* submission) {
  if (operation != O_SYNC && operation != O_DSYNC) return -EINVAL;
  if (const int error = platform.CheckOpen(block.aio_fildes); error != 0) {
    return error;
  }
  submission->transfer.operation =
      operation == O_SYNC ? Operation::kSync : Operation::kSyncData;
  submission->transfer.fd = block.aio_fildes;
  submission->level = LevelOf(platform.CallerPriority(), 0);
  return ValidateEvent(block.aio_sigevent, platform, &submission->notification);
}

}  // namespace aioemul
