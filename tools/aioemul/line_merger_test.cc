// A rule of `tail`, not of the contract: lines of several sources stay whole.

#include "tools/aioemul/line_merger.h"

#include <string>

#include "gtest/gtest.h"

namespace aioemul::tools {
namespace {

TEST(LineMergerTest, LinesComeOutWhole) {
  LineMerger merger({"a: ", "b: "});
  merger.Add(0, "fir");
  EXPECT_EQ(merger.Take(), "");
  merger.Add(1, "second\nthi");
  EXPECT_EQ(merger.Take(), "b: second\n");
  merger.Add(0, "st\nfourth\n");
  merger.Add(1, "rd\n\n");
  EXPECT_EQ(merger.Take(), "a: first\na: fourth\nb: third\nb: \n");
  merger.End(0);
  merger.End(1);
  EXPECT_EQ(merger.Take(), "");
}

TEST(LineMergerTest, NoByteOfOneSourceChanges) {
  const std::string text("\0one\r\n\n\xff\0two", 11);
  LineMerger merger({""});
  std::string out;
  for (char byte : text) {
    merger.Add(0, std::string(1, byte));
    out += merger.Take();
  }
  merger.End(0);
  EXPECT_EQ(out + merger.Take(), text);
}

TEST(LineMergerTest, AnUnfinishedLineIsEndedOnlyBeforeAnother) {
  LineMerger merger({"a: ", "b: "});
  merger.Add(0, "one");
  merger.End(0);
  EXPECT_EQ(merger.Take(), "a: one");
  merger.Add(1, "two");
  merger.End(1);
  EXPECT_EQ(merger.Take(), "\nb: two");
}

TEST(LineMergerTest, AnEndlessLineIsNotHeldForEver) {
  const std::string much(LineMerger::kLongestHeld, 'x');
  LineMerger merger({"a: ", "b: "});
  merger.Add(0, much);
  EXPECT_EQ(merger.Take(), "");
  merger.Add(0, "y");
  EXPECT_TRUE(merger.Take() == "a: " + much + "y");
  // It is the same line still, until another source breaks it.
  merger.Add(0, "z\nnext");
  EXPECT_EQ(merger.Take(), "z\n");
  merger.Add(0, much);
  EXPECT_TRUE(merger.Take() == "a: next" + much);
  merger.Add(1, "line\n");
  EXPECT_EQ(merger.Take(), "\nb: line\n");
  merger.Add(0, "rest\n");
  EXPECT_EQ(merger.Take(), "a: rest\n");
}

}  // namespace
}  // namespace aioemul::tools
