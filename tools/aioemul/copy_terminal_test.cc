// `aioemul copy` from end to end: what is seen on a terminal.

#include <stddef.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "tools/aioemul/testing/command.h"
#include "tools/aioemul/testing/scratch_directory.h"

namespace aioemul::tools {
namespace {

constexpr size_t kWidth = 80;

class CopyTerminalTest : public testing::Test {
 protected:
  CopyTerminalTest() {
    scratch_.Write("source", RandomContent(1 << 20));
    options_.directory = scratch_.path();
  }

  CommandResult Copy(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "copy");
    return RunCommand(arguments, options_);
  }

  ScratchDirectory scratch_;
  CommandOptions options_;
};

TEST_F(CopyTerminalTest, ShowsProgressAndASummary) {
  options_.terminal = true;
  const CommandResult result = Copy({"--verify", "source", "dest"});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_EQ(result.out, "");
  for (const char* text : {"\rcopying   0% [", "\rsynchronizing ",
                           "\rverifying   0% [", " of 1.00 MiB"}) {
    EXPECT_TRUE(absl::StrContains(result.err, text)) << text;
  }
  const std::vector<std::string> lines = absl::StrSplit(result.err, '\r');
  for (const std::string& line : lines) EXPECT_LT(line.size(), kWidth) << line;
  // The terminal makes \r\n of \n.
  EXPECT_TRUE(absl::StartsWith(lines[lines.size() - 2],
                               "copied and verified 1.00 MiB in "));
  EXPECT_EQ(lines.back(), "\n");
}

TEST_F(CopyTerminalTest, AnErrorStandsOnALineOfItsOwn) {
  options_.terminal = true;
  options_.file_size_limit = 100'000;
  const CommandResult result = Copy({"source", "dest"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_TRUE(absl::EndsWith(
      result.err, "\r" + std::string(kWidth - 1, ' ') +
                      "\raioemul copy: writing 'dest': File too large\r\n"))
      << result.err;
}

TEST_F(CopyTerminalTest, NeverMeansNever) {
  options_.terminal = true;
  const CommandResult result = Copy({"--progress=never", "source", "dest"});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_EQ(result.err, "");
}

TEST_F(CopyTerminalTest, AlwaysMeansWithoutATerminalToo) {
  const CommandResult result = Copy({"--progress=always", "source", "dest"});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_EQ(result.out, "");
  EXPECT_TRUE(absl::StrContains(result.err, "\rcopying   0% ["));
  EXPECT_TRUE(absl::StrContains(result.err, "\rcopied 1.00 MiB in "));
}

}  // namespace
}  // namespace aioemul::tools
