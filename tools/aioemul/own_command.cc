#include "tools/aioemul/own_command.h"

#include <stddef.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools {

std::string OwnCommandText() {
  std::ostringstream text;
  text << std::ifstream("/proc/self/cmdline").rdbuf();
  std::vector<std::string> words =
      absl::StrSplit(text.str(), absl::ByChar('\0'), absl::SkipEmpty());
  std::string command = "aioemul";
  for (size_t i = 1; i < words.size(); ++i) {
    const bool plain =
        words[i].find_first_of(" \t\n\"'\\$;&|<>()*?#~`") == std::string::npos;
    absl::StrAppend(&command, " ", plain ? words[i] : Quoted(words[i]));
  }
  return command;
}

}  // namespace aioemul::tools
