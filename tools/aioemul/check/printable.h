// Text that comes from a backend, made fit for each report.  A backend may
// print anything.

#ifndef AIOEMUL_TOOLS_AIOEMUL_CHECK_PRINTABLE_H_
#define AIOEMUL_TOOLS_AIOEMUL_CHECK_PRINTABLE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace aioemul::tools::check {

// One line of valid UTF-8: control characters and what is not UTF-8 become
// "\x1b", so that no terminal obeys them.
std::string Printable(absl::string_view text);

// The same as the content of an XML element or attribute.
std::string PrintableInXml(absl::string_view text);

// The same in a line of Markdown, whose marks lose their meaning.
std::string PrintableInMarkdown(absl::string_view text);

}  // namespace aioemul::tools::check

#endif  // AIOEMUL_TOOLS_AIOEMUL_CHECK_PRINTABLE_H_
