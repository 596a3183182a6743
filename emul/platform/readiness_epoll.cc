// Readiness by Linux' epoll.
//
// Every registration is one-shot: what has fired is silent until it is armed
// again, so an event that nobody wants any more costs one wake-up at most.  The
// kernel drops registrations by itself when a file is closed.

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>

#include "emul/platform/readiness.h"

namespace aioemul::readiness {
namespace {

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

class Epoll final : public Readiness {
 public:
  Epoll(int set, int interrupt) : set_(set), interrupt_(interrupt) {}
  ~Epoll() override {
    close(interrupt_);
    close(set_);
  }

  int Arm(int fd, DirectionSet directions, void* token) override {
    epoll_event event = {};
    event.events = EventsOf(directions);
    event.data.ptr = token;
    // Most are there already.  A number that was closed and used again is not.
    if (epoll_ctl(set_, EPOLL_CTL_MOD, fd, &event) == 0) return 0;
    if (errno != ENOENT) return -errno;
    return epoll_ctl(set_, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
  }

  int Wait(Event* events, int most, MonotonicTime deadline) override {
    std::array<epoll_event, 64> fired;
    const int room = std::min(most, static_cast<int>(fired.size()));
    const int count =
        epoll_wait(set_, fired.data(), room, MillisecondsUntil(deadline));
    int reported = 0;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = fired[static_cast<size_t>(i)];
      if (event.data.ptr == this) {
        eventfd_t ignored = 0;
        eventfd_read(interrupt_, &ignored);
      } else {
        events[reported++] = {event.data.ptr, DirectionsOf(event.events)};
      }
    }
    return reported;
  }

  void Interrupt() override { eventfd_write(interrupt_, 1); }

  // Registers what Interrupt writes to.  False on failure.
  bool Listen() {
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.ptr = this;
    return epoll_ctl(set_, EPOLL_CTL_ADD, interrupt_, &event) == 0;
  }

 private:
  const int set_;
  const int interrupt_;
};

Readiness* NewEpoll() {
  const int set = epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) return nullptr;
  const int interrupt = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (interrupt < 0) {
    close(set);
    return nullptr;
  }
  auto* epoll = new (std::nothrow) Epoll(set, interrupt);
  if (epoll == nullptr) {
    close(interrupt);
    close(set);
    return nullptr;
  }
  if (epoll->Listen()) return epoll;
  delete epoll;
  return nullptr;
}

}  // namespace

Readiness* New() {
  Readiness* epoll = NewEpoll();
  return epoll != nullptr ? epoll : NewPoll();
}

}  // namespace aioemul::readiness
