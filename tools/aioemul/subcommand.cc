#include "tools/aioemul/subcommand.h"

#include <stdio.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace aioemul::tools {

void PrintError(absl::string_view name, absl::string_view message) {
  // In one piece: stderr may be shared with other processes.
  fputs(absl::StrCat("aioemul", name.empty() ? "" : " ", name, ": ", message,
                     "\n")
            .c_str(),
        stderr);
}

}  // namespace aioemul::tools
