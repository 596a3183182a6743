#include "tools/aioemul/check/printable.h"

#include <stddef.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

namespace aioemul::tools::check {
namespace {

bool IsControl(unsigned char byte) { return byte < 0x20 || byte == 0x7f; }

// The length of the character that `text` begins with; 0 when that is no UTF-8
// that may be shown.  The controls of Latin-1 are none, nor are surrogates and
// the two that XML forbids.
size_t CharacterLength(absl::string_view text) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return IsControl(static_cast<unsigned char>(lead)) ? 0 : 1;
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned second = byte(1);
  if ((lead == 0xc2 && second < 0xa0) || (lead == 0xe0 && second < 0xa0) ||
      (lead == 0xed && second >= 0xa0) || (lead == 0xf0 && second < 0x90) ||
      (lead == 0xf4 && second >= 0x90) ||
      (lead == 0xef && second == 0xbf && byte(2) >= 0xbe)) {
    return 0;
  }
  return length;
}

}  // namespace

std::string Printable(absl::string_view text) {
  std::string line;
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    if (length > 0) {
      absl::StrAppend(&line, text.substr(0, length));
      text.remove_prefix(length);
    } else if (text[0] == '\t') {
      absl::StrAppend(&line, " ");
      text.remove_prefix(1);
    } else {
      absl::StrAppendFormat(&line, "\\x%02x",
                            static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
    }
  }
  return line;
}

std::string PrintableInXml(absl::string_view text) {
  return absl::StrReplaceAll(Printable(text), {{"&", "&amp;"},
                                               {"<", "&lt;"},
                                               {">", "&gt;"},
                                               {"\"", "&quot;"},
                                               {"'", "&apos;"}});
}

std::string PrintableInMarkdown(absl::string_view text) {
  return absl::StrReplaceAll(Printable(text), {{"\\", "\\\\"},
                                               {"|", "\\|"},
                                               {"`", "\\`"},
                                               {"*", "\\*"},
                                               {"_", "\\_"},
                                               {"[", "\\["},
                                               {"]", "\\]"},
                                               {"#", "\\#"},
                                               {"&", "&amp;"},
                                               {"<", "&lt;"},
                                               {">", "&gt;"}});
}

}  // namespace aioemul::tools::check
