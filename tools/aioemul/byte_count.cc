#include "tools/aioemul/byte_count.h"

#include <stdint.h>

#include <algorithm>
#include <limits>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace aioemul::tools {
namespace {

constexpr absl::string_view kSuffixes = "KMG";

}  // namespace

bool AbslParseFlag(absl::string_view text, ByteCount* count,
                   std::string* error) {
  int shift = 0;
  absl::string_view digits = text;
  if (!digits.empty()) {
    const auto suffix = kSuffixes.find(
        absl::ascii_toupper(static_cast<unsigned char>(digits.back())));
    if (suffix != absl::string_view::npos) {
      shift = 10 * (static_cast<int>(suffix) + 1);
      digits.remove_suffix(1);
    }
  }
  uint64_t number;
  const auto is_digit = [](char c) { return '0' <= c && c <= '9'; };
  // SimpleAtoi would let signs and blanks pass.
  if (!std::all_of(digits.begin(), digits.end(), is_digit) ||
      !absl::SimpleAtoi(digits, &number)) {
    *error = "a number of bytes, such as 4096, 64K or 1M, is expected";
    return false;
  }
  if (number > (std::numeric_limits<uint64_t>::max() >> shift)) {
    *error = "the number is too large";
    return false;
  }
  count->bytes = number << shift;
  return true;
}

std::string AbslUnparseFlag(ByteCount count) {
  for (int unit = static_cast<int>(kSuffixes.size()); unit > 0; --unit) {
    const int shift = 10 * unit;
    const uint64_t scaled = count.bytes >> shift;
    if (scaled != 0 && scaled << shift == count.bytes) {
      return absl::StrCat(scaled,
                          kSuffixes.substr(static_cast<size_t>(unit) - 1, 1));
    }
  }
  return absl::StrCat(count.bytes);
}

std::string FormatBytes(double bytes) {
  if (bytes < 1000) return absl::StrFormat("%.0f B", bytes);
  const char* unit = "KMGTPE";
  bytes /= 1024;
  // From 999.5 on, four digits would be printed.
  for (; bytes >= 999.5 && unit[1] != '\0'; ++unit) bytes /= 1024;
  const int decimals = bytes < 9.995 ? 2 : bytes < 99.95 ? 1 : 0;
  return absl::StrFormat("%.*f %ciB", decimals, bytes, *unit);
}

}  // namespace aioemul::tools
