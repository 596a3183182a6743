#include "tools/aioemul/command_line.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "gtest/gtest.h"
#include "tools/aioemul/abseil_flags.h"
#include "tools/aioemul/subcommand.h"

ABSL_FLAG(bool, bright, true, "First line.\nSecond line.");
ABSL_FLAG(int, line_width, 3, "A number.");
ABSL_FLAG(int, not_for_paint, 0, "A flag of another subcommand.");

namespace aioemul::tools {
namespace {

constexpr absl::string_view kFlags[] = {"bright", "line_width"};
const Subcommand kPaint = {"paint", "WALL COLOUR", "Paints.",
                           2,       kFlags,        nullptr};

class CommandLineTest : public testing::Test {
 protected:
  absl::StatusOr<CommandLine> Parse(std::vector<absl::string_view> words) {
    return ParseCommandLine(kPaint, words);
  }

  void ExpectUsageError(std::vector<absl::string_view> words,
                        const std::string& message) {
    const absl::StatusOr<CommandLine> line = Parse(words);
    EXPECT_TRUE(absl::IsInvalidArgument(line.status())) << message;
    EXPECT_TRUE(absl::StartsWith(line.status().message(), message))
        << line.status();
    EXPECT_FALSE(absl::StrContains(line.status().message(), '\n'));
  }

 private:
  absl::FlagSaver saver_;
};

TEST_F(CommandLineTest, ArgumentsAndDefaults) {
  const absl::StatusOr<CommandLine> line = Parse({"wall", "-"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->arguments, (std::vector<std::string>{"wall", "-"}));
  EXPECT_FALSE(line->help);
  EXPECT_TRUE(absl::GetFlag(FLAGS_bright));
  EXPECT_EQ(absl::GetFlag(FLAGS_line_width), 3);
}

TEST_F(CommandLineTest, EveryWayToWriteAnOption) {
  ASSERT_TRUE(Parse({"--line_width=4", "w", "--bright=false", "c"}).ok());
  EXPECT_EQ(absl::GetFlag(FLAGS_line_width), 4);
  EXPECT_FALSE(absl::GetFlag(FLAGS_bright));
  ASSERT_TRUE(Parse({"w", "c", "--line-width", "-5", "--bright"}).ok());
  EXPECT_EQ(absl::GetFlag(FLAGS_line_width), -5);
  EXPECT_TRUE(absl::GetFlag(FLAGS_bright));
  ASSERT_TRUE(Parse({"--nobright", "w", "c"}).ok());
  EXPECT_FALSE(absl::GetFlag(FLAGS_bright));
}

TEST_F(CommandLineTest, TwoDashesEndTheOptions) {
  const absl::StatusOr<CommandLine> line = Parse({"--", "--bright", "--"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->arguments, (std::vector<std::string>{"--bright", "--"}));
}

TEST_F(CommandLineTest, HelpWinsOverMissingArguments) {
  for (absl::string_view word : {"--help", "-h"}) {
    const absl::StatusOr<CommandLine> line = Parse({word});
    ASSERT_TRUE(line.ok()) << line.status();
    EXPECT_TRUE(line->help);
  }
}

TEST_F(CommandLineTest, MisuseIsToldInOneLine) {
  ExpectUsageError({"w"}, "WALL COLOUR expected");
  ExpectUsageError({}, "WALL COLOUR expected");
  ExpectUsageError({"w", "c", "x\n"}, "unexpected argument 'x\\n'");
  ExpectUsageError({"--dull", "w", "c"}, "unknown option '--dull'");
  ExpectUsageError({"--not_for_paint=1"}, "unknown option '--not_for_paint'");
  ExpectUsageError({"--noline_width"}, "unknown option '--noline_width'");
  ExpectUsageError({"--nobright=1"}, "unknown option '--nobright'");
  ExpectUsageError({"-l"}, "unknown option '-l'");
  ExpectUsageError({"--=3"}, "unknown option '--'");
  ExpectUsageError({"w", "c", "--line_width"},
                   "option '--line_width' needs a value");
  ExpectUsageError({"--line_width=a\nb", "w", "c"}, "Illegal value 'a b'");
}

TEST_F(CommandLineTest, ShortOptionsStandForFlags) {
  constexpr ShortOption kShort[] = {{'b', "bright"}, {'w', "line_width"}};
  Subcommand paint = kPaint;
  paint.short_options = kShort;
  absl::SetFlag(&FLAGS_bright, false);
  ASSERT_TRUE(ParseCommandLine(paint, {"-w", "4", "w", "-b", "c"}).ok());
  EXPECT_TRUE(absl::GetFlag(FLAGS_bright));
  EXPECT_EQ(absl::GetFlag(FLAGS_line_width), 4);
  ASSERT_TRUE(ParseCommandLine(paint, {"w", "c", "-w57"}).ok());
  EXPECT_EQ(absl::GetFlag(FLAGS_line_width), 57);
  EXPECT_EQ(ParseCommandLine(paint, {"w", "c", "-x"}).status().message(),
            "unknown option '-x'; 'aioemul help paint' tells more");
  EXPECT_TRUE(absl::StrContains(SubcommandHelp(paint), "  -b, --bright=true"));
}

TEST_F(CommandLineTest, TheLastArgumentMayRepeat) {
  Subcommand paint = kPaint;
  paint.last_repeats = true;
  const absl::StatusOr<CommandLine> line =
      ParseCommandLine(paint, {"w", "c", "c2", "c3"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->arguments.size(), 4u);
  EXPECT_FALSE(ParseCommandLine(paint, {"w"}).ok());
}

TEST_F(CommandLineTest, HelpNamesEveryFlag) {
  const std::string help = SubcommandHelp(kPaint);
  EXPECT_EQ(help,
            "usage: aioemul paint [OPTION...] WALL COLOUR\n\nPaints.\n\n"
            "  --bright=true\n      First line.\n      Second line.\n"
            "  --line_width=3\n      A number.\n");
}

}  // namespace
}  // namespace aioemul::tools
