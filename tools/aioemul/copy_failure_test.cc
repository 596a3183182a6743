// `aioemul copy` from end to end: every failure is one line on stderr, has an
// exit status that is not 0, and changes nothing.

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tools/aioemul/temporary_file.h"
#include "tools/aioemul/testing/command.h"
#include "tools/aioemul/testing/scratch_directory.h"

namespace aioemul::tools {
namespace {

class CopyFailureTest : public testing::Test {
 protected:
  CopyFailureTest() { scratch_.Write("source", RandomContent(300'000)); }

  CommandResult Run(const std::vector<std::string>& arguments) {
    options_.directory = scratch_.path();
    return RunCommand(arguments, options_);
  }

  void ExpectError(const std::vector<std::string>& arguments, int exit_status,
                   const std::string& line) {
    const auto before = scratch_.Snapshot();
    const CommandResult result = Run(arguments);
    EXPECT_EQ(result.exit_status, exit_status) << line;
    EXPECT_EQ(result.err, absl::StrCat("aioemul", line, "\n"));
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(scratch_.Snapshot(), before) << line;
  }

  void ExpectFailure(std::vector<std::string> arguments,
                     const std::string& message) {
    arguments.insert(arguments.begin(), "copy");
    ExpectError(arguments, 1, absl::StrCat(" copy: ", message));
  }

  void ExpectMisuse(std::vector<std::string> arguments,
                    const std::string& message) {
    arguments.insert(arguments.begin(), "copy");
    ExpectError(arguments, 2, absl::StrCat(" copy: ", message));
  }

  void MakeDirectory(const std::string& name, mode_t mode = 0755) {
    ASSERT_EQ(mkdir((scratch_ / name).c_str(), 0755), 0);
    ASSERT_EQ(chmod((scratch_ / name).c_str(), mode), 0);
  }

  void SetMode(const std::string& name, mode_t mode) {
    ASSERT_EQ(chmod((scratch_ / name).c_str(), mode), 0);
  }

  ScratchDirectory scratch_;
  CommandOptions options_;
};

TEST_F(CopyFailureTest, TheSourceIsMissing) {
  ExpectFailure({"nothing", "dest"},
                "opening 'nothing': No such file or directory");
  ExpectFailure({"", "dest"}, "opening '': No such file or directory");
  ExpectFailure({"source/", "dest"}, "opening 'source/': Not a directory");
}

TEST_F(CopyFailureTest, TheSourceIsUnreadable) {
  SetMode("source", 0200);
  options_.unprivileged = true;
  ExpectFailure({"source", "dest"}, "opening 'source': Permission denied");
}

TEST_F(CopyFailureTest, TheSourceIsNoRegularFile) {
  MakeDirectory("d");
  ASSERT_EQ(mkfifo((scratch_ / "fifo").c_str(), 0600), 0);
  ExpectFailure({"d", "dest"}, "'d' is a directory");
  ExpectFailure({"fifo", "dest"}, "'fifo' is not a regular file");
  ExpectFailure({"/dev/zero", "dest"}, "'/dev/zero' is not a regular file");
  ExpectFailure({"/proc/self/status", "dest"},
                "'/proc/self/status' holds data but tells no size");
}

TEST_F(CopyFailureTest, TheSameFileUnderAnyName) {
  MakeDirectory("d");
  ASSERT_EQ(symlink("source", (scratch_ / "symlink").c_str()), 0);
  ASSERT_EQ(link((scratch_ / "source").c_str(), (scratch_ / "link").c_str()),
            0);
  for (const std::string name :
       {"source", "./source", "d/../source", "symlink", "link"}) {
    ExpectFailure({"source", name},
                  absl::StrCat("'source' and '", name, "' are the same file"));
  }
  ExpectFailure({"symlink", "source"},
                "'symlink' and 'source' are the same file");
  ExpectFailure({"source", "."}, "'source' and './source' are the same file");
}

TEST_F(CopyFailureTest, TheDirectoryCannotBeWritten) {
  MakeDirectory("d", 0555);
  options_.unprivileged = true;
  ExpectFailure({"source", "d/dest"}, "creating 'd/dest': Permission denied");
  ExpectFailure({"source", "d"}, "creating 'd/source': Permission denied");
}

TEST_F(CopyFailureTest, TheDestinationIsWriteProtected) {
  scratch_.Write("dest", "old");
  SetMode("dest", 0444);
  options_.unprivileged = true;
  ExpectFailure({"source", "dest"}, "replacing 'dest': Permission denied");
}

TEST_F(CopyFailureTest, ThereIsNoPlaceForTheDestination) {
  const std::string long_name(300, 'x');
  ExpectFailure({"source", "no/dest"},
                "opening directory 'no': No such file or directory");
  ExpectFailure({"--nosync", "source", "no/dest"},
                "creating 'no/dest': No such file or directory");
  ExpectFailure({"source", "dest/"},
                "opening directory 'dest/': No such file or directory");
  ExpectFailure({"source", ""},
                "opening directory '': No such file or directory");
  ExpectFailure({"source", "source/dest"},
                "creating 'source/dest': Not a directory");
  ExpectFailure({"source", long_name},
                absl::StrCat("creating '", long_name, "': File name too long"));
}

TEST_F(CopyFailureTest, TheDestinationIsNoRegularFile) {
  MakeDirectory("d");
  MakeDirectory("d/source");
  ASSERT_EQ(mkfifo((scratch_ / "fifo").c_str(), 0600), 0);
  ExpectFailure({"source", "fifo"}, "'fifo' is not a regular file");
  ExpectFailure({"source", "/dev/null"}, "'/dev/null' is not a regular file");
  ExpectFailure({"source", "d"},
                "'d/source' is a directory and cannot be replaced");
}

TEST_F(CopyFailureTest, TheDestinationIsADanglingOrCircularLink) {
  ASSERT_EQ(symlink("nowhere", (scratch_ / "dangling").c_str()), 0);
  ASSERT_EQ(symlink("circle", (scratch_ / "circle").c_str()), 0);
  ExpectFailure({"source", "dangling"},
                "'dangling' is a dangling symbolic link");
  ExpectFailure({"source", "circle"},
                "following 'circle': Too many levels of symbolic links");
}

TEST_F(CopyFailureTest, TheFileSizeIsLimited) {
  scratch_.Write("old", "old");
  options_.file_size_limit = 100'000;
  ExpectFailure({"source", "dest"}, "writing 'dest': File too large");
  ExpectFailure({"--block_size=1M", "source", "old"},
                "writing 'old': File too large");
  // A hole at the end is made without any write.
  ASSERT_EQ(truncate((scratch_ / "old").c_str(), 200'000), 0);
  ExpectFailure({"old", "dest"}, "writing 'dest': File too large");
}

// A small file system of the test's own needs a mount, which not every
// environment allows.  Without it a limit stands in, as EFBIG takes the same
// way, and ENOSPC itself is met by block_copier_test.
TEST_F(CopyFailureTest, TheDiskIsFull) {
  MakeDirectory("full");
  const std::string enter =
      absl::StrCat("cd ", scratch_.path(),
                   " && unshare --user --map-root-user --mount sh -c '"
                   "mount -t tmpfs -o size=64k none full || exit 77; ");
  const std::string quiet = " >/dev/null 2>&1";
  if (system(absl::StrCat(enter, "'", quiet).c_str()) != 0) {
    options_.file_size_limit = 65536;
    ExpectFailure({"source", "full/dest"},
                  "writing 'full/dest': File too large");
    return;
  }
  const auto before = scratch_.Snapshot();
  const std::string script =
      absl::StrCat(enter, CommandPath(), " copy source full/dest >out 2>err; ",
                   "echo $? >status; ls -A full >left'");
  ASSERT_EQ(system(script.c_str()), 0);
  EXPECT_EQ(scratch_.Read("status"), "1\n");
  EXPECT_EQ(scratch_.Read("out"), "");
  EXPECT_EQ(scratch_.Read("err"),
            "aioemul copy: writing 'full/dest': No space left on device\n");
  EXPECT_EQ(scratch_.Read("left"), "");
  EXPECT_EQ(scratch_.Snapshot().at("source"), before.at("source"));
}

TEST_F(CopyFailureTest, BlocksUnfitForDirect) {
  const CommandResult result =
      Run({"copy", "--direct", "--block_size=1000", "source", "dest"});
  EXPECT_NE(result.exit_status, 0);
  EXPECT_TRUE(absl::StrContains(result.err, "multiple of") ||
              absl::StrContains(result.err, "has no direct I/O"))
      << result.err;
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1);
  EXPECT_EQ(scratch_.Snapshot().size(), 1u);
}

TEST_F(CopyFailureTest, Misuse) {
  const std::string more = "; 'aioemul help copy' tells more";
  ExpectMisuse({}, "SOURCE DEST expected" + more);
  ExpectMisuse({"source"}, "SOURCE DEST expected" + more);
  ExpectMisuse({"source", "dest", "x"}, "unexpected argument 'x'" + more);
  ExpectMisuse({"--fast", "source", "dest"}, "unknown option '--fast'" + more);
  ExpectMisuse({"--depth=0", "source", "dest"},
               "--depth must be from 1 to 1024");
  ExpectMisuse({"--depth=1025", "source", "dest"},
               "--depth must be from 1 to 1024");
  ExpectMisuse({"--block_size=0", "source", "dest"},
               "--block_size must be from 1 to 1G");
  ExpectMisuse({"--block_size=1025M", "source", "dest"},
               "--block_size must be from 1 to 1G");
  ExpectError({"cut"}, 2,
              ": unknown subcommand 'cut'; 'aioemul help' lists them");
  ExpectError({"help", "cut"}, 2,
              ": unknown subcommand 'cut'; 'aioemul help' lists them");
}

TEST_F(CopyFailureTest, HelpIsThere) {
  for (const char* word : {"help", "--help", "-h"}) {
    const CommandResult result = Run({word});
    EXPECT_EQ(result.exit_status, 0);
    EXPECT_TRUE(absl::StrContains(result.out, "copy")) << result.out;
    EXPECT_EQ(result.err, "");
  }
  for (const auto& words : {std::vector<std::string>{"help", "copy"},
                            std::vector<std::string>{"copy", "--help"}}) {
    const CommandResult result = Run(words);
    EXPECT_EQ(result.exit_status, 0);
    EXPECT_TRUE(absl::StrContains(result.out, "--block_size=256K"));
    EXPECT_EQ(result.err, "");
  }
  const CommandResult result = Run({});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_TRUE(absl::StrContains(result.err, "usage: aioemul"));
}

// Blocks so small that the copy would take long, stopped as soon as it has
// begun: when its temporary file is there.
class CopySignalTest : public CopyFailureTest,
                       public testing::WithParamInterface<int> {};

TEST_P(CopySignalTest, NothingIsLeftBehind) {
  scratch_.Write("source", RandomContent(8 << 20));
  const auto before = scratch_.Snapshot();
  options_.directory = scratch_.path();
  Command command({"copy", "--block_size=16", "--depth=2", "source", "dest"},
                  options_);
  const std::string temporary =
      scratch_ / absl::StrCat(kTemporaryPrefix, command.pid(), "-0");
  while (access(temporary.c_str(), F_OK) != 0) {
    siginfo_t ended = {};
    ASSERT_EQ(waitid(P_PID, static_cast<id_t>(command.pid()), &ended,
                     WEXITED | WNOHANG | WNOWAIT),
              0);
    ASSERT_EQ(ended.si_pid, 0) << "it ended before it was stopped";
    std::this_thread::yield();
  }
  ASSERT_EQ(kill(command.pid(), GetParam()), 0);
  const CommandResult result = command.Wait();
  EXPECT_EQ(result.signal, GetParam());
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(scratch_.Snapshot(), before);
}

INSTANTIATE_TEST_SUITE_P(All, CopySignalTest,
                         testing::Values(SIGINT, SIGTERM, SIGHUP));

}  // namespace
}  // namespace aioemul::tools
