// The broken backend's requests that wait before the engine has them.

#include <aio.h>
#include <errno.h>
#include <time.h>

#include <algorithm>
#include <list>
#include <memory>
#include <vector>

#include "aio/aio.h"
#include "tools/backends/broken.h"
#include "tools/backends/broken_bug.h"
#include "tools/backends/broken_record.h"
#include "tools/backends/threads.h"

namespace aioemul::backends {
namespace {

constexpr timespec kBetweenLooks = {0, 1'000'000};
// So long a write waits for another to overtake it.
constexpr int kLooksForOvertaking = 50;
constexpr int kWorkersForReads = 4;

using SharedRecord = std::shared_ptr<Record>;

struct Held {
  SharedRecord record;
  int looks = 0;
};

std::list<Held>* held = nullptr;  // Guarded by the records' mutex.
bool watched = false;

bool InProgress(const LockedRecords& records, Record* record) {
  return !record->hidden && StatusOf(records, record) == EINPROGRESS;
}

// Any earlier one on its descriptor.
bool HasPredecessor(const LockedRecords& records, const Record& record) {
  const std::list<SharedRecord> all(records->outstanding);
  return std::any_of(all.begin(), all.end(), [&](const SharedRecord& each) {
    return each->fd == record.fd && each->number < record.number &&
           InProgress(records, each.get());
  });
}

// But for `besides`.
int WaitingStreamReads(const LockedRecords& records, const Record& besides) {
  const std::list<SharedRecord> all(records->outstanding);
  return static_cast<int>(
      std::count_if(all.begin(), all.end(), [&](const SharedRecord& each) {
        return each.get() != &besides && each->call == Call::kRead &&
               each->stream && !each->held && InProgress(records, each.get());
      }));
}

bool HasHeld(int fd) {
  return held != nullptr &&
         std::any_of(held->begin(), held->end(),
                     [fd](const Held& each) { return each.record->fd == fd; });
}

bool MayGo(const LockedRecords& records, Held* waiting) {
  if (Has(Bug::kReorderedAppend)) {
    return ++waiting->looks > kLooksForOvertaking;
  }
  return !MustBeHeld(records, *waiting->record);
}

void ReadAgain(Record* record) {
  const sigevent event = record->engines.aio_sigevent;
  record->engines.aio_buf = record->block->aio_buf;
  record->engines.aio_nbytes = record->block->aio_nbytes;
  record->engines.aio_offset = record->block->aio_offset;
  record->engines.aio_sigevent = event;
}

// The engine has no locks of ours when it is called.
void Release(const SharedRecord& record) {
  if (Has(Bug::kControlBlockReadLate)) ReadAgain(record.get());
  const int error = GiveToEngine(record.get());
  const LockedRecords records;
  record->held = false;
  record->giving = false;
  if (error != 0) Settle(record.get(), error, -1);
}

void* Watch(void* /*argument*/) {
  for (;;) {
    nanosleep(&kBetweenLooks, nullptr);
    SharedRecord next;
    {
      const LockedRecords records;
      held->remove_if([](const Held& each) { return each.record->settled; });
      const auto first =
          std::find_if(held->begin(), held->end(),
                       [&](Held& each) { return MayGo(records, &each); });
      if (first == held->end()) continue;
      next = first->record;
      held->erase(first);
    }
    Release(next);
  }
}

}  // namespace

bool MustBeHeld(const LockedRecords& records, const Record& record) {
  if (Has(Bug::kOneAtATime) || Has(Bug::kControlBlockReadLate) ||
      Has(Bug::kCloseKeepsQueued)) {
    return HasPredecessor(records, record);
  }
  if (Has(Bug::kIdleReadsHoldWorkers)) {
    return WaitingStreamReads(records, record) >= kWorkersForReads;
  }
  // The second of two goes at once, and the first after it.
  return Has(Bug::kReorderedAppend) && record.call == Call::kWrite &&
         record.appends && !HasHeld(record.fd);
}

void Hold(const SharedRecord& record) {
  const LockedRecords records;
  if (held == nullptr) held = new std::list<Held>;
  record->held = true;
  held->push_back({record});
  if (watched) return;
  watched = StartThread("aio-watch", Watch, nullptr) == 0;
}

void ReleaseOvertaken(int fd) {
  std::vector<SharedRecord> overtaken;
  {
    const LockedRecords records;
    if (held == nullptr) return;
    for (const Held& each : *held) {
      if (each.record->fd == fd) overtaken.push_back(each.record);
    }
    held->remove_if([fd](const Held& each) { return each.record->fd == fd; });
  }
  for (const SharedRecord& record : overtaken) Release(record);
}

}  // namespace aioemul::backends
