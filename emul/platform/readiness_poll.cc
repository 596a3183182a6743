// Readiness by POSIX poll: a table of what is armed, given to poll whole.
//
// poll knows no news: what is watched is left out for a time after each report,
// and looked at again then.

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <new>

#include "absl/base/thread_annotations.h"
#include "emul/mutex.h"
#include "emul/platform/arena.h"
#include "emul/platform/clock.h"
#include "emul/platform/files.h"
#include "emul/platform/own_descriptors.h"
#include "emul/platform/readiness.h"

namespace aioemul::readiness {
namespace {

// That the other side of a socket sends no more.  Where there is no event for
// it, POLLHUP tells it.
#ifdef POLLRDHUP
constexpr short kNoMoreInput = POLLRDHUP;
#else
constexpr short kNoMoreInput = 0;
#endif

short EventsOf(DirectionSet directions) {
  short events = 0;
  if ((directions & SetOf(Direction::kRead)) != 0) {
    events |= POLLIN | kNoMoreInput;
  }
  if ((directions & SetOf(Direction::kWrite)) != 0) events |= POLLOUT;
  return events;
}

DirectionSet DirectionsOf(short events) {
  if ((events & (POLLERR | POLLHUP | POLLNVAL)) != 0) return kBothDirections;
  DirectionSet directions = 0;
  if ((events & (POLLIN | kNoMoreInput)) != 0) {
    directions |= SetOf(Direction::kRead);
  }
  if ((events & POLLOUT) != 0) directions |= SetOf(Direction::kWrite);
  return directions;
}

// A growing array of plain values that reports a lack of memory.
template <typename T>
class Table {
 public:
  Table() = default;
  ~Table() { arena::Free(values_); }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  bool Resize(size_t size) {
    if (size > capacity_) {
      const size_t capacity = std::max<size_t>(64, 2 * size);
      auto* grown = static_cast<T*>(arena::Allocate(capacity * sizeof(T)));
      if (grown == nullptr) return false;
      std::copy_n(values_, size_, grown);
      arena::Free(values_);
      values_ = grown;
      capacity_ = capacity;
    }
    size_ = size;
    return true;
  }
  size_t size() const { return size_; }
  T* data() { return values_; }
  T& operator[](size_t i) { return values_[i]; }

 private:
  T* values_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

class Poll final : public Readiness, public arena::Resident {
 public:
  Poll(int interrupt_reader, int interrupt_writer)
      : reader_(interrupt_reader), writer_(interrupt_writer) {}
  ~Poll() override {
    own_descriptors::Close(reader_);
    own_descriptors::Close(writer_);
  }

  int Arm(int fd, DirectionSet directions, void* token) override {
    return Put({fd, directions, token});
  }

  int Watch(int fd, DirectionSet directions, void* token) override {
    Armed armed = {fd, directions, token};
    armed.pause = kFirstPause;
    return Put(armed);
  }

  void Forget(int fd) override {
    MutexLock lock(mutex_);
    const size_t place = PlaceOf(fd);
    if (place < armed_.size()) Remove(place);
  }

  int Wait(Event* events, int most, MonotonicTime deadline) override {
    if (!CopyArmed()) return ReportBlindly(events, most);
    const int timeout = MillisecondsUntil(std::min(deadline, next_look_));
    if (poll(polled_.data(), polled_.size(), timeout) < 0) {
      return errno == EINTR ? 0 : ReportBlindly(events, most);
    }
    if (polled_[0].revents != 0) ForgetInterrupts();
    int reported = 0;
    for (size_t i = 1; i < polled_.size() && reported < most; ++i) {
      if (polled_[i].revents != 0 && Report(polled_[i], &events[reported])) {
        ++reported;
      }
    }
    return reported;
  }

  void Interrupt() override {
    own_descriptors::Use(writer_, [](int writer) {
      // A full pipe says it already.
      const ssize_t written = write(writer, "", 1);
      static_cast<void>(written);
    });
  }

 private:
  static constexpr MonotonicTime kFirstPause = 1'000'000;      // 1 ms
  static constexpr MonotonicTime kLongestPause = 256'000'000;  // 256 ms

  struct Armed {
    int fd;
    DirectionSet directions;
    void* token;
    MonotonicTime pause = 0;  // what is watched: after the next report
    MonotonicTime next_look = 0;
  };

  size_t PlaceOf(int fd) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    size_t place = 0;
    while (place < armed_.size() && armed_[place].fd != fd) ++place;
    return place;
  }

  void Remove(size_t place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    armed_[place] = armed_[armed_.size() - 1];
    armed_.Resize(armed_.size() - 1);
  }

