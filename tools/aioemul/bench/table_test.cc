#include "tools/aioemul/bench/table.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "tools/aioemul/bench/results.h"

namespace aioemul::tools::bench {
namespace {

Result ResultOf(const std::string& peer, int x, int64_t rate) {
  Result result;
  result.workload = "cancel";
  result.what = "cancelling";
  result.axis = "queued";
  result.x = x;
  result.peer = peer;
  MeasuredRun run;
  run.operations = rate;
  run.seconds = 1;
  run.system_seconds = 1;
  run.voluntary_switches = rate * 2;
  result.runs.push_back(run);
  return result;
}

std::vector<std::string> Lines(const std::string& text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

std::vector<std::string> Words(absl::string_view line) {
  return absl::StrSplit(line, ' ', absl::SkipEmpty());
}

TEST(TableTest, ShowsThreeDigitsThatCount) {
  EXPECT_EQ(FormatFigure(0), "0.000");
  EXPECT_EQ(FormatFigure(0.1234), "0.123");
  EXPECT_EQ(FormatFigure(0.99951), "1.00");
  EXPECT_EQ(FormatFigure(1.234), "1.23");
  EXPECT_EQ(FormatFigure(12.34), "12.3");
  EXPECT_EQ(FormatFigure(123.4), "123");
  EXPECT_EQ(FormatFigure(9994), "9994");
  EXPECT_EQ(FormatFigure(9995), "10.0k");
  EXPECT_EQ(FormatFigure(123456), "123k");
  EXPECT_EQ(FormatFigure(999600), "1.00M");
  EXPECT_EQ(FormatFigure(2.5e6), "2.50M");
}

TEST(TableTest, HasAHeadingAndALineForEachResult) {
  const std::vector<std::string> lines = Lines(
      RenderTable({ResultOf("aioemul", 1, 100), ResultOf("libc", 1, 50)}));
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0], "cancel: cancelling");
  EXPECT_TRUE(absl::StrContains(lines[1], "queued"));
  EXPECT_EQ(Words(lines[2])[1], "aioemul");
  EXPECT_EQ(Words(lines[3])[1], "libc");
}

TEST(TableTest, ComparesWithPeersAtTheSameX) {
  const std::vector<std::string> lines = Lines(
      RenderTable({ResultOf("aioemul", 1, 300), ResultOf("libc", 1, 100),
                   ResultOf("io_uring", 1, 200), ResultOf("aioemul", 2, 100),
                   ResultOf("libc", 2, 200)}));
  ASSERT_EQ(lines.size(), 7U);
  const std::vector<std::string> first = Words(lines[2]);
  EXPECT_EQ(first[2], "300");
  EXPECT_EQ(first[6], "3.00");  // To libc.
  EXPECT_EQ(first[7], "1.50");  // To io_uring.
  const std::vector<std::string> fourth = Words(lines[5]);
  EXPECT_EQ(fourth[6], "0.500");
  EXPECT_EQ(fourth[7], "-");
}

TEST(TableTest, ShowsCostsOfAnOperation) {
  Result result = ResultOf("aioemul", 1, 1000);
  result.runs[0].latencies = Latencies{1500, 0, 2500, 0, 0};
  result.system_calls = 1.5;
  const std::vector<std::string> words = Words(Lines(RenderTable({result}))[2]);
  ASSERT_EQ(words.size(), 13U);
  EXPECT_EQ(words[8], "1.50");   // Microseconds at most for half of all,
  EXPECT_EQ(words[9], "2.50");   // and for 99 %.
  EXPECT_EQ(words[10], "1000");  // Microseconds of a processor.
  EXPECT_EQ(words[11], "2.00");  // Context switches.
  EXPECT_EQ(words[12], "1.50");  // System calls.
}

TEST(TableTest, TellsTheSizeOfBlocksWhereTheyHaveOne) {
  Result result = ResultOf("aioemul", 1, 100);
  result.block_bytes = 4096;
  EXPECT_EQ(Lines(RenderTable({result}))[0],
            "cancel: cancelling; 4096 bytes each");
}

TEST(TableTest, TellsWhyAResultIsNotThere) {
  Result result = ResultOf("libc", 10, 100);
  result.runs.clear();
  result.trouble = "stalled for good";
  const std::vector<std::string> lines = Lines(RenderTable({result}));
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_TRUE(absl::StrContains(lines[2], "libc"));
  EXPECT_TRUE(absl::EndsWith(lines[2], "stalled for good"));
}

TEST(TableTest, OfNothingIsNothing) { EXPECT_EQ(RenderTable({}), ""); }

}  // namespace
}  // namespace aioemul::tools::bench
