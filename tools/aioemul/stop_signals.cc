#include "tools/aioemul/stop_signals.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

namespace aioemul::tools {
namespace {

constexpr int kStopSignals[] = {SIGINT, SIGTERM, SIGHUP};

volatile sig_atomic_t received = 0;

void NoteSignal(int signal_number) {
  if (received == 0) received = signal_number;
}

void Ignore(int signal_number) {
  struct sigaction action = {};
  action.sa_handler = SIG_IGN;
  sigaction(signal_number, &action, nullptr);
}

}  // namespace

void CatchStopSignals() {
  struct sigaction action = {};
  action.sa_handler = NoteSignal;
  action.sa_flags = SA_RESTART;
  // One at a time, so that the first one wins.
  for (int signal_number : kStopSignals) {
    sigaddset(&action.sa_mask, signal_number);
  }
  for (int signal_number : kStopSignals) {
    struct sigaction present;
    sigaction(signal_number, nullptr, &present);
    if (present.sa_handler == SIG_IGN) continue;
    sigaction(signal_number, &action, nullptr);
  }
  Ignore(SIGPIPE);
  Ignore(SIGXFSZ);
}

int StopSignalReceived() { return received; }

void DieOfSignal(int signal_number) {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  sigaction(signal_number, &action, nullptr);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal_number);
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
  raise(signal_number);
  _exit(128 + signal_number);
}

}  // namespace aioemul::tools
