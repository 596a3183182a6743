// `aioemul copy` from end to end: copies that succeed.

#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tools/aioemul/testing/command.h"
#include "tools/aioemul/testing/scratch_directory.h"

namespace aioemul::tools {
namespace {

constexpr size_t kBlockSize = 4096;
constexpr off_t kMiB = 1 << 20;

class CopyTest : public testing::Test {
 protected:
  CommandResult Copy(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "copy");
    options_.directory = scratch_.path();
    return RunCommand(arguments, options_);
  }

  // Success is silent when stderr is no terminal.
  void ExpectCopied(const std::vector<std::string>& arguments,
                    const std::string& source, const std::string& dest) {
    const struct stat before = scratch_.Stat(source);
    const CommandResult result = Copy(arguments);
    EXPECT_EQ(result.exit_status, 0);
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(scratch_.Read(dest), scratch_.Read(source));
    EXPECT_EQ(scratch_.Stat(dest).st_size, before.st_size);
    const struct stat after = scratch_.Stat(source);
    EXPECT_EQ(after.st_mode, before.st_mode);
    EXPECT_EQ(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
    EXPECT_EQ(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
  }

  mode_t Mode(const std::string& name) const {
    return scratch_.Stat(name).st_mode & 07777;
  }

  // What a file takes up on disk.
  int64_t Allocated(const std::string& name) const {
    return int64_t{scratch_.Stat(name).st_blocks} * 512;
  }

  // A file of `size` bytes with four bytes of data at each of `data`.
  void MakeSparse(const std::string& name, off_t size,
                  const std::vector<off_t>& data) {
    const int fd = open((scratch_ / name).c_str(), O_RDWR | O_CREAT, 0644);
    ASSERT_EQ(ftruncate(fd, size), 0);
    for (off_t offset : data) ASSERT_EQ(pwrite(fd, "data", 4, offset), 4);
    close(fd);
  }

  ScratchDirectory scratch_;
  CommandOptions options_;
};

// Sizes around the block size, whole files and sparse ones aside, in every
// combination of options that takes a way of its own.
class CopySizesTest : public CopyTest,
                      public testing::WithParamInterface<
                          std::tuple<size_t, std::vector<std::string>>> {};

TEST_P(CopySizesTest, IsExact) {
  const auto& [size, flags] = GetParam();
  scratch_.Write("source", RandomContent(size));
  std::vector<std::string> arguments = flags;
  arguments.insert(arguments.end(), {"--block_size=4K", "source", "dest"});
  ExpectCopied(arguments, "source", "dest");
  EXPECT_EQ(scratch_.Snapshot().size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(
    All, CopySizesTest,
    testing::Combine(
        testing::Values(0, 1, kBlockSize - 1, kBlockSize, kBlockSize + 1,
                        16 * kBlockSize, 3 * kMiB + 17),
        testing::Values(std::vector<std::string>{},
                        std::vector<std::string>{"--depth=1"},
                        std::vector<std::string>{"--depth=64", "--verify"},
                        std::vector<std::string>{"--nosync"})));

TEST_F(CopyTest, BlocksOfEverySize) {
  scratch_.Write("source", RandomContent(5000));
  for (const char* size : {"1", "7", "4999", "5000", "5001", "1M"}) {
    ExpectCopied({"source", "dest", "--block_size", size}, "source", "dest");
  }
}

// A file system may lack direct I/O, and then says so.
TEST_F(CopyTest, DirectInputAndOutput) {
  for (size_t size : {size_t{0}, size_t{1}, kBlockSize - 1, kBlockSize,
                      kBlockSize + 1, size_t{3 * kMiB + 17}}) {
    scratch_.Write("source", RandomContent(size));
    const CommandResult result =
        Copy({"--direct", "--verify", "--block_size=64K", "source", "dest"});
    if (result.exit_status != 0) {
      EXPECT_TRUE(absl::StrContains(result.err, "has no direct I/O\n"))
          << result.err;
      EXPECT_EQ(scratch_.Snapshot().size(), 1u);
      continue;
    }
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(scratch_.Read("dest"), scratch_.Read("source"));
  }
}

TEST_F(CopyTest, HolesStayHoles) {
  MakeSparse("source", 64 * kMiB, {0, 10 * kMiB, 30 * kMiB + 123});
  ASSERT_LT(Allocated("source"), kMiB) << "no holes on this file system";
  for (const char* flag : {"--depth=4", "--verify"}) {
    ExpectCopied({flag, "source", "dest"}, "source", "dest");
    EXPECT_LT(Allocated("dest"), kMiB);
  }
}

TEST_F(CopyTest, AFileThatIsAllHole) {
  MakeSparse("source", 64 * kMiB + 5, {});
  ExpectCopied({"source", "dest"}, "source", "dest");
  EXPECT_LT(Allocated("dest"), 65536);
}

TEST_F(CopyTest, DataUpToTheEnd) {
  MakeSparse("source", 8 * kMiB + 3, {8 * kMiB - 1});
  ExpectCopied({"source", "dest"}, "source", "dest");
}

TEST_F(CopyTest, HolesAndDirect) {
  MakeSparse("source", 16 * kMiB + 3, {5000, 8 * kMiB - 2, 16 * kMiB - 1});
  const CommandResult result = Copy({"--direct", "source", "dest"});
  if (result.exit_status != 0) {
    EXPECT_TRUE(absl::StrContains(result.err, "has no direct I/O\n"));
    return;
  }
  EXPECT_EQ(scratch_.Read("dest"), scratch_.Read("source"));
  EXPECT_LT(Allocated("dest"), kMiB);
}

TEST_F(CopyTest, ReplacesALongerFile) {
  scratch_.Write("source", RandomContent(10'000));
  scratch_.Write("dest", RandomContent(50'000, 2));
  ExpectCopied({"source", "dest"}, "source", "dest");
  EXPECT_EQ(scratch_.Snapshot().size(), 2u);
}

TEST_F(CopyTest, IntoADirectory) {
  scratch_.Write("source", "content");
  ASSERT_EQ(mkdir((scratch_ / "d").c_str(), 0755), 0);
  ExpectCopied({"source", "d"}, "source", "d/source");
  ExpectCopied({"./source", "d/"}, "source", "d/source");
  EXPECT_EQ(scratch_.Snapshot().size(), 3u);
}

TEST_F(CopyTest, ThroughASymbolicLink) {
  scratch_.Write("source", "content");
  scratch_.Write("target", "old");
  ASSERT_EQ(symlink("target", (scratch_ / "link").c_str()), 0);
  ASSERT_EQ(symlink("link", (scratch_ / "dest").c_str()), 0);
  ExpectCopied({"source", "dest"}, "source", "target");
  EXPECT_EQ(scratch_.Snapshot().at("dest"), "-> link");
  EXPECT_EQ(scratch_.Snapshot().at("link"), "-> target");
}

TEST_F(CopyTest, TheSourceMayBeASymbolicLink) {
  scratch_.Write("target", "content");
  ASSERT_EQ(symlink("target", (scratch_ / "source").c_str()), 0);
  ExpectCopied({"source", "dest"}, "target", "dest");
  EXPECT_EQ(scratch_.Stat("dest").st_nlink, 1u);
}

TEST_F(CopyTest, ANewFileHasTheModeOfTheSourceWithinTheUmask) {
  scratch_.Write("source", "content");
  options_.umask = 027;
  for (const auto& [source, dest] :
       {std::pair(0666u, 0640u), std::pair(0755u, 0750u),
        std::pair(0444u, 0440u), std::pair(04711u, 0710u)}) {
    ASSERT_EQ(chmod((scratch_ / "source").c_str(), source), 0);
    unlink((scratch_ / "dest").c_str());
    ExpectCopied({"source", "dest", "--verify"}, "source", "dest");
    EXPECT_EQ(Mode("dest"), dest);
  }
}

TEST_F(CopyTest, AReplacedFileKeepsItsMode) {
  scratch_.Write("source", "content");
  scratch_.Write("dest", "old");
  ASSERT_EQ(chmod((scratch_ / "dest").c_str(), 0606), 0);
  ExpectCopied({"source", "dest"}, "source", "dest");
  EXPECT_EQ(Mode("dest"), 0606u);
}

TEST_F(CopyTest, ForceReplacesAProtectedFile) {
  scratch_.Write("source", "content");
  scratch_.Write("dest", "old");
  ASSERT_EQ(chmod((scratch_ / "dest").c_str(), 0444), 0);
  options_.unprivileged = true;
  ExpectCopied({"--force", "source", "dest"}, "source", "dest");
  EXPECT_EQ(Mode("dest"), 0444u);
}

TEST_F(CopyTest, NamesThatLookLikeOptions) {
  scratch_.Write("--verify", "content");
  ExpectCopied({"--", "--verify", "-"}, "--verify", "-");
}

}  // namespace
}  // namespace aioemul::tools
