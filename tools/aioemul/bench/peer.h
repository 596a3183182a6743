// The implementations that are measured side by side.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_PEER_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_PEER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/bench/aio_functions.h"
#include "tools/aioemul/bench/transfers.h"

namespace aioemul::tools::bench {

struct Peer {
  absl::string_view name;
  // In a few words, with the version.
  std::string (*what)();
  // Tries whether the system has it; the error says what refuses.
  absl::Status (*probe)();
  absl::StatusOr<std::unique_ptr<Transfers>> (*make_transfers)(
      const TransferSetting& setting);
  // Null for those that are not POSIX asynchronous I/O.
  const AioFunctions* aio;
};

// In the order in which they are measured and shown.
absl::Span<const Peer> AllPeers();

// Null when there is none of that name.
const Peer* FindPeer(absl::string_view name);

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_PEER_H_