  int Put(const Armed& armed) ABSL_LOCKS_EXCLUDED(mutex_) {
    if (fcntl(armed.fd, F_GETFD) < 0) return -EBADF;
    {
      MutexLock lock(mutex_);
      const size_t place = PlaceOf(armed.fd);
      if (place == armed_.size() && !armed_.Resize(place + 1)) return -ENOMEM;
      armed_[place] = armed;
    }
    Interrupt();
    return 0;
  }

  bool CopyArmed() {
    MutexLock lock(mutex_);
    if (!polled_.Resize(armed_.size() + 1)) return false;
    polled_[0] = {own_descriptors::NumberOf(reader_), POLLIN, 0};
    const MonotonicTime now = MonotonicNow();
    next_look_ = kNever;
    size_t size = 1;
    for (size_t i = 0; i < armed_.size(); ++i) {
      if (armed_[i].next_look > now) {
        next_look_ = std::min(next_look_, armed_[i].next_look);
        continue;
      }
      polled_[size++] = {armed_[i].fd, EventsOf(armed_[i].directions), 0};
    }
    return polled_.Resize(size);
  }

  // Takes what has fired out of the table, unless it is watched.  False when it
  // was replaced or is gone since.
  bool Report(const pollfd& fired, Event* event) {
    MutexLock lock(mutex_);
    const size_t place = PlaceOf(fired.fd);
    if (place == armed_.size()) return false;
    Armed& armed = armed_[place];
    if (EventsOf(armed.directions) != fired.events) return false;
    constexpr short kEnd = POLLERR | POLLHUP | POLLNVAL | kNoMoreInput;
    *event = {armed.token, DirectionsOf(fired.revents),
              (fired.revents & kEnd) != 0};
    if (armed.pause == 0) {
      Remove(place);
    } else {
      armed.next_look = MonotonicNow() + armed.pause;
      armed.pause = std::min(2 * armed.pause, kLongestPause);
    }
    return true;
  }

  // There is no memory, or the limit on descriptors was lowered below what is
  // waited for, and poll refuses.  After a moment all is reported, to be tried.
  int ReportBlindly(Event* events, int most) {
    constexpr int kMoment = 10;  // milliseconds
    poll(nullptr, 0, kMoment);
    ForgetInterrupts();
    MutexLock lock(mutex_);
    const MonotonicTime now = MonotonicNow();
    int reported = 0;
    for (size_t i = armed_.size(); i-- > 0 && reported < most;) {
      Armed& armed = armed_[i];
      if (armed.next_look > now) continue;
      events[reported++] = {armed.token, armed.directions, false};
      if (armed.pause == 0) {
        Remove(i);
      } else {
        armed.next_look = now + kLongestPause;
      }
    }
    return reported;
  }

  void ForgetInterrupts() {
    own_descriptors::Use(reader_, [](int reader) {
      std::array<char, 64> ignored;
      while (read(reader, ignored.data(), ignored.size()) > 0) {
      }
    });
  }

  // Names of own_descriptors.
  const int reader_;
  const int writer_;

  Mutex mutex_;
  Table<Armed> armed_ ABSL_GUARDED_BY(mutex_);
  // --- The waiting thread's.
  Table<pollfd> polled_;
  MonotonicTime next_look_ = kNever;  // at what is watched and left out
};

bool MakeInternal(int fd) {
  return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 &&
         fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

bool OpenPipe(std::array<int, 2>* ends) {
  if (pipe(ends->data()) != 0) return false;
  if (MakeInternal((*ends)[0]) && MakeInternal((*ends)[1])) return true;
  for (const int end : *ends) files::CloseOwn(end);
  return false;
}

}  // namespace

Readiness* NewPoll() {
  std::array<int, 2> ends;
  if (!own_descriptors::MakePair(&OpenPipe, &ends)) return nullptr;
  Poll* poll = new (std::nothrow) Poll(ends[0], ends[1]);
  if (poll == nullptr) {
    for (const int end : ends) own_descriptors::Close(end);
  }
  return poll;
}

int MillisecondsUntil(MonotonicTime deadline) {
  constexpr MonotonicTime kMillisecond = 1'000'000;
  if (deadline == kNever) return -1;
  const MonotonicTime now = MonotonicNow();
  if (deadline <= now) return 0;
  const MonotonicTime rest = (deadline - now + kMillisecond - 1) / kMillisecond;
  return static_cast<int>(std::min<MonotonicTime>(rest, INT_MAX));
}

}  // namespace aioemul::readiness
