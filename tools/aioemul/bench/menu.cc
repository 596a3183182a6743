#include "tools/aioemul/bench/menu.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/bench/peer.h"

namespace aioemul::tools::bench {
namespace {

constexpr int kDirectDepths[] = {1, 4, 32};
constexpr int kCachedDepths[] = {1, 32};
constexpr int kQueueLengths[] = {5000, 20000, 80000};
constexpr int kCancelLengths[] = {5000, 20000};
constexpr int kSuspendLengths[] = {256};
constexpr int kOne[] = {1};
constexpr int kPipes[] = {0, 10000};
constexpr int kThreads[] = {1, 2, 4, 8};

constexpr absl::string_view kEveryPeer[] = {
    "aioemul", "libc", "libaio", "io_uring", "libuv", "threads", "sync"};
constexpr absl::string_view kAioPeers[] = {"aioemul", "libc"};
// A read of a pipe holds up whoever submits it by libaio, and a thread of the
// pools.
constexpr absl::string_view kPipePeers[] = {"aioemul", "libc", "io_uring"};
// A pool for each thread would measure something else.
constexpr absl::string_view kThreadPeers[] = {"aioemul",  "libc",  "libaio",
                                              "io_uring", "libuv", "sync"};

constexpr Workload kMenu[] = {
    {"random-read-direct", "random reads, O_DIRECT", "depth",
     WorkloadKind::kTransfers, false, true, true, kDirectDepths, kEveryPeer},
    {"random-write-direct", "random writes, O_DIRECT", "depth",
     WorkloadKind::kTransfers, true, true, true, kDirectDepths, kEveryPeer},
    {"sequential-read-direct", "sequential reads, O_DIRECT", "depth",
     WorkloadKind::kTransfers, false, false, true, kDirectDepths, kEveryPeer},
    {"sequential-write-direct", "sequential writes, O_DIRECT", "depth",
     WorkloadKind::kTransfers, true, false, true, kDirectDepths, kEveryPeer},
    {"random-read-cached", "random reads, cached", "depth",
     WorkloadKind::kTransfers, false, true, false, kCachedDepths, kEveryPeer},
    {"sequential-read-cached", "sequential reads, cached", "depth",
     WorkloadKind::kTransfers, false, false, false, kCachedDepths, kEveryPeer},
    {"random-write-buffered", "random writes, buffered", "depth",
     WorkloadKind::kTransfers, true, true, false, kCachedDepths, kEveryPeer},
    {"sequential-write-buffered", "sequential writes, buffered", "depth",
     WorkloadKind::kTransfers, true, false, false, kCachedDepths, kEveryPeer},
    {"queue",
     "writes in 20 priorities, queued behind the end of the file, then each "
     "waited for",
     "queued", WorkloadKind::kQueue, true, false, false, kQueueLengths,
     kAioPeers},
    {"queue-held",
     "writes in 20 priorities, queued on a full pipe that is then "
     "emptied, then each waited for",
     "queued", WorkloadKind::kQueueHeld, true, false, false, kQueueLengths,
     kAioPeers},
    {"cancel", "queued reads of an empty pipe cancelled, newest first",
     "queued", WorkloadKind::kCancel, false, false, false, kCancelLengths,
     kAioPeers},
    {"suspend", "one cached read among so many requests, by aio_suspend",
     "queued", WorkloadKind::kSuspend, false, false, false, kSuspendLengths,
     kAioPeers},
    {"suspend-pipe", "one pipe read among so many requests, by aio_suspend",
     "queued", WorkloadKind::kSuspendPipe, false, false, false, kSuspendLengths,
     kAioPeers},
    {"error", "aio_error of a finished request", "queued", WorkloadKind::kError,
     false, false, false, kOne, kAioPeers},
    {"idle-pipes", "random reads, cached, depth 32, beside idle pipe reads",
     "pipes", WorkloadKind::kIdlePipes, false, true, false, kPipes, kPipePeers},
    {"threads", "random reads, cached, by several threads, depth 8 each",
     "threads", WorkloadKind::kThreads, false, true, false, kThreads,
     kThreadPeers},
};

}  // namespace

absl::Span<const Workload> Menu() { return kMenu; }

const Workload* FindWorkload(absl::string_view name) {
  for (const Workload& workload : kMenu) {
    if (workload.name == name) return &workload;
  }
  return nullptr;
}

bool MovesBlocks(const Workload& workload) {
  return workload.kind == WorkloadKind::kTransfers ||
         workload.kind == WorkloadKind::kIdlePipes ||
         workload.kind == WorkloadKind::kThreads;
}

int BlockBytes(const Workload& workload, int chosen) {
  if (MovesBlocks(workload)) return chosen;
  if (workload.kind == WorkloadKind::kQueue) return kQueuedBytes;
  return workload.kind == WorkloadKind::kQueueHeld ? 1 : 0;
}

bool TakesPart(const Workload& workload, absl::string_view peer) {
  return std::find(workload.peers.begin(), workload.peers.end(), peer) !=
         workload.peers.end();
}

std::string RenderMenu() {
  std::string text = "workloads:\n";
  for (const Workload& workload : kMenu) {
    absl::StrAppendFormat(&text, "  %-26s %s\n  %-26s %s %s; %s\n",
                          workload.name, workload.what, "", workload.axis,
                          absl::StrJoin(workload.xs, ", "),
                          workload.peers.size() == AllPeers().size()
                              ? "all peers"
                              : absl::StrJoin(workload.peers, ", "));
  }
  absl::StrAppend(&text, "peers:\n");
  for (const Peer& peer : AllPeers()) {
    const absl::Status status = peer.probe();
    absl::StrAppendFormat(
        &text, "  %-26s %s%s\n", peer.name, peer.what(),
        status.ok() ? "" : absl::StrCat(" (missing: ", status.message(), ")"));
  }
  return text;
}

}  // namespace aioemul::tools::bench
