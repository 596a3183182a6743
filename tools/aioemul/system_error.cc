#include "tools/aioemul/system_error.h"

#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace aioemul::tools {

std::string Quoted(absl::string_view name) {
  return absl::StrCat("'", absl::Utf8SafeCEscape(name), "'");
}

absl::Status SystemError(int error, absl::string_view action,
                         absl::string_view name) {
  return absl::UnknownError(absl::StrCat(
      action, " ", Quoted(name), ": ", std::generic_category().message(error)));
}

}  // namespace aioemul::tools
