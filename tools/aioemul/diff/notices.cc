#include "tools/aioemul/diff/notices.h"

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include "tools/aioemul/diff/program.h"
#include "tools/backends/backend.h"

namespace aioemul::tools::diff {
namespace {

std::atomic<bool> pipe_signal_came{false};

void NotePipeSignal(int /*signal*/) { pipe_signal_came = true; }

// What a handler tells of a signal.
struct Caught {
  int value;
  int number;
  int code;
};
// The ends of a pipe of those.
int caught_ends[2] = {-1, -1};

// A backend's thread that unblocks signals may take one that this program would
// have waited for.
void Catch(int number, siginfo_t* info, void* /*context*/) {
  const int error = errno;
  const Caught caught = {info->si_value.sival_int, number, info->si_code};
  if (write(caught_ends[1], &caught, sizeof(caught)) < 0) abort();
  errno = error;
}

constexpr int kSignals = 2;
constexpr int kIdBits = 16;
constexpr int kIdMask = (1 << kIdBits) - 1;
constexpr int kRuns = 1 << 14;
// What no request has.
constexpr int kStray = -1;

int SignalOf(int id) { return SIGRTMIN + 1 + id % kSignals; }

}  // namespace

Notices& Notices::Get() {
  static auto* const notices = new Notices;
  return *notices;
}

Notices::Notices() {
  sigemptyset(&signals_);
  if (pipe2(caught_ends, O_NONBLOCK | O_CLOEXEC) != 0) abort();
  struct sigaction catching = {};
  catching.sa_sigaction = Catch;
  catching.sa_flags = SA_RESTART | SA_SIGINFO;
  for (int i = 0; i < kSignals; ++i) {
    sigaddset(&signals_, SignalOf(i));
    sigaction(SignalOf(i), &catching, nullptr);
  }
  struct sigaction action = {};
  action.sa_handler = NotePipeSignal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGPIPE, &action, nullptr);
}

void Notices::Begin(const Backend& backend) {
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  const std::lock_guard<std::mutex> lock(mutex_);
  backend_ = &backend;
  run_ = (run_ + 1) % kRuns;
}

bool Notices::TakePipeSignal() { return pipe_signal_came.exchange(false); }

void Notices::End() {
  const std::lock_guard<std::mutex> lock(mutex_);
  blocks_.clear();
  came_.clear();
}

sigevent Notices::EventFor(int id, Notice notice,
                           const std::vector<const aiocb*>& blocks) {
  sigevent event = {};
  event.sigev_notify = SIGEV_NONE;
  if (notice == Notice::kNone) return event;
  const std::lock_guard<std::mutex> lock(mutex_);
  blocks_[id] = blocks;
  event.sigev_value.sival_int = (run_ << kIdBits) | id;
  if (notice == Notice::kSignal) {
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SignalOf(id);
  } else {
    event.sigev_notify = SIGEV_THREAD;
    event.sigev_notify_function = Notified;
  }
  return event;
}

void Notices::Notified(sigval value) { Get().Add(value.sival_int, true); }

void Notices::AddSignal(int value, int number, int code) {
  Add(value, code == SI_ASYNCIO && number == SignalOf(value & kIdMask));
}

void Notices::Add(int value, bool whole) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const int id = value & kIdMask;
  const auto blocks = blocks_.find(id);
  if (value >> kIdBits != run_ || blocks == blocks_.end()) {
    came_.push_back({kStray, 0, whole});
    return;
  }
  int status = 0;
  for (const aiocb* block : blocks->second) {
    if (backend_->error(block) == EINPROGRESS) status = EINPROGRESS;
  }
  came_.push_back({id, status, whole});
}

std::vector<Notices::Came> Notices::Take() {
  const timespec now = {0, 0};
  siginfo_t info;
  int number = 0;
  while ((number = sigtimedwait(&signals_, &info, &now)) > 0) {
    AddSignal(info.si_value.sival_int, number, info.si_code);
  }
  Caught caught;
  while (read(caught_ends[0], &caught, sizeof(caught)) > 0) {
    AddSignal(caught.value, caught.number, caught.code);
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(came_, {});
}

}  // namespace aioemul::tools::diff
