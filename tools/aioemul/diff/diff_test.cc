// `aioemul diff` from end to end.

#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tools/aioemul/testing/command.h"
#include "tools/aioemul/testing/scratch_directory.h"

namespace aioemul::tools {
namespace {

// Each outcome of it is known: there is no race in it.
constexpr char kProgram[] =
    "aioemul diff program 1\n"
    "object pipe-in\n"
    "blocks 2\n"
    "read block=0 object=0 bytes=5 notice=signal\n"
    "error block=0\n"
    "send object=0 bytes=3\n"
    "await block=0\n"
    "return block=0\n"
    "read block=1 object=0 bytes=5 notice=thread\n"
    // The C library's thread takes it up meanwhile.
    "suspend blocks=1 timeout=short\n"
    "cancel block=1\n";

class DiffTest : public testing::Test {
 protected:
  CommandResult Diff(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "diff");
    CommandOptions options;
    options.directory = scratch_.path();
    return RunCommand(arguments, options);
  }
  std::string Path(const std::string& name) const {
    return scratch_.path() + "/" + name;
  }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name)) << text;
  }

  ScratchDirectory scratch_;
};

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(DiffTest, FindsNothingInThisLibrary) {
  const CommandResult result =
      Diff({"--programs=200", "--seed=7", "--statistics"});
  EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
  EXPECT_TRUE(Contains(result.out, "200 programs")) << result.out;
  EXPECT_TRUE(Contains(result.out, "nothing found")) << result.out;
  EXPECT_TRUE(Contains(result.out, "lio_listio: success")) << result.out;
}

TEST_F(DiffTest, SaysWhichContractItHoldsTheBackendTo) {
  EXPECT_TRUE(Contains(Diff({"--programs=1"}).out,
                       "held to all that this library promises"));
  EXPECT_TRUE(
      Contains(Diff({"--programs=1", "--posix"}).out, "what POSIX demands"));
}

TEST_F(DiffTest, ReplaysAProgram) {
  Write("program", kProgram);
  const CommandResult result = Diff({"--replay", Path("program")});
  EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
}

// The C library's reads of pipes cannot be cancelled, which POSIX allows and
// this library promises.
TEST_F(DiffTest, TellsWhatFailsAndWritesItAsAProgram) {
  Write("program", kProgram);
  const CommandResult result =
      Diff({"--replay", Path("program"), "--backend=libc", "--promises",
            "--keep", Path("kept"), "--c_program", Path("repro.c")});
  EXPECT_EQ(result.exit_status, 1) << result.out << result.err;
  EXPECT_TRUE(Contains(result.out, "found: E3: ")) << result.out;
  EXPECT_TRUE(Contains(result.out, "AIO_NOTCANCELED, where only AIO_CANCELED"))
      << result.out;
  EXPECT_TRUE(Contains(result.out, "cancel block=1")) << result.out;
  std::ifstream kept(Path("kept"));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(kept), {}), kProgram);
}

// The C program shows the fault of the C library and is silent over this one.
TEST_F(DiffTest, WritesACProgramThatFailsWithTheSameBackendOnly) {
  Write("program", kProgram);
  Diff({"--replay", Path("program"), "--backend=libc", "--promises",
        "--c_program", Path("repro.c")});
  const std::string repro = Path("repro");
  ASSERT_EQ(system(("cc -o " + repro + " " + Path("repro.c")).c_str()), 0);
  const std::string quiet = repro + " > " + Path("out");
  EXPECT_NE(system(quiet.c_str()), 0);
  char library[4096];
  ASSERT_NE(realpath("aio/libaioemul.so", library), nullptr);
  EXPECT_EQ(
      system(("LD_PRELOAD=" + std::string(library) + " " + quiet).c_str()), 0);
}

TEST_F(DiffTest, RefusesMisuse) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--backend=nobody"},
                                             {"--posix", "--promises"},
                                             {"--calls=0"},
                                             {"--programs=-1"},
                                             {"--without=tea"},
                                             {"more"}}) {
    const CommandResult result = Diff(arguments);
    EXPECT_EQ(result.exit_status, 2) << arguments[0];
    EXPECT_FALSE(result.err.empty()) << arguments[0];
  }
}

TEST_F(DiffTest, TellsThatABackendIsNotThere) {
  const CommandResult result = Diff({"--backend=/nowhere/lib.so"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_TRUE(Contains(result.err, "/nowhere/lib.so")) << result.err;
}

TEST_F(DiffTest, TellsThatAProgramIsNotThere) {
  const CommandResult result = Diff({"--replay", "missing"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_TRUE(Contains(result.err, "missing")) << result.err;
}

TEST_F(DiffTest, TellsWhatProgramsCanDoWithout) {
  const CommandResult result = Diff({"--without=tea"});
  EXPECT_TRUE(Contains(result.err, "read of pipe-in")) << result.err;
}

TEST_F(DiffTest, LeavesNothingBehind) {
  Diff({"--programs=20", "--directory", scratch_.path()});
  EXPECT_TRUE(scratch_.Snapshot().empty());
}

}  // namespace
}  // namespace aioemul::tools
