#include "tools/aioemul/brief_wait.h"

#include <aio.h>
#include <signal.h>
#include <time.h>

#include <chrono>

#include "absl/types/span.h"
#include "aio/aio.h"
#include "tools/aioemul/stop_signals.h"

namespace aioemul::tools {
namespace {

void LetNextStopSignalKill() {
  for (int signal_number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action;
    sigaction(signal_number, nullptr, &action);
    // Ignored ones stay so (nohup).
    if (action.sa_handler == SIG_IGN) continue;
    action.sa_handler = SIG_DFL;
    sigaction(signal_number, &action, nullptr);
  }
}

}  // namespace

void WaitBriefly(absl::Span<const struct aiocb* const> requests) {
  if (StopSignalReceived() != 0) LetNextStopSignalKill();
  constexpr struct timespec kTimeout = {
      0, std::chrono::nanoseconds(kBriefly).count()};
  // With nothing to wait for it waits the time out.
  aioemul_suspend(requests.data(), static_cast<int>(requests.size()),
                  &kTimeout);
}

}  // namespace aioemul::tools
