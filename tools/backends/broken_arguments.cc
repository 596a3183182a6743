// The broken backend's bugs of what a request asks for.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tools/backends/broken.h"
#include "tools/backends/broken_bug.h"
#include "tools/backends/broken_record.h"

namespace aioemul::backends {
namespace {

constexpr int kPriorityMax = 20;
constexpr int kMostUnfetched = 64;

void SpoilPriority(aiocb* block) {
  const bool valid =
      block->aio_reqprio >= 0 && block->aio_reqprio <= kPriorityMax;
  if (!valid && Has(Bug::kBadPriorityAccepted)) block->aio_reqprio = 0;
  if (valid && Has(Bug::kPriorityInverted)) {
    block->aio_reqprio = kPriorityMax - block->aio_reqprio;
  }
}

void SpoilOffset(aiocb* block) {
  const bool negative = block->aio_offset < 0;
  if (negative ? Has(Bug::kNegativeOffsetAccepted) : Has(Bug::kOffsetIgnored)) {
    block->aio_offset = 0;
  }
}

// Past the close of this library, which would cancel requests.
void CloseAtOnce(int fd) {
  if (fd >= 0) syscall(SYS_close, fd);
}

}  // namespace

int SpoilArguments(const LockedRecords& records, Record* record) {
  aiocb* const block = &record->engines;
  const int fd = record->fd;
  const bool synchronizes =
      record->call == Call::kSync || record->call == Call::kDataSync;
  if (Has(Bug::kResourceLeak) && records->unfetched >= kMostUnfetched) {
    return EAGAIN;
  }
  if (Has(Bug::kRecordLocksDropped)) CloseAtOnce(fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (synchronizes) {
    const int own =
        Has(Bug::kOvertakingBarrier) ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (own >= 0) block->aio_fildes = own;
    return 0;
  }
  SpoilPriority(block);
  if (!record->stream) {
    SpoilOffset(block);
    return 0;
  }
  if (Has(Bug::kOffsetUsedOnPipe) && block->aio_offset != 0) return ESPIPE;
  if (Has(Bug::kChangesDescriptorFlags)) {
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  }
  return 0;
}

}  // namespace aioemul::backends
