// The command `aioemul`: finds the subcommand and hands it its command line.

#include <stddef.h>
#include <stdio.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/bench/bench.h"
#include "tools/aioemul/check/check_subcommand.h"
#include "tools/aioemul/command_line.h"
#include "tools/aioemul/copy.h"
#include "tools/aioemul/diff/diff.h"
#include "tools/aioemul/soak.h"
#include "tools/aioemul/subcommand.h"
#include "tools/aioemul/system_error.h"
#include "tools/aioemul/tail.h"

namespace aioemul::tools {
namespace {

using Words = absl::Span<const absl::string_view>;

const Subcommand* const kSubcommands[] = {
    &bench::kBenchSubcommand, &check::kCheckSubcommand, &kCopySubcommand,
    &diff::kDiffSubcommand,   &kSoakSubcommand,         &kTailSubcommand,
};

const Subcommand* FindSubcommand(absl::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kSubcommands), std::end(kSubcommands),
                   [name](const Subcommand* s) { return s->name == name; });
  return found == std::end(kSubcommands) ? nullptr : *found;
}

std::string Help() {
  std::string help =
      "usage: aioemul SUBCOMMAND [OPTION...] [ARGUMENT...]\n"
      "       aioemul help [SUBCOMMAND]\n\n"
      "Files and POSIX asynchronous I/O.  Subcommands:\n\n";
  for (const Subcommand* subcommand : kSubcommands) {
    absl::StrAppendFormat(&help, "  %-6s %s\n         %s\n", subcommand->name,
                          subcommand->arguments, subcommand->summary);
  }
  return help;
}

int PrintHelp(absl::string_view help) {
  if (fputs(std::string(help).c_str(), stdout) < 0 || fflush(stdout) != 0) {
    PrintError("", "cannot write to the standard output");
    return kExitFailure;
  }
  return kExitSuccess;
}

int UnknownSubcommand(absl::string_view name) {
  PrintError("", absl::StrCat("unknown subcommand ", Quoted(name),
                              "; 'aioemul help' lists them"));
  return kExitUsage;
}

int RunHelp(Words names) {
  if (names.empty()) return PrintHelp(Help());
  const Subcommand* const subcommand = FindSubcommand(names[0]);
  if (subcommand == nullptr) return UnknownSubcommand(names[0]);
  return PrintHelp(SubcommandHelp(*subcommand));
}

int Run(Words words) {
  if (words.empty()) {
    fputs(Help().c_str(), stderr);
    return kExitUsage;
  }
  const absl::string_view name = words[0];
  words.remove_prefix(1);
  if (name == "help" || name == "--help" || name == "-h") return RunHelp(words);
  const Subcommand* const subcommand = FindSubcommand(name);
  if (subcommand == nullptr) return UnknownSubcommand(name);
  const absl::StatusOr<CommandLine> line = ParseCommandLine(*subcommand, words);
  if (!line.ok()) {
    PrintError(subcommand->name, line.status().message());
    return kExitUsage;
  }
  if (line->help) return PrintHelp(SubcommandHelp(*subcommand));
  return subcommand->run(line->arguments);
}

}  // namespace
}  // namespace aioemul::tools

int main(int argc, char** argv) {
  const std::vector<absl::string_view> words(argv + (argc > 0 ? 1 : 0),
                                             argv + argc);
  return aioemul::tools::Run(words);
}
