#include "emul/platform/own_descriptors.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "absl/base/attributes.h"
#include "absl/base/thread_annotations.h"
#include "emul/platform/annotations.h"
#include "emul/platform/file_mark.h"
#include "emul/platform/files.h"
#include "emul/platform/parking.h"
#include "emul/platform/platform.h"
#include "emul/uninterrupted.h"

namespace aioemul::own_descriptors {
namespace {

constexpr int kNone = -1;

// A mutex that a child can take back from a thread it does not have, which
// pthread_mutex_t does not allow.
class ABSL_LOCKABLE ForkableLock {
 public:
  constexpr ForkableLock() = default;

  void Acquire() ABSL_EXCLUSIVE_LOCK_FUNCTION() {
    uint32_t state = kFree;
    if (state_.compare_exchange_strong(state, kHeld, std::memory_order_acquire,
                                       std::memory_order_relaxed)) {
      return;
    }
    while (state_.exchange(kAwaited, std::memory_order_acquire) != kFree) {
      parking::Wait(state_, kAwaited, kNever);
    }
  }
  // Without effect when it is free.
  void Release() ABSL_UNLOCK_FUNCTION() {
    if (state_.exchange(kFree, std::memory_order_release) == kAwaited) {
      parking::Wake(state_);
    }
  }

 private:
  static constexpr uint32_t kFree = 0;
  static constexpr uint32_t kHeld = 1;
  static constexpr uint32_t kAwaited = 2;  // held, and somebody may sleep

  std::atomic<uint32_t> state_{kFree};
};

// Written under the lock, but for a number that is found to be lost; read by
// anybody at any time, the child of a raw clone included.
struct Entry {
  std::atomic<int> name{kNone};    // kNone: free
  std::atomic<int> number{kNone};  // kNone: lost
  // Written before `number`.
  std::atomic<file_mark::Mark> mark{0};
};

// A poller needs two, and transfers of other threads one at a time.
constexpr size_t kMost = 64;

ABSL_CONST_INIT ForkableLock lock;
ABSL_CONST_INIT std::array<Entry, kMost> entries;
// Entries from here on were never used.  Written under the lock, and grows.
ABSL_CONST_INIT std::atomic<size_t> used{0};
// Between HoldForFork and ReleaseAfterFork.  Read under the lock.
ABSL_CONST_INIT std::atomic<bool> forking{false};
// Whose descriptors they are.  Written under the lock.
ABSL_CONST_INIT std::atomic<pid_t> process{0};

class ABSL_SCOPED_LOCKABLE Locked {
 public:
  Locked() ABSL_EXCLUSIVE_LOCK_FUNCTION(lock) { lock.Acquire(); }
  ~Locked() ABSL_UNLOCK_FUNCTION() { lock.Release(); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

 private:
  const Uninterrupted uninterrupted_;
};

// In the child of a vfork, or of a clone without fork handlers, the entries
// are the parent's.
bool IsOurProcess() {
  return process.load(std::memory_order_relaxed) == getpid();
}

template <typename Predicate>
Entry* Find(const Predicate& predicate) {
  const size_t count = used.load(std::memory_order_acquire);
  for (size_t i = 0; i < count; ++i) {
    if (predicate(entries[i])) return &entries[i];
  }
  return nullptr;
}

Entry* FindName(int name) {
  if (name < 0) return nullptr;
  return Find([name](const Entry& entry) {
    return entry.name.load(std::memory_order_relaxed) == name;
  });
}

Entry* FindNumber(int number) {
  if (number < 0) return nullptr;
  return Find([number](const Entry& entry) {
    return entry.number.load(std::memory_order_relaxed) == number;
  });
}

bool StandsAt(const Entry& entry, int number) {
  return file_mark::Has(number, entry.mark.load(std::memory_order_acquire));
}

void CloseIfOurs(const Entry& entry, int number) {
  if (number >= 0 && StandsAt(entry, number)) files::CloseOwn(number);
}

// The file of `number` at a high number that is no name in use, and not
// `number`; kNone and errno when there is none.  The kernel's table grows no
// further than a program of a thousand descriptors would have it.
int DuplicateHigh(int number) {
  constexpr int kHighest = 1024;
  constexpr int kRoom = 64;
  rlimit limit = {kHighest, kHighest};
  getrlimit(RLIMIT_NOFILE, &limit);
  const int top = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, kHighest));
  for (int least : {top - kRoom, top / 2}) {
    least = std::max(least, 3);
    int duplicate = fcntl(number, F_DUPFD_CLOEXEC, least);
    while (duplicate >= 0 && FindName(duplicate) != nullptr) {
      // Whoever still has the name would take one for the other.
      files::CloseOwn(duplicate);
      duplicate = fcntl(number, F_DUPFD_CLOEXEC, duplicate + 1);
    }
    if (duplicate >= 0) return duplicate;
  }
  return kNone;
}

Entry* FindFree() ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock) {
  const size_t count = used.load(std::memory_order_relaxed);
  for (size_t i = 0; i < std::min(count + 1, kMost); ++i) {
    if (entries[i].name.load(std::memory_order_relaxed) != kNone) continue;
    if (i == count) used.store(count + 1, std::memory_order_release);
    return &entries[i];
  }
  return nullptr;
}

