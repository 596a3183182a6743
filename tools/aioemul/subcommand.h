// What main knows of a subcommand.

#ifndef AIOEMUL_TOOLS_AIOEMUL_SUBCOMMAND_H_
#define AIOEMUL_TOOLS_AIOEMUL_SUBCOMMAND_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace aioemul::tools {

// Exit statuses of the command.
inline constexpr int kExitSuccess = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;

// One letter for a flag: "-f" for "--follow".
struct ShortOption {
  char letter;
  absl::string_view flag;
};

struct Subcommand {
  absl::string_view name;       // "copy"
  absl::string_view arguments;  // "SOURCE DEST"
  absl::string_view summary;    // One line.
  int argument_count;
  // The Abseil flags that it takes; others of the program are not for it.
  absl::Span<const absl::string_view> flags;
  // Returns the exit status; its flags are set.
  int (*run)(absl::Span<const std::string> arguments);
  bool last_repeats = false;  // More arguments like the last may follow.
  absl::Span<const ShortOption> short_options = {};
};

// Prints "aioemul NAME: MESSAGE" as one line on stderr.
void PrintError(absl::string_view name, absl::string_view message);

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_SUBCOMMAND_H_
