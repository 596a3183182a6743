// `aioemul tail` from end to end: regular files, errors and misuse.  Cites
// contract A8 (short counts, the end of a file).

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tools/aioemul/testing/command.h"
#include "tools/aioemul/testing/scratch_directory.h"
#include "tools/aioemul/testing/session.h"

namespace aioemul::tools {
namespace {

std::string Numbers(int from, int to) {
  std::string text;
  for (int i = from; i <= to; ++i) absl::StrAppend(&text, i, "\n");
  return text;
}

class TailTest : public testing::Test {
 protected:
  CommandResult Tail(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "tail");
    options_.directory = scratch_.path();
    return RunCommand(arguments, options_);
  }

  void ExpectOutput(const std::vector<std::string>& arguments,
                    const std::string& out) {
    const CommandResult result = Tail(arguments);
    EXPECT_EQ(result.exit_status, 0);
    EXPECT_EQ(result.out, out);
    EXPECT_EQ(result.err, "");
  }

  void ExpectMisuse(const std::vector<std::string>& arguments,
                    const std::string& message) {
    const CommandResult result = Tail(arguments);
    EXPECT_EQ(result.exit_status, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err, absl::StrCat("aioemul tail: ", message,
                                       "; 'aioemul help tail' tells more\n"));
  }

  void Append(const std::string& name, const std::string& text) {
    std::ofstream stream(scratch_ / name, std::ios::binary | std::ios::app);
    stream << text;
    ASSERT_TRUE(stream.flush());
  }