// Enters `low`, just opened, and moves it up; its name, or kNone and errno.
int Register(int low) ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock) {
  if (low < 0) return kNone;
  Entry* entry = FindFree();
  if (entry == nullptr) {
    files::CloseOwn(low);
    errno = EMFILE;
    return kNone;
  }
  annotations::Unwatched(&entries, sizeof(entries));
  process.store(getpid(), std::memory_order_relaxed);
  // One that was lost at this number and not missed yet.
  if (Entry* stale = FindNumber(low)) stale->number.store(kNone);
  entry->mark.store(file_mark::Set(low), std::memory_order_relaxed);
  // While it is there a close of all numbers must not take it.
  entry->number.store(low, std::memory_order_release);
  int number = DuplicateHigh(low);
  if (number < 0 && FindName(low) == nullptr) {
    number = low;
  } else {
    if (Entry* stale = FindNumber(number)) stale->number.store(kNone);
    entry->number.store(number, std::memory_order_release);
    CloseIfOurs(*entry, low);
  }
  if (number < 0) {
    errno = EMFILE;
    return kNone;
  }
  entry->name.store(number, std::memory_order_release);
  return number;
}

void Unregister(Entry* entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock) {
  CloseIfOurs(*entry, entry->number.load(std::memory_order_relaxed));
  entry->number.store(kNone, std::memory_order_relaxed);
  entry->name.store(kNone, std::memory_order_release);
}

}  // namespace

int Make(absl::FunctionRef<int()> open) {
  const Locked locked;
  return Register(open());
}

bool MakePair(absl::FunctionRef<bool(std::array<int, 2>*)> open,
              std::array<int, 2>* names) {
  const Locked locked;
  std::array<int, 2> low;
  if (!open(&low)) return false;
  (*names)[0] = Register(low[0]);
  (*names)[1] = Register(low[1]);
  if ((*names)[0] >= 0 && (*names)[1] >= 0) return true;
  for (const int name : *names) {
    if (Entry* entry = FindName(name)) Unregister(entry);
  }
  errno = EMFILE;
  return false;
}

bool UseOnce(absl::FunctionRef<int()> open, absl::FunctionRef<void(int)> use) {
  const Locked locked;
  if (forking.load(std::memory_order_seq_cst)) {
    errno = EAGAIN;
    return false;
  }
  const int name = Register(open());
  if (name < 0) return false;
  use(name);
  Unregister(FindName(name));
  return true;
}

int NumberOf(int name) {
  const Entry* entry = FindName(name);
  return entry == nullptr ? kNone
                          : entry->number.load(std::memory_order_relaxed);
}

bool Use(int name, absl::FunctionRef<void(int)> use) {
  const Locked locked;
  const Entry* entry = FindName(name);
  if (entry == nullptr) return false;
  const int number = entry->number.load(std::memory_order_relaxed);
  if (number < 0 || !StandsAt(*entry, number)) return false;
  use(number);
  return true;
}

bool IsOurs(int name) {
  return Use(name, [](int) {});
}

void Close(int name) {
  const Locked locked;
  if (Entry* entry = FindName(name)) Unregister(entry);
}

bool IsRegistered(int number) { return FindNumber(number) != nullptr; }

int NextFrom(int number) {
  int next = kNone;
  Find([number, &next](const Entry& entry) {
    const int found = entry.number.load(std::memory_order_relaxed);
    if (found >= number && (next == kNone || found < next)) next = found;
    return false;
  });
  return next;
}

bool Guards(int number) {
  Entry* entry = FindNumber(number);
  if (entry == nullptr) return false;
  if (StandsAt(*entry, number)) return true;
  if (IsOurProcess()) {
    entry->number.compare_exchange_strong(number, kNone);
  }
  return false;
}

bool MoveFrom(int number, absl::FunctionRef<int()> replace, int* result) {
  if (!IsOurProcess()) return false;
  const Locked locked;
  Entry* entry = FindNumber(number);
  if (entry == nullptr || !StandsAt(*entry, number)) return false;
  const int entry_errno = errno;
  const int moved = DuplicateHigh(number);
  errno = entry_errno;
  entry->number.store(moved, std::memory_order_release);
  *result = replace();
  if (*result >= 0) return true;
  entry->number.store(number, std::memory_order_release);
  if (moved >= 0) files::CloseOwn(moved);
  return true;
}

// The lock is not held over the fork: the C library waits for locks of its own
// meanwhile, whose holders may wait for this one.
void HoldForFork() {
  forking.store(true, std::memory_order_seq_cst);
  // Whoever is in UseOnce is waited for, and nobody comes any more.
  const Locked locked;
}
void ReleaseAfterFork() { forking.store(false, std::memory_order_relaxed); }

void CloseInherited() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  const size_t count = used.load(std::memory_order_relaxed);
  for (size_t i = 0; i < count; ++i) Unregister(&entries[i]);
  forking.store(false, std::memory_order_relaxed);
  lock.Release();
}

}  // namespace aioemul::own_descriptors
