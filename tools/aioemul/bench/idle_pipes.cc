#include "tools/aioemul/bench/idle_pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tools/aioemul/bench/transfers.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools::bench {
namespace {

absl::StatusOr<int> OpenIdlePipe() {
  int ends[2];
  if (pipe(ends) != 0) return SystemError(errno, "opening", "pipe");
  const std::string path = absl::StrCat("/proc/self/fd/", ends[0]);
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  const int error = errno;
  close(ends[0]);
  close(ends[1]);
  if (fd < 0) return SystemError(error, "opening", path);
  return fd;
}

}  // namespace

void RaiseDescriptorLimit() {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

absl::Status ReadIdlePipes(int count, Transfers* transfers) {
  if (count > 0) RaiseDescriptorLimit();
  for (int i = 0; i < count; ++i) {
    const absl::StatusOr<int> fd = OpenIdlePipe();
    if (!fd.ok()) return fd.status();
    if (absl::Status status = transfers->SubmitIdleRead(*fd); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace aioemul::tools::bench
