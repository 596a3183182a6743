#include "tools/aioemul/check/gated_write.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/check/scene.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

// Whether the thread waits at a gate, as the kernel names the place.  False
// where the kernel keeps that to itself.
bool IsAtGate(pid_t thread) {
  const std::string path = absl::StrCat("/proc/self/task/", thread, "/wchan");
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char place[64];
  const ssize_t length = read(fd, place, sizeof(place));
  close(fd);
  return length > 0 && absl::string_view(place, static_cast<size_t>(length)) ==
                           "handle_userfault";
}

}  // namespace

GatedWrite::GatedWrite(Trial& trial, int fd, off_t offset)
    : trial_(trial),
      gate_(trial),
      block_(BlockFor(fd, gate_.buffer(), gate_.size(), offset)) {
  std::atomic<pid_t> thread{0};
  std::atomic<bool> returned{false};
  std::thread submitter([&] {
    thread = gettid();
    trial.Write(&block_);
    returned = true;
  });
  gate_.AwaitArrival();
  // One of the two comes to be: the call returns, or its own thread is the one
  // that waits at the gate.
  while (!returned) {
    if (IsAtGate(thread)) {
      trial.Unsupported("aio_write returns only when its transfer is done");
    }
    const timespec moment = {0, 200'000};
    nanosleep(&moment, nullptr);
  }
  submitter.join();
  // Who looks at the threads of this process shall not find that one, which may
  // still be on its way out.
  while (!ThreadField(thread, "State").empty()) {
    const timespec moment = {0, 200'000};
    nanosleep(&moment, nullptr);
  }
}

void GatedWrite::ExpectWritten(unsigned char fill) {
  Open(fill);
  trial_.ExpectResult("the write that was held up", &block_, 0,
                      static_cast<ssize_t>(size()));
}

}  // namespace aioemul::tools::check
