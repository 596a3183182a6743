// Reads the options and arguments of a subcommand.
//
// Options are Abseil flags, set through their reflection interface rather than
// by absl::ParseCommandLine: a subcommand takes its own flags only, and misuse
// is told in one line with an exit status of its own.

#ifndef AIOEMUL_TOOLS_AIOEMUL_COMMAND_LINE_H_
#define AIOEMUL_TOOLS_AIOEMUL_COMMAND_LINE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/subcommand.h"

namespace aioemul::tools {

struct CommandLine {
  bool help = false;  // --help was given; nothing else counts.
  std::vector<std::string> arguments;
};

// Sets the flags of `subcommand` from `words`, the command line after its
// name, and returns the arguments, of which there are as many as it takes.
// Understood are --name=value, --name value, --name and --noname for flags of
// type bool, - for _ in names, -x, -x value and -xvalue for its short options,
// and -- as the end of the options.
absl::StatusOr<CommandLine> ParseCommandLine(
    const Subcommand& subcommand, absl::Span<const absl::string_view> words);

// What `aioemul help NAME` prints.
std::string SubcommandHelp(const Subcommand& subcommand);

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_COMMAND_LINE_H_
