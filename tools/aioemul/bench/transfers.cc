#include "tools/aioemul/bench/transfers.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace aioemul::tools::bench {

absl::Status Transfers::SubmitIdleRead(int fd) {
  return absl::UnimplementedError(
      absl::StrCat("no idle read of descriptor ", fd, " here"));
}

}  // namespace aioemul::tools::bench
