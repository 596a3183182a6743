// B: aio_fsync as a barrier.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "absl/types/span.h"
#include "tools/aioemul/check/areas.h"
#include "tools/aioemul/check/chance.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/gated_write.h"
#include "tools/aioemul/check/page_gate.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

aiocb SyncBlock(int fd) { return BlockFor(fd, nullptr, 0, 0); }

// The write cannot complete before the gate opens, so a synchronization that is
// complete by then has not waited for it, however slow the backend is.
void ExpectWaitsForWrite(Trial& trial, int operation) {
  const int fd = trial.NewFile(0, O_RDWR);
  GatedWrite write(trial, fd, 0);
  aiocb sync = SyncBlock(fd);
  trial.Fsync(operation, &sync);
  GiveChance(trial);
  trial.ExpectError("aio_error of the fsync while an earlier write goes on",
                    trial.backend().error(&sync), EINPROGRESS);
  write.ExpectWritten('w');
  trial.ExpectResult("the fsync", &sync, 0, 0);
}

void SyncWaitsForWrite(Trial& trial) { ExpectWaitsForWrite(trial, O_SYNC); }

void DataSyncWaitsForWrite(Trial& trial) {
  ExpectWaitsForWrite(trial, O_DSYNC);
}

// The first write holds up the second, of a lower priority, until all three are
// queued.  When the second has begun it cannot complete, so by then neither may
// the fsync have.
void WaitsForLowerPriority(Trial& trial) {
  const int fd = trial.NewFile(0, O_RDWR);
  GatedWrite first(trial, fd, 0);
  PageGate gate(trial);
  aiocb second = BlockFor(fd, gate.buffer(), gate.size(), 0);
  second.aio_reqprio =
      static_cast<int>(std::max(0L, sysconf(_SC_AIO_PRIO_DELTA_MAX)));
  trial.Write(&second);
  aiocb sync = SyncBlock(fd);
  trial.Fsync(O_SYNC, &sync);

  first.Open('1');
  gate.AwaitArrival();
  GiveChance(trial);
  trial.ExpectError(
      "aio_error of the fsync while an earlier write of lower priority goes on",
      trial.backend().error(&sync), EINPROGRESS);
  gate.Open('2');
  trial.ExpectResult("the write of lower priority", &second, 0,
                     static_cast<ssize_t>(gate.size()));
  trial.ExpectResult("the fsync", &sync, 0, 0);
}

// Both come to be whatever the order: the look is at the second when the first
// is known to be complete.
void ConsecutiveBarriers(Trial& trial) {
  const int fd = trial.NewFile(0, O_RDWR);
  GatedWrite write(trial, fd, 0);
  aiocb syncs[] = {SyncBlock(fd), SyncBlock(fd)};
  for (aiocb& sync : syncs) trial.Fsync(O_SYNC, &sync);
  GiveChance(trial);
  trial.ExpectError("aio_error of the second fsync while a write goes on",
                    trial.backend().error(&syncs[1]), EINPROGRESS);
  write.ExpectWritten('w');
  trial.ExpectResult("the second fsync", &syncs[1], 0, 0);
  trial.ExpectResult("the first fsync", &syncs[0], 0, 0);
}

// Nothing ever arrives for the read before the look.
void WaitsForSocketRead(Trial& trial) {
  int sockets[2];
  trial.NewSockets(SOCK_STREAM, sockets);
  char byte = 0;
  aiocb read = BlockFor(sockets[0], &byte, 1, 0);
  trial.Read(&read);
  aiocb sync = SyncBlock(sockets[0]);
  // The file cannot be synchronized, which may be known at once.
  if (trial.TryFsync(O_SYNC, &sync) != 0) {
    trial.Unsupported("aio_fsync takes no socket");
  }
  GiveChance(trial);
  trial.ExpectError("aio_error of the fsync while an earlier read waits",
                    trial.backend().error(&sync), EINPROGRESS);
  trial.RequireThat(write(sockets[1], "x", 1) == 1, "a byte is sent");
  trial.ExpectResult("the read", &read, 0, 1);
  trial.ExpectResult("the fsync of a socket", &sync, EINVAL, -1);
}

