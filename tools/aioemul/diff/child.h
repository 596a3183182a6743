// The process that runs programs: what it does, and what it tells.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DIFF_CHILD_H_
#define AIOEMUL_TOOLS_AIOEMUL_DIFF_CHILD_H_

#include <stdint.h>

#include <atomic>
#include <string>

#include "absl/strings/string_view.h"

namespace aioemul::tools::diff {

// In memory that both processes see, so that it outlives a crash.
struct Progress {
  std::atomic<uint64_t> beats;  // Changes as long as there is progress.
  std::atomic<int> program;     // Which one, counted from 0.
  std::atomic<int> step;
  std::atomic<int> event;   // An Event::Kind.
  std::atomic<int> number;  // Of the event.
};
static_assert(std::atomic<uint64_t>::is_always_lock_free);

// The files in the directory that the two share.
inline constexpr absl::string_view kOrdersFile = "orders";
inline constexpr absl::string_view kProgressFile = "progress";

// The argument that makes the command a child, before the directory.
inline constexpr absl::string_view kChildArgument = "carry-out:";

// What it prints: a word, a tab, and what belongs to it, on a line each.
//   missing FEATURE      what the backend cannot do
//   fault CLAUSE TEXT    of the program that Progress names
//   not-run TEXT         the machine or the backend is not there
//   begin                of one run of the program
//   event KIND NUMBER BYTES LEGAL LOW HIGH CLAUSE WHAT
//   count NAME NUMBER
//   end                  all was done
[[noreturn]] void CarryOut(const std::string& directory);

}  // namespace aioemul::tools::diff

#endif  // AIOEMUL_TOOLS_AIOEMUL_DIFF_CHILD_H_
