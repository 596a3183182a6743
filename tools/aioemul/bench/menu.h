// The menu: what can be measured.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_MENU_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_MENU_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace aioemul::tools::bench {

enum class WorkloadKind {
  kTransfers,    // Blocks of the file, so many at once.
  kIdlePipes,    // The same beside reads of pipes that wait.
  kThreads,      // The same from several threads.
  kQueue,        // Writes are queued, then waited for.
  kQueueHeld,    // The same with a pipe that holds them at first.
  kCancel,       // Queued reads are cancelled.
  kSuspend,      // One of many, a read of the file, is waited for.
  kSuspendPipe,  // One of many, a read of a pipe, is waited for.
  kError,        // The state of a finished request is asked for.
};

struct Workload {
  absl::string_view name;  // "random-read-direct"
  absl::string_view what;  // For a heading.
  absl::string_view axis;  // What x means.
  WorkloadKind kind;
  bool write;
  bool random;  // Or one block after the other.
  bool direct;  // Past the page cache.
  absl::Span<const int> xs;
  // Those for which it means something.
  absl::Span<const absl::string_view> peers;
};

absl::Span<const Workload> Menu();

// Null when there is none of that name.
const Workload* FindWorkload(absl::string_view name);

// Whether it moves blocks of --block_bytes.
bool MovesBlocks(const Workload& workload);

// The bytes that a result names; 0 where they have no meaning.
int BlockBytes(const Workload& workload, int chosen);

bool TakesPart(const Workload& workload, absl::string_view peer);

// What --list prints.
std::string RenderMenu();

// How much each request of `queue` writes, and of how many priorities.
inline constexpr int kQueuedBytes = 512;
inline constexpr int kPriorities = 20;
// How many each thread of `threads`, and `idle-pipes`, have under way.
inline constexpr int kDepthOfThread = 8;
inline constexpr int kDepthBesidePipes = 32;

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_MENU_H_
