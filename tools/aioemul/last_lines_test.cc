// A rule of `tail`, not of the contract: which bytes are the last lines.

#include "tools/aioemul/last_lines.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "tools/aioemul/block_cursor.h"

namespace aioemul::tools {
namespace {

// The last lines of `text` from `begin` on, looked for in blocks.
std::string Last(uint64_t lines, absl::string_view text, size_t block_size,
                 off_t begin = 0) {
  LastLines search(lines, begin, static_cast<off_t>(text.size()), block_size);
  while (const std::optional<Block> block = search.Next()) {
    EXPECT_LE(block->length, block_size);
    EXPECT_GT(block->length, 0u);
    search.Examine(
        text.substr(static_cast<size_t>(block->offset), block->length));
  }
  return std::string(text.substr(static_cast<size_t>(search.start())));
}

class LastLinesTest : public testing::TestWithParam<size_t> {};

TEST_P(LastLinesTest, AreCountedFromTheEnd) {
  const char* const text = "one\ntwo\nthree\n";
  EXPECT_EQ(Last(0, text, GetParam()), "");
  EXPECT_EQ(Last(1, text, GetParam()), "three\n");
  EXPECT_EQ(Last(2, text, GetParam()), "two\nthree\n");
  EXPECT_EQ(Last(3, text, GetParam()), text);
  EXPECT_EQ(Last(4, text, GetParam()), text);
  EXPECT_EQ(Last(UINT64_MAX, text, GetParam()), text);
}

TEST_P(LastLinesTest, AnUnfinishedLineIsALine) {
  EXPECT_EQ(Last(1, "one\ntwo", GetParam()), "two");
  EXPECT_EQ(Last(2, "one\ntwo", GetParam()), "one\ntwo");
}

TEST_P(LastLinesTest, EmptyLinesAreLines) {
  EXPECT_EQ(Last(1, "one\n\n\n", GetParam()), "\n");
  EXPECT_EQ(Last(2, "one\n\n\n", GetParam()), "\n\n");
  EXPECT_EQ(Last(3, "one\n\n\n", GetParam()), "one\n\n\n");
  EXPECT_EQ(Last(1, "\n", GetParam()), "\n");
}

TEST_P(LastLinesTest, NothingBeforeTheBeginningCounts) {
  EXPECT_EQ(Last(9, "one\ntwo\nthree\n", GetParam(), 6), "o\nthree\n");
  EXPECT_EQ(Last(1, "one\ntwo\nthree\n", GetParam(), 6), "three\n");
  EXPECT_EQ(Last(9, "", GetParam()), "");
}

INSTANTIATE_TEST_SUITE_P(BlockSizes, LastLinesTest,
                         testing::Values(1, 2, 3, 5, 14, 100));

TEST(LastLinesShrinkTest, WhatHasGoneIsPassedOver) {
  LastLines search(2, 0, 100, 50);
  EXPECT_EQ(search.Next()->offset, 50);
  search.Examine("");
  EXPECT_EQ(search.Next()->offset, 0);
  search.Examine("a\nb\nc\n");
  EXPECT_FALSE(search.Next().has_value());
  EXPECT_EQ(search.start(), 4);
}

TEST(LastLinesShrinkTest, ABeginningBeyondTheEndIsTheEnd) {
  const LastLines search(2, 10, 5, 50);
  EXPECT_FALSE(search.Next().has_value());
  EXPECT_EQ(search.start(), 10);
}

}  // namespace
}  // namespace aioemul::tools
