#include "tools/aioemul/command_line.h"

#include <stddef.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "tools/aioemul/abseil_flags.h"
#include "tools/aioemul/subcommand.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools {
namespace {

// Null when the subcommand takes no such flag.
absl::CommandLineFlag* FindFlag(const Subcommand& subcommand,
                                absl::string_view name) {
  const bool taken = std::find(subcommand.flags.begin(), subcommand.flags.end(),
                               name) != subcommand.flags.end();
  return taken ? absl::FindCommandLineFlag(name) : nullptr;
}

// "--lines=5" of "-n5"; what is no short option stays as it is.
std::string InFull(const Subcommand& subcommand, absl::string_view option) {
  for (const ShortOption& candidate : subcommand.short_options) {
    if (option.size() < 2 || option[1] != candidate.letter) continue;
    const absl::string_view value = option.substr(2);
    return absl::StrCat("--", candidate.flag, value.empty() ? "" : "=", value);
  }
  return std::string(option);
}

// "-n, " for "lines"; empty when there is none.
std::string ShortForm(const Subcommand& subcommand, absl::string_view flag) {
  for (const ShortOption& candidate : subcommand.short_options) {
    if (candidate.flag != flag) continue;
    return absl::StrCat("-", std::string(1, candidate.letter), ", ");
  }
  return "";
}

class Parser {
 public:
  Parser(const Subcommand& subcommand,
         absl::Span<const absl::string_view> words)
      : subcommand_(subcommand), words_(words) {}

  absl::StatusOr<CommandLine> Parse();

 private:
  absl::Status ParseOption(absl::string_view option);
  absl::Status CheckArguments() const;
  absl::Status UsageError(absl::string_view message) const;

  const Subcommand& subcommand_;
  const absl::Span<const absl::string_view> words_;
  size_t next_ = 0;
  CommandLine result_;
};

absl::StatusOr<CommandLine> Parser::Parse() {
  bool options = true;
  while (next_ < words_.size()) {
    const absl::string_view word = words_[next_++];
    if (!options || word == "-" || !absl::StartsWith(word, "-")) {
      result_.arguments.emplace_back(word);
    } else if (word == "--") {
      options = false;
    } else if (word == "--help" || word == "-h") {
      result_.help = true;
      return result_;
    } else if (absl::Status status = ParseOption(word); !status.ok()) {
      return status;
    }
  }
  if (absl::Status status = CheckArguments(); !status.ok()) return status;
  return result_;
}

absl::Status Parser::ParseOption(absl::string_view option) {
  const absl::string_view shown = option.substr(0, option.find('='));
  const std::string in_full = InFull(subcommand_, option);
  option = in_full;
  if (!absl::ConsumePrefix(&option, "--")) {
    return UsageError(absl::StrCat("unknown option ", Quoted(shown)));
  }
  const size_t equals = option.find('=');
  const bool has_value = equals != absl::string_view::npos;
  const std::string name =
      absl::StrReplaceAll(option.substr(0, equals), {{"-", "_"}});
  std::string value =
      has_value ? std::string(option.substr(equals + 1)) : "true";

  absl::CommandLineFlag* flag = FindFlag(subcommand_, name);
  if (flag == nullptr && !has_value && absl::StartsWith(name, "no")) {
    flag = FindFlag(subcommand_, absl::string_view(name).substr(2));
    if (flag != nullptr && !flag->IsOfType<bool>()) flag = nullptr;
    value = "false";
  }
  if (flag == nullptr) {
    return UsageError(absl::StrCat("unknown option ", Quoted(shown)));
  }
  if (!has_value && !flag->IsOfType<bool>()) {
    if (next_ == words_.size()) {
      return UsageError(
          absl::StrCat("option ", Quoted(shown), " needs a value"));
    }
    value = std::string(words_[next_++]);
  }
  std::string error;
  if (flag->ParseFrom(value, &error)) return absl::OkStatus();
  return UsageError(absl::StrReplaceAll(error, {{"\n", " "}}));
}

absl::Status Parser::CheckArguments() const {
  const size_t wanted = static_cast<size_t>(subcommand_.argument_count);
  const size_t given = result_.arguments.size();
  if (given == wanted || (given > wanted && subcommand_.last_repeats)) {
    return absl::OkStatus();
  }
  if (given > wanted) {
    return UsageError(absl::StrCat("unexpected argument ",
                                   Quoted(result_.arguments[wanted])));
  }
  return UsageError(absl::StrCat(subcommand_.arguments, " expected"));
}

absl::Status Parser::UsageError(absl::string_view message) const {
  return absl::InvalidArgumentError(absl::StrCat(
      message, "; 'aioemul help ", subcommand_.name, "' tells more"));
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(
    const Subcommand& subcommand, absl::Span<const absl::string_view> words) {
  return Parser(subcommand, words).Parse();
}

std::string SubcommandHelp(const Subcommand& subcommand) {
  std::string help =
      absl::StrCat("usage: aioemul ", subcommand.name, " [OPTION...] ",
                   subcommand.arguments, "\n\n", subcommand.summary, "\n\n");
  for (absl::string_view name : subcommand.flags) {
    const absl::CommandLineFlag* flag = absl::FindCommandLineFlag(name);
    absl::StrAppend(&help, "  ", ShortForm(subcommand, name), "--", name, "=",
                    flag->DefaultValue(), "\n      ",
                    absl::StrReplaceAll(flag->Help(), {{"\n", "\n      "}}),
                    "\n");
  }
  return help;
}

}  // namespace aioemul::tools
