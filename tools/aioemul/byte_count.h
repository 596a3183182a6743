// Amounts of data, as people write and read them.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BYTE_COUNT_H_
#define AIOEMUL_TOOLS_AIOEMUL_BYTE_COUNT_H_

#include <stdint.h>

#include <string>

#include "absl/strings/string_view.h"

namespace aioemul::tools {

// The type of flags that take a number of bytes: digits and, if wanted, one of
// the suffixes K, M and G, powers of 1024.
struct ByteCount {
  uint64_t bytes;
};

bool AbslParseFlag(absl::string_view text, ByteCount* count,
                   std::string* error);
std::string AbslUnparseFlag(ByteCount count);

// Three significant digits and a unit: "17 B", "1.50 KiB", "445 MiB".
std::string FormatBytes(double bytes);

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_BYTE_COUNT_H_
