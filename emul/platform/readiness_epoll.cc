// Readiness by Linux' epoll.
//
// What is armed is one-shot: what has fired is silent until it is armed again,
// so an event that nobody wants any more costs one wake-up at most.  What is
// watched is edge-triggered.  The kernel drops registrations by itself when a
// file is closed.
//
// A thread in epoll_wait is woken by arming a descriptor that is always ready,
// so that nothing is ever written to a number that the program may have taken
// over.
//
// A kernel or a system-call filter that refuses any of the calls is not asked
// again: poll does instead.

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <new>

#include "emul/platform/arena.h"
#include "emul/platform/own_descriptors.h"
#include "emul/platform/readiness.h"

namespace aioemul::readiness {
namespace {

std::atomic<bool> refused{false};

// Whether a call failed for want of something that may be had later.
bool IsTemporary(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM ||
         error == ENOSPC;
}

uint32_t EventsOf(DirectionSet directions, uint32_t manner) {
  uint32_t events = manner;
  if ((directions & SetOf(Direction::kRead)) != 0) {
    events |= EPOLLIN | EPOLLRDHUP;
  }
  if ((directions & SetOf(Direction::kWrite)) != 0) events |= EPOLLOUT;
  return events;
}

DirectionSet DirectionsOf(uint32_t events) {
  // An error or a hang-up is news for both.
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) return kBothDirections;
  DirectionSet directions = 0;
  if ((events & (EPOLLIN | EPOLLRDHUP)) != 0) {
    directions |= SetOf(Direction::kRead);
  }
  if ((events & EPOLLOUT) != 0) directions |= SetOf(Direction::kWrite);
  return directions;
}

bool HasEnded(uint32_t events) {
  return (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0;
}

// Something that can always be written.
int MakeReady() {
  return own_descriptors::Make([] { return eventfd(0, EFD_CLOEXEC); });
}

class Epoll final : public Readiness, public arena::Resident {
 public:
  // Takes the names of two descriptors of ours: the set, and one that is always
  // ready.
  Epoll(int set, int ready) : set_(set), ready_(ready) {}
  ~Epoll() override {
    own_descriptors::Close(ready_);
    own_descriptors::Close(set_);
  }

  int Arm(int fd, DirectionSet directions, void* token) override {
    return Change(fd, EventsOf(directions, EPOLLONESHOT), token);
  }

  int Watch(int fd, DirectionSet directions, void* token) override {
    return Change(fd, EventsOf(directions, EPOLLET), token);
  }

  void Forget(int fd) override {
    own_descriptors::Use(set_, [fd](int set) {
      epoll_event ignored = {};
      epoll_ctl(set, EPOLL_CTL_DEL, fd, &ignored);
    });
  }

  int Wait(Event* events, int most, MonotonicTime deadline) override {
    std::array<epoll_event, 64> fired;
    const int room = std::min(most, static_cast<int>(fired.size()));
    int set = -1;
    if (!own_descriptors::Use(set_, [&set](int number) { set = number; })) {
      return -ESTALE;
    }
    const int count =
        epoll_wait(set, fired.data(), room, MillisecondsUntil(deadline));
    // Whatever it stands for now, this set is to be replaced.
    if (count < 0 && errno != EINTR) return -ESTALE;
    int reported = 0;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = fired[static_cast<size_t>(i)];
      if (event.data.ptr == this) continue;
      events[reported++] = {event.data.ptr, DirectionsOf(event.events),
                            HasEnded(event.events)};
    }
    return reported;
  }

  void Interrupt() override {
    if (!own_descriptors::IsOurs(ready_)) {
      own_descriptors::Close(ready_);
      ready_ = MakeReady();
    }
    const int ready = own_descriptors::NumberOf(ready_);
    if (ready >= 0) Change(ready, EPOLLOUT | EPOLLONESHOT, this);
  }

  // Sees whether waiting works.  False and errno on failure.
  bool Listen() {
    const int set = own_descriptors::NumberOf(set_);
    epoll_event event = {};
    event.events = EPOLLONESHOT;
    event.data.ptr = this;
    return epoll_ctl(set, EPOLL_CTL_ADD, own_descriptors::NumberOf(ready_),
                     &event) == 0 &&
           epoll_wait(set, &event, 1, 0) >= 0;
  }

 private:
  int Change(int fd, uint32_t events, void* token) {
    int error = -ESTALE;
    own_descriptors::Use(set_, [&](int set) {
      epoll_event event = {};
      event.events = events;
      event.data.ptr = token;
      // Most are there already.  A number that was closed and used again is
      // not.
      error = epoll_ctl(set, EPOLL_CTL_MOD, fd, &event) == 0 ? 0 : -errno;
      if (error != -ENOENT) return;
      error = epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
    });
    return error;
  }

  const int set_;
  int ready_;
};

// Null and errno on failure.
Readiness* NewEpoll() {
  const int set =
      own_descriptors::Make([] { return epoll_create1(EPOLL_CLOEXEC); });
  if (set < 0) return nullptr;
  const int ready = MakeReady();
  if (ready < 0) {
    const int error = errno;
    own_descriptors::Close(set);
    errno = error;
    return nullptr;
  }
  auto* epoll = new (std::nothrow) Epoll(set, ready);
  if (epoll == nullptr) {
    own_descriptors::Close(ready);
    own_descriptors::Close(set);
    errno = ENOMEM;
    return nullptr;
  }
  if (epoll->Listen()) return epoll;
  const int error = errno;
  delete epoll;
  errno = error;
  return nullptr;
}

}  // namespace

Readiness* New() {
  if (!refused.load(std::memory_order_relaxed)) {
    Readiness* epoll = NewEpoll();
    if (epoll != nullptr) return epoll;
    if (!IsTemporary(errno)) refused.store(true, std::memory_order_relaxed);
  }
  return NewPoll();
}

}  // namespace aioemul::readiness
