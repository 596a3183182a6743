// Readiness by Linux' epoll.
//
// Every registration is one-shot: what has fired is silent until it is armed
// again, so an event that nobody wants any more costs one wake-up at most.  The
// kernel drops registrations by itself when a file is closed.
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

uint32_t EventsOf(DirectionSet directions) {
  uint32_t events = EPOLLONESHOT;
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

class Epoll final : public Readiness, public arena::Resident {
 public:
  Epoll(int set, int interrupt) : set_(set), interrupt_(interrupt) {}
  ~Epoll() override {
    own_descriptors::Close(interrupt_);
    own_descriptors::Close(set_);
  }

  int Arm(int fd, DirectionSet directions, void* token) override {
    epoll_event event = {};
    event.events = EventsOf(directions);
    event.data.ptr = token;
    for (;;) {
      const int set = own_descriptors::NumberOf(set_);
      const int error = ArmIn(set, fd, &event);
      // What failed may have been another file, at the number it had before.
      if (error == 0 || own_descriptors::NumberOf(set_) == set) return error;
    }
  }

  int Wait(Event* events, int most, MonotonicTime deadline) override {
    std::array<epoll_event, 64> fired;
    const int room = std::min(most, static_cast<int>(fired.size()));
    const int count = epoll_wait(own_descriptors::NumberOf(set_), fired.data(),
                                 room, MillisecondsUntil(deadline));
    int reported = 0;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = fired[static_cast<size_t>(i)];
      if (event.data.ptr == this) {
        own_descriptors::Use(interrupt_, [](int interrupt) {
          eventfd_t ignored = 0;
          eventfd_read(interrupt, &ignored);
        });
      } else {
        events[reported++] = {event.data.ptr, DirectionsOf(event.events)};
      }
    }
    return reported;
  }

  void Interrupt() override {
    own_descriptors::Use(interrupt_,
                         [](int interrupt) { eventfd_write(interrupt, 1); });
  }

  void CloseInherited() final { own_descriptors::CloseInherited(); }

  // Registers what Interrupt writes to, and sees whether waiting works.  False
  // and errno on failure.
  bool Listen() {
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.ptr = this;
    return epoll_ctl(set_, EPOLL_CTL_ADD, interrupt_, &event) == 0 &&
           epoll_wait(set_, &event, 1, 0) >= 0;
  }

 private:
  // 0 or a negative errno value.
  static int ArmIn(int set, int fd, epoll_event* event) {
    // Most are there already.  A number that was closed and used again is not.
    if (epoll_ctl(set, EPOLL_CTL_MOD, fd, event) == 0) return 0;
    if (errno != ENOENT) return -errno;
    return epoll_ctl(set, EPOLL_CTL_ADD, fd, event) == 0 ? 0 : -errno;
  }

  // Names of own_descriptors.
  const int set_;
  const int interrupt_;
};

// Null and errno on failure.
Readiness* NewEpoll() {
  const int set =
      own_descriptors::Make([] { return epoll_create1(EPOLL_CLOEXEC); });
  if (set < 0) return nullptr;
  const int interrupt = own_descriptors::Make(
      [] { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); });
  if (interrupt < 0) {
    const int error = errno;
    own_descriptors::Close(set);
    errno = error;
    return nullptr;
  }
  auto* epoll = new (std::nothrow) Epoll(set, interrupt);
  if (epoll == nullptr) {
    own_descriptors::Close(interrupt);
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