// The later read never completes: a backend that waits for it hangs here.
void DoesNotWaitForLater(Trial& trial) {
  int sockets[2];
  trial.NewSockets(SOCK_STREAM, sockets);
  char bytes[2];
  aiocb earlier = BlockFor(sockets[0], &bytes[0], 1, 0);
  aiocb later = BlockFor(sockets[0], &bytes[1], 1, 0);
  aiocb sync = SyncBlock(sockets[0]);
  trial.Read(&earlier);
  if (trial.TryFsync(O_SYNC, &sync) != 0) {
    trial.Unsupported("aio_fsync takes no socket");
  }
  trial.Read(&later);
  trial.RequireThat(write(sockets[1], "x", 1) == 1, "a byte is sent");
  trial.ExpectResult("the read before the fsync", &earlier, 0, 1);
  trial.ExpectResult("the fsync of a socket", &sync, EINVAL, -1);
  trial.ExpectError("aio_error of the read after the fsync",
                    trial.backend().error(&later), EINPROGRESS);
}

// POSIX speaks of the I/O that is queued, not of where: a barrier must not hold
// up the requests of another descriptor.
void LeavesOtherDescriptors(Trial& trial) {
  int sockets[2];
  trial.NewSockets(SOCK_STREAM, sockets);
  char bytes[2];
  aiocb waiting = BlockFor(sockets[0], &bytes[0], 1, 0);
  trial.Read(&waiting);
  aiocb sync = SyncBlock(sockets[0]);
  if (trial.TryFsync(O_SYNC, &sync) != 0) {
    trial.Unsupported("aio_fsync takes no socket");
  }
  const int other = trial.NewFile(1, O_RDWR);
  aiocb read = BlockFor(other, &bytes[1], 1, 0);
  aiocb other_sync = SyncBlock(other);
  trial.Read(&read);
  trial.Fsync(O_SYNC, &other_sync);
  trial.ExpectResult("a read on another descriptor", &read, 0, 1);
  trial.ExpectResult("an fsync on another descriptor", &other_sync, 0, 0);
}

constexpr absl::string_view kDescription = "aio_fsync, DESCRIPTION";

constexpr Check kChecks[] = {
    {"order.fsync-waits-for-write", "B5", kDescription, Standing::kDemanded,
     "aio_fsync with O_SYNC completes after a write that was submitted earlier",
     SyncWaitsForWrite},
    {"order.fdatasync-waits-for-write", "B5", kDescription, Standing::kDemanded,
     "aio_fsync with O_DSYNC completes after a write that was submitted "
     "earlier",
     DataSyncWaitsForWrite},
    {"order.fsync-waits-for-lower-priority", "B5", kDescription,
     Standing::kDemanded,
     "aio_fsync completes after an earlier write of lower priority, too",
     WaitsForLowerPriority},
    {"order.fsync-after-fsync", "B5", kDescription, Standing::kDemanded,
     "of two aio_fsync behind a write neither completes before it",
     ConsecutiveBarriers},
    {"order.fsync-waits-for-read", "B5", "", Standing::kPromised,
     "aio_fsync on a socket, which fails in the end, waits for earlier "
     "requests",
     WaitsForSocketRead},
    {"order.fsync-ignores-later", "B5", "", Standing::kPromised,
     "aio_fsync does not wait for requests that were submitted later",
     DoesNotWaitForLater},
    {"order.fsync-leaves-others", "B5", "", Standing::kPromised,
     "a waiting aio_fsync does not hold up the requests of other descriptors",
     LeavesOtherDescriptors},
};

}  // namespace

absl::Span<const Check> OrderFsyncChecks() { return kChecks; }

}  // namespace aioemul::tools::check
