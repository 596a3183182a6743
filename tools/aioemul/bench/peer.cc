#include "tools/aioemul/bench/peer.h"

#include <libaio.h>
#include <liburing.h>
#include <stddef.h>
#include <stdlib.h>
#include <uv.h>

#include <memory>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/bench/aio_functions.h"
#include "tools/aioemul/bench/aio_transfers.h"
#include "tools/aioemul/bench/libaio_transfers.h"
#include "tools/aioemul/bench/machine.h"
#include "tools/aioemul/bench/sync_transfers.h"
#include "tools/aioemul/bench/thread_transfers.h"
#include "tools/aioemul/bench/transfers.h"
#include "tools/aioemul/bench/uring_transfers.h"
#include "tools/aioemul/bench/uv_transfers.h"

namespace aioemul::tools::bench {
namespace {

absl::Status Present() { return absl::OkStatus(); }

absl::Status Refused(absl::string_view function, int error) {
  return absl::UnavailableError(
      absl::StrCat(function, ": ", std::generic_category().message(error)));
}

absl::Status ProbeIoUring() {
  io_uring ring;
  const int error = -io_uring_queue_init(1, &ring, 0);
  if (error != 0) return Refused("io_uring_setup", error);
  io_uring_queue_exit(&ring);
  return absl::OkStatus();
}

absl::Status ProbeLibaio() {
  io_context_t context = nullptr;
  const int error = -io_setup(1, &context);
  if (error != 0) return Refused("io_setup", error);
  io_destroy(context);
  return absl::OkStatus();
}

std::string LibcName() { return absl::StrCat("aio_read of ", LibcVersion()); }

std::string UvName() {
  const char* threads = getenv("UV_THREADPOOL_SIZE");
  return absl::StrCat("libuv ", uv_version_string(), ", ",
                      threads == nullptr ? "its usual 4" : threads, " threads");
}

constexpr Peer kPeers[] = {
    {"aioemul", [] { return std::string("this library"); }, Present,
     [](const TransferSetting& setting) {
       return MakeAioTransfers(kAioemulFunctions, setting);
     },
     &kAioemulFunctions},
    {"libc", LibcName, Present,
     [](const TransferSetting& setting) {
       return MakeAioTransfers(kLibcFunctions, setting);
     },
     &kLibcFunctions},
    {"libaio", [] { return std::string("the kernel's io_submit, by libaio"); },
     ProbeLibaio, MakeLibaioTransfers, nullptr},
    {"io_uring", [] { return std::string("the kernel's, by liburing"); },
     ProbeIoUring, MakeIoUringTransfers, nullptr},
    {"libuv", UvName, Present, MakeUvTransfers, nullptr},
    {"threads", [] { return std::string("a plain pool of 32 threads"); },
     Present, MakeThreadTransfers, nullptr},
    {"sync", [] { return std::string("pread and pwrite in a loop"); }, Present,
     MakeSyncTransfers, nullptr},
};

}  // namespace

absl::Span<const Peer> AllPeers() { return kPeers; }

const Peer* FindPeer(absl::string_view name) {
  for (const Peer& peer : kPeers) {
    if (peer.name == name) return &peer;
  }
  return nullptr;
}

}  // namespace aioemul::tools::bench