  ScratchDirectory scratch_;
  CommandOptions options_;
};

TEST_F(TailTest, PrintsTheLastTenLines) {
  scratch_.Write("f", Numbers(1, 30));
  scratch_.Write("short", "a\nb");
  scratch_.Write("empty", "");
  ExpectOutput({"f"}, Numbers(21, 30));
  ExpectOutput({"short"}, "a\nb");
  ExpectOutput({"empty"}, "");
}

TEST_F(TailTest, PrintsAsManyLinesAsAsked) {
  scratch_.Write("f", Numbers(1, 30));
  ExpectOutput({"--lines=2", "f"}, "29\n30\n");
  ExpectOutput({"-n", "1", "f"}, "30\n");
  ExpectOutput({"f", "-n3"}, "28\n29\n30\n");
  ExpectOutput({"--lines=0", "f"}, "");
  ExpectOutput({"--lines=1000000000000", "f"}, Numbers(1, 30));
}

TEST_F(TailTest, FindsLinesThatAreFarFromTheEnd) {
  const std::string text = Numbers(1, 100'000);
  scratch_.Write("f", text);
  ExpectOutput({"--lines=99999", "f"}, text.substr(2));
}

TEST_F(TailTest, NamesTheSourcesWhenThereAreSeveral) {
  scratch_.Write("a", "1\n2\n");
  ExpectOutput({"a", "a"}, "a: 1\na: 2\na: 1\na: 2\n");
  ExpectOutput({"--prefix=never", "a", "a"}, "1\n2\n1\n2\n");
  ExpectOutput({"--prefix=always", "a"}, "a: 1\na: 2\n");
}

TEST_F(TailTest, AnyBytesPassUnchanged) {
  const std::string bytes = RandomContent(3'000'000);
  const std::string long_line(3'000'000, '\0');
  scratch_.Write("bytes", bytes);
  scratch_.Write("line", long_line);
  // Not ExpectOutput: nobody wants to see the difference.
  EXPECT_TRUE(Tail({"--lines=1000000", "bytes"}).out == bytes);
  EXPECT_TRUE(Tail({"line"}).out == long_line);
}

TEST_F(TailTest, EachErrorIsOneLineAndTheOthersGoOn) {
  scratch_.Write("f", "text\n");
  scratch_.Write("secret", "text\n");
  ASSERT_EQ(chmod((scratch_ / "secret").c_str(), 0), 0);
  ASSERT_EQ(mkdir((scratch_ / "d").c_str(), 0755), 0);
  options_.unprivileged = true;
  const CommandResult result = Tail({"nothing", "d", "f", "secret", "f/g"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_EQ(result.out, "f: text\n");
  EXPECT_EQ(result.err,
            "aioemul tail: opening 'nothing': No such file or directory\n"
            "aioemul tail: 'd' is a directory\n"
            "aioemul tail: opening 'secret': Permission denied\n"
            "aioemul tail: opening 'f/g': Not a directory\n");
}

TEST_F(TailTest, ASourceThatFailsWhileItIsReadIsAnErrorToo) {
  scratch_.Write("f", "text\n");
  // Reading it at offset 0 is refused, whoever asks.
  const CommandResult result = Tail({"/proc/self/mem", "f"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_EQ(result.out, "f: text\n");
  EXPECT_EQ(result.err,
            "aioemul tail: reading '/proc/self/mem': Input/output error\n");
}

TEST_F(TailTest, AFullOutputIsAnError) {
  scratch_.Write("f", Numbers(1, 10));
  const std::string script =
      absl::StrCat("cd ", scratch_.path(), " && ", CommandPath(),
                   " tail f >/dev/full 2>err; echo $? >status; ", CommandPath(),
                   " tail f >&- 2>>err; echo $? >>status");
  ASSERT_EQ(system(script.c_str()), 0);
  EXPECT_EQ(scratch_.Read("status"), "1\n1\n");
  EXPECT_EQ(scratch_.Read("err"),
            "aioemul tail: writing 'standard output': No space left on device\n"
            "aioemul tail: opening 'standard output': Bad file descriptor\n");
}

TEST_F(TailTest, TheOutputMayBeAFileSharedWithOthers) {
  scratch_.Write("f", Numbers(1, 3));
  const std::string script = absl::StrCat(
      "cd ", scratch_.path(), " && { echo begin; ", CommandPath(),
      " tail f; echo end; } >out && ", CommandPath(), " tail -n1 f >>out");
  ASSERT_EQ(system(script.c_str()), 0);
  EXPECT_EQ(scratch_.Read("out"), "begin\n1\n2\n3\nend\n3\n");
}

TEST_F(TailTest, TheStandardInputIsTakenFromWhereItStands) {
  scratch_.Write("f", Numbers(1, 3));
  const std::string script =
      absl::StrCat("cd ", scratch_.path(), " && { dd bs=2 count=1 of=first; ",
                   CommandPath(), " tail --prefix=always -; } <f >out 2>err");
  ASSERT_EQ(system(script.c_str()), 0);
  EXPECT_EQ(scratch_.Read("first"), "1\n");
  EXPECT_EQ(scratch_.Read("out"), "standard input: 2\nstandard input: 3\n");
}

TEST_F(TailTest, Misuse) {
  ExpectMisuse({}, "SOURCE... expected");
  ExpectMisuse({"-x", "f"}, "unknown option '-x'");
  ExpectMisuse({"f", "-n"}, "option '-n' needs a value");
  ExpectMisuse({"--depth=2", "f"}, "unknown option '--depth'");
  for (const char* option : {"--lines=-1", "--lines=x", "--prefix=sometimes"}) {
    EXPECT_EQ(Tail({option, "f"}).exit_status, 2) << option;
  }
}

class TailFollowTest : public TailTest {
 protected:
  SessionOptions Here() {
    SessionOptions options;
    options.directory = scratch_.path();
    return options;
  }
};

TEST_F(TailFollowTest, FollowsFilesAsTheyGrow) {
  scratch_.Write("a", Numbers(1, 20));
  scratch_.Write("b", "");
  Session session({"tail", "-f", "-n1", "a", "b"}, Here());
  EXPECT_EQ(session.Read(6), "a: 20\n");
  Append("b", "new\nunfin");
  EXPECT_EQ(session.Read(7), "b: new\n");
  Append("a", "21\n");
  EXPECT_EQ(session.Read(6), "a: 21\n");
  Append("b", "ished\n");
  EXPECT_EQ(session.Read(14), "b: unfinished\n");
  session.Signal(SIGTERM);
  const CommandResult result = session.Finish();
  EXPECT_EQ(result.signal, SIGTERM);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "");
}

TEST_F(TailFollowTest, ATruncatedFileIsReadFromItsBeginning) {
  scratch_.Write("f", Numbers(1, 20));
  Session session({"tail", "--follow", "--lines=1", "f"}, Here());
  EXPECT_EQ(session.Read(3), "20\n");
  scratch_.Write("f", "anew\n");
  EXPECT_EQ(session.Read(5), "anew\n");
  session.Signal(SIGINT);
  const CommandResult result = session.Finish();
  EXPECT_EQ(result.signal, SIGINT);
  EXPECT_EQ(result.err,
            "aioemul tail: 'f' was truncated; reading it from its beginning\n");
}

TEST_F(TailFollowTest, WithoutItTheEndOfTheFileIsTheEnd) {
  scratch_.Write("f", "text\n");
  Session session({"tail", "f"}, Here());
  const CommandResult result = session.Finish();
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_EQ(result.out, "text\n");
}

}  // namespace
}  // namespace aioemul::tools
