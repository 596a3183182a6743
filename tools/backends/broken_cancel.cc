// The broken backend's aio_cancel, and the calls that close descriptors.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "aio/aio.h"
#include "tools/backends/broken.h"
#include "tools/backends/broken_bug.h"
#include "tools/backends/broken_record.h"
#include "tools/backends/notification.h"
#include "tools/backends/posix_names.h"
#include "tools/backends/threads.h"

namespace aioemul::backends {
namespace {

using SharedRecords = std::vector<std::shared_ptr<Record>>;

// The requests in progress that the call names, in call order.
SharedRecords Named(int fd, const aiocb* block) {
  const LockedRecords records;
  const SharedRecords all(records->outstanding.begin(),
                          records->outstanding.end());
  SharedRecords named;
  for (const std::shared_ptr<Record>& record : all) {
    const bool is_named =
        block == nullptr ? record->fd == fd : record->block == block;
    if (is_named && StatusOf(records, record.get()) == EINPROGRESS) {
      named.push_back(record);
    }
  }
  return named;
}

// Until the engine has the request, or has refused it.
void AwaitEngine(const Record& record) {
  constexpr int kMostLooks = 10'000;
  for (int i = 0; i < kMostLooks && aioemul_error(&record.engines) == EINVAL;
       ++i) {
    sched_yield();
  }
}

int CancelOne(const std::shared_ptr<Record>& record) {
  bool held;
  {
    const LockedRecords records;
    held = record->held;
    if (held) {
      record->held = false;
      Settle(record.get(), ECANCELED, -1);
    }
  }
  if (!held) {
    AwaitEngine(*record);
    return aioemul_cancel(record->engines.aio_fildes, &record->engines);
  }
  if (!Has(Bug::kCancelNoNotification)) Notify(record->event);
  return AIO_CANCELED;
}

// Takes a byte that comes for others.
void SwallowByte(int fd) {
  struct Thief {
    aiocb block = {};
    char byte = 0;
  };
  auto* const thief = new Thief;
  thief->block.aio_fildes = fd;
  thief->block.aio_buf = &thief->byte;
  thief->block.aio_nbytes = 1;
  thief->block.aio_sigevent.sigev_notify = SIGEV_NONE;
  aioemul_read(&thief->block);
}

// Before the engine cancels the first of them: it would start the others.
void BlockFollowers(const Record& head) {
  const SharedRecords rest = Named(head.fd, nullptr);
  const LockedRecords records;
  for (const std::shared_ptr<Record>& record : rest) {
    const bool follows =
        record->number > head.number && record->call == head.call;
    if (head.stream && follows) record->hidden = true;
  }
}

int Combined(int one, int other) {
  if (one == AIO_NOTCANCELED || other == AIO_NOTCANCELED) {
    return AIO_NOTCANCELED;
  }
  return one == AIO_CANCELED || other == AIO_CANCELED ? AIO_CANCELED
                                                      : AIO_ALLDONE;
}

int CancelAll(SharedRecords named) {
  const bool forgets = Has(Bug::kCancelAllForgetsOne) && named.size() > 1;
  if (forgets) named.pop_back();
  int result = AIO_ALLDONE;
  // Those that wait come first, since the end of another may start them.
  std::reverse(named.begin(), named.end());
  for (const std::shared_ptr<Record>& record : named) {
    if (Has(Bug::kCancelledHeadBlocks)) BlockFollowers(*record);
    const int cancelled = CancelOne(record);
    result = Combined(result, cancelled);
    const bool reads = record->stream && record->call == Call::kRead;
    if (cancelled == AIO_CANCELED && reads && Has(Bug::kCancelLosesData)) {
      SwallowByte(record->fd);
    }
  }
  return result;
}

}  // namespace

int Cancel(int fd, aiocb* block) {
  const Undisturbed undisturbed;
  SpoilAnyCall();
  const bool wrong = block != nullptr && block->aio_fildes != fd;
  if (wrong || fcntl(fd, F_GETFD) < 0) {
    errno = wrong && fcntl(fd, F_GETFD) >= 0 ? EINVAL : EBADF;
    return -1;
  }
  const SharedRecords named = Named(fd, block);
  if (named.empty()) return AIO_ALLDONE;
  if (Has(Bug::kCancelNever)) return AIO_NOTCANCELED;
  if (Has(Bug::kCancelLies)) {
    const LockedRecords records;
    for (const auto& record : named) Settle(record.get(), ECANCELED, -1);
    return AIO_CANCELED;
  }
  return CancelAll(named);
}

}  // namespace aioemul::backends

namespace {

// The engine sees to what is outstanding on the number, and then closes it by
// the name of `close`, which is the one below.
int CloseSeen(int fd) {
  using aioemul::backends::Bug;
  thread_local bool seen = false;
  if (seen || aioemul::backends::Has(Bug::kCloseKeepsQueued)) {
    return static_cast<int>(syscall(SYS_close, fd));
  }
  seen = true;
  const int result = aioemul_close(fd);
  seen = false;
  return result;
}

// Before a duplicate takes the number of `fd`.
void MakeRoom(int source, int fd) {
  if (source != fd && fcntl(source, F_GETFD) >= 0 && fcntl(fd, F_GETFD) >= 0) {
    CloseSeen(fd);
  }
}

}  // namespace

// The names are the C library's own business.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
extern "C" {

int close(int fd) { return CloseSeen(fd); }

int dup2(int source, int fd) noexcept {
  MakeRoom(source, fd);
  return static_cast<int>(syscall(SYS_dup2, source, fd));
}

int dup3(int source, int fd, int flags) noexcept {
  MakeRoom(source, fd);
  return static_cast<int>(syscall(SYS_dup3, source, fd, flags));
}

// With flags it closes nothing now, or not for the threads that work here.
int close_range(unsigned first, unsigned last, int flags) noexcept {
  const long most = flags == 0 ? sysconf(_SC_OPEN_MAX) : 0;
  for (unsigned fd = first; fd <= last && fd < most; ++fd) {
    const int number = static_cast<int>(fd);
    if (fcntl(number, F_GETFD) >= 0) CloseSeen(number);
  }
  return static_cast<int>(syscall(SYS_close_range, first, last, flags));
}

}  // extern "C"
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
