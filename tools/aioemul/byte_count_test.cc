#include "tools/aioemul/byte_count.h"

#include <stdint.h>

#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace aioemul::tools {
namespace {

std::optional<uint64_t> Parse(const std::string& text) {
  ByteCount count;
  std::string error;
  if (!AbslParseFlag(text, &count, &error)) {
    EXPECT_NE(error, "") << text;
    return std::nullopt;
  }
  return count.bytes;
}

TEST(ByteCountTest, ParsesNumbersAndSuffixes) {
  EXPECT_EQ(Parse("0"), 0u);
  EXPECT_EQ(Parse("1000"), 1000u);
  EXPECT_EQ(Parse("4k"), 4096u);
  EXPECT_EQ(Parse("4K"), 4096u);
  EXPECT_EQ(Parse("3M"), uint64_t{3} << 20);
  EXPECT_EQ(Parse("2g"), uint64_t{2} << 30);
  EXPECT_EQ(Parse("18446744073709551615"), UINT64_MAX);
}

TEST(ByteCountTest, RefusesEverythingElse) {
  for (const char* text :
       {"", "K", "-1", "+1", " 1", "1 ", "1 K", "1.5M", "1KB", "4Q", "0x10",
        "18446744073709551616", "18014398509481984K"}) {
    EXPECT_EQ(Parse(text), std::nullopt) << text;
  }
}

TEST(ByteCountTest, WritesWhatItReads) {
  EXPECT_EQ(AbslUnparseFlag({0}), "0");
  EXPECT_EQ(AbslUnparseFlag({1000}), "1000");
  EXPECT_EQ(AbslUnparseFlag({256 * 1024}), "256K");
  EXPECT_EQ(AbslUnparseFlag({1536 * 1024}), "1536K");
  EXPECT_EQ(AbslUnparseFlag({uint64_t{1} << 40}), "1024G");
}

TEST(ByteCountTest, FormatsThreeDigits) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(999), "999 B");
  EXPECT_EQ(FormatBytes(1000), "0.98 KiB");
  EXPECT_EQ(FormatBytes(1536), "1.50 KiB");
  EXPECT_EQ(FormatBytes(9.996 * 1024), "10.0 KiB");
  EXPECT_EQ(FormatBytes(445.4 * 1024 * 1024), "445 MiB");
  EXPECT_EQ(FormatBytes(999.7 * 1024), "0.98 MiB");
  EXPECT_EQ(FormatBytes(1.8e19), "15.6 EiB");
}

}  // namespace
}  // namespace aioemul::tools
