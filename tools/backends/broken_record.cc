#include "tools/backends/broken_record.h"

#include <aio.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <list>
#include <memory>
#include <mutex>

#include "aio/aio.h"
#include "tools/backends/broken_bug.h"
#include "tools/backends/threads.h"

namespace aioemul::backends {
namespace {

// Never destroyed: threads use it at exit.
Records* records = nullptr;
pid_t home = 0;

Undisturbed* forking = nullptr;

void Lock() {
  auto* const undisturbed = new Undisturbed;
  records->mutex.lock();
  forking = undisturbed;
}

void Unlock() {
  Undisturbed* const undisturbed = forking;
  records->mutex.unlock();
  delete undisturbed;
}

void UnlockInChild() {
  for (const std::shared_ptr<Record>& record : records->outstanding) {
    if (record->settled) continue;
    if (Has(Bug::kForkChildInheritsStatus)) {
      record->hidden = true;
    } else {
      Settle(record.get(), ECANCELED, -1);
    }
  }
  // The engine still writes to them in its own handler.
  auto* const gone = new std::list<std::shared_ptr<Record>>;
  gone->swap(records->outstanding);
  Unlock();
}

__attribute__((constructor)) void MakeRecords() {
  records = new Records;
  home = getpid();
  pthread_atfork(Lock, Unlock, UnlockInChild);
}

__attribute__((destructor)) void CrashAtExit() {
  if (!Has(Bug::kExitCrash)) return;
  const LockedRecords locked;
  for (const std::shared_ptr<Record>& record : locked->outstanding) {
    if (StatusOf(locked, record.get()) == EINPROGRESS) abort();
  }
}

// The bugs of a result, once it is there.
void Spoil(Record* record) {
  // Whoever asks for the status finds the signal there.
  if (Has(Bug::kSigpipeRaised) && record->error == EPIPE) {
    kill(getpid(), SIGPIPE);
  }
  const bool reads = record->call == Call::kRead;
  const auto asked = static_cast<ssize_t>(record->engines.aio_nbytes);
  if (reads && record->result > 0) {
    if (Has(Bug::kWrongByte)) {
      auto* const bytes = const_cast<char*>(
          static_cast<volatile char*>(record->engines.aio_buf));
      bytes[record->result - 1] ^= 1;
    }
    if (Has(Bug::kShortReadAsFull)) record->result = asked;
  }
  if (reads && record->result == 0 && asked > 0 &&
      Has(Bug::kZeroAtEofMissing)) {
    Settle(record, EIO, -1);
  }
  static int stream_reads = 0;
  if (reads && record->stream && Has(Bug::kEintrReported) &&
      ++stream_reads % 3 == 0) {
    Settle(record, EINTR, -1);
  }
}

// With the overtaking barrier it has a descriptor of its own.
void CloseOwnDescriptor(Record* record) {
  if (record->engines.aio_fildes == record->fd) return;
  syscall(SYS_close, record->engines.aio_fildes);
  record->engines.aio_fildes = record->fd;
}

}  // namespace

LockedRecords::LockedRecords() : records_(records), lock_(records->mutex) {}

std::shared_ptr<Record> Find(const LockedRecords& locked, const aiocb* block) {
  const auto found = locked->by_block.find(block);
  return found == locked->by_block.end() ? nullptr : found->second;
}

void Settle(Record* record, int error, ssize_t result) {
  record->settled = true;
  record->error = error;
  record->result = result;
}

int EngineStatus(const Record& record) {
  if (record.held) return EINPROGRESS;
  const int error = aioemul_error(&record.engines);
  return error == EINVAL && record.giving ? EINPROGRESS : error;
}

int StatusOf(const LockedRecords& locked, Record* record) {
  if (record->hidden) return EINPROGRESS;
  if (record->settled) return record->error;
  const int error = EngineStatus(*record);
  if (error == EINPROGRESS) {
    const bool stale = Has(Bug::kResultKeptAfterReuse) && record->reused;
    return stale ? record->last_error : EINPROGRESS;
  }
  if (record->denied_once) {
    record->denied_once = false;
    return EINPROGRESS;
  }
  Settle(record, error, aioemul_return(&record->engines));
  Spoil(record);
  CloseOwnDescriptor(record);
  locked->outstanding.remove_if(
      [record](const auto& each) { return each.get() == record; });
  if (Has(Bug::kResultKeptAfterReuse)) {
    locked->last_errors[record->block] = record->error;
  }
  if (Has(Bug::kTouchesBlockAfterCompletion)) {
    locked->to_touch.push_back(record->block);
  }
  return record->error;
}

bool IsChild() { return getpid() != home; }

}  // namespace aioemul::backends
