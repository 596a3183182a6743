// The broken backend's functions that look at requests, and wait for them.

#include <aio.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "aio/aio.h"
#include "tools/backends/broken.h"
#include "tools/backends/broken_bug.h"
#include "tools/backends/broken_record.h"
#include "tools/backends/posix_names.h"
#include "tools/backends/threads.h"
#include "tools/backends/waiting.h"

namespace aioemul::backends {
namespace {

constexpr timespec kYear = {365 * 24 * 3600, 0};
// How long the engine waits while it does not know of all that are waited for.
constexpr timespec kSlice = {0, 1'000'000};

// What aio_suspend was given, for the engine.
struct Awaited {
  // Frees nothing where a handler may come in between.
  ~Awaited() {
    const Undisturbed undisturbed;
    std::vector<std::shared_ptr<Record>>().swap(records);
    std::vector<const aiocb*>().swap(blocks);
  }

  std::vector<std::shared_ptr<Record>> records;  // To keep them alive.
  std::vector<const aiocb*> blocks;
  bool any = false;      // An entry that is not null.
  bool ready = false;    // One that is not in progress.
  bool unknown = false;  // One that the engine does not have.
};

void Translate(const aiocb* const list[], int count, Awaited* awaited) {
  const LockedRecords records;
  for (int i = 0; i < count; ++i) {
    if (list[i] == nullptr && Has(Bug::kSuspendNullEntryCrashes)) abort();
    if (list[i] == nullptr) continue;
    if (awaited->any && Has(Bug::kSuspendWakesNeverForSecond)) break;
    awaited->any = true;
    const std::shared_ptr<Record> record = Find(records, list[i]);
    const bool in_progress =
        record != nullptr && !record->settled &&
        (record->hidden || EngineStatus(*record) == EINPROGRESS);
    awaited->ready |= !in_progress;
    if (!in_progress) continue;
    const bool known =
        !record->hidden && aioemul_error(&record->engines) == EINPROGRESS;
    awaited->unknown |= !known;
    if (known) awaited->blocks.push_back(&record->engines);
    awaited->records.push_back(record);
  }
}

bool HasPassed(const timespec& deadline) {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec > deadline.tv_sec ||
         (now.tv_sec == deadline.tv_sec && now.tv_nsec >= deadline.tv_nsec);
}

int SuspendOnce(const aiocb* const list[], int count, const timespec* timeout) {
  const bool finite = timeout != nullptr;
  const timespec deadline = finite ? DeadlineAfter(timeout) : kYear;
  for (;;) {
    Awaited awaited;
    Translate(list, count, &awaited);
    if (awaited.ready) return 0;
    if (!awaited.any && Has(Bug::kSuspendEmptyReturns)) return 0;
    const timespec* const wait = awaited.unknown ? &kSlice : timeout;
    const int result = aioemul_suspend(
        awaited.blocks.data(), static_cast<int>(awaited.blocks.size()), wait);
    if (!awaited.unknown || result == 0 || errno != EAGAIN) return result;
    if (finite && HasPassed(deadline)) {
      errno = EAGAIN;
      return -1;
    }
  }
}

}  // namespace

int Error(const aiocb* block) {
  SpoilAnyCall();
  {
    const LockedRecords records;
    const std::shared_ptr<Record> record = Find(records, block);
    if (record != nullptr) return StatusOf(records, record.get());
  }
  return aioemul_error(block);
}

ssize_t Return(aiocb* block) {
  SpoilAnyCall();
  const LockedRecords records;
  const std::shared_ptr<Record> record = Find(records, block);
  if (record == nullptr) return aioemul_return(block);
  const int error = StatusOf(records, record.get());
  if (error == EINPROGRESS || !record->settled) {
    errno = EINPROGRESS;
    return -1;
  }
  if (record->fetched && !Has(Bug::kStaleStatus)) {
    errno = EINVAL;
    return -1;
  }
  if (!record->fetched) --records->unfetched;
  record->fetched = true;
  if (record->result < 0) errno = error;
  return record->result;
}

int Suspend(const aiocb* const list[], int count, const timespec* timeout) {
  pthread_testcancel();
  SpoilAnyCall();
  if (count < 0 || (list == nullptr && count > 0)) {
    errno = EINVAL;
    return -1;
  }
  const bool endless = timeout != nullptr && Has(Bug::kSuspendIgnoresTimeout);
  int result;
  do {
    result = SuspendOnce(list, count, endless ? &kYear : timeout);
  } while (result != 0 && errno == EINTR && Has(Bug::kSuspendEintrHidden));
  return result;
}

}  // namespace aioemul::backends
