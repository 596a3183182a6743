#include "tools/aioemul/block_cursor.h"

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tools/aioemul/data_extent.h"
#include "tools/aioemul/testing/scratch_directory.h"

namespace aioemul::tools {
namespace {

constexpr off_t kMiB = 1 << 20;

using Blocks = std::vector<std::pair<off_t, size_t>>;

Blocks AllBlocks(BlockCursor& cursor) {
  Blocks blocks;
  while (const std::optional<Block> block = cursor.Next()) {
    blocks.emplace_back(block->offset, block->length);
  }
  EXPECT_FALSE(cursor.Next().has_value());
  return blocks;
}

// A file of `size` bytes with one byte of data at each of `data`.
class BlockCursorTest : public testing::Test {
 protected:
  ~BlockCursorTest() override { close(fd_); }

  void MakeFile(off_t size, const std::vector<off_t>& data) {
    fd_ = open((scratch_ / "file").c_str(), O_RDWR | O_CREAT, 0600);
    ASSERT_EQ(ftruncate(fd_, size), 0);
    for (off_t offset : data) ASSERT_EQ(pwrite(fd_, "x", 1, offset), 1);
  }

  ScratchDirectory scratch_;
  int fd_ = -1;
};

TEST_F(BlockCursorTest, CutsAFileWithoutHoles) {
  BlockCursor cursor(-1, 2500, 1000, 1, BlockCursor::Holes::kInclude);
  EXPECT_EQ(AllBlocks(cursor), (Blocks{{0, 1000}, {1000, 1000}, {2000, 500}}));
  EXPECT_EQ(cursor.skipped(), 0u);
}

TEST_F(BlockCursorTest, AnEmptyFileHasNoBlocks) {
  MakeFile(0, {});
  BlockCursor cursor(fd_, 0, 1000, 1, BlockCursor::Holes::kSkip);
  EXPECT_EQ(AllBlocks(cursor), Blocks());
}

TEST_F(BlockCursorTest, AFileWithoutDataIsAllSkipped) {
  MakeFile(8 * kMiB, {});
  BlockCursor cursor(fd_, 8 * kMiB, 1000, 1, BlockCursor::Holes::kSkip);
  EXPECT_EQ(AllBlocks(cursor), Blocks());
  EXPECT_EQ(cursor.skipped(), 8u * kMiB);
}

// How much around a byte of data counts as data is up to the file system.
TEST_F(BlockCursorTest, SkipsHolesAndNoData) {
  const std::vector<off_t> data = {kMiB, 3 * kMiB + 5, 6 * kMiB - 1};
  MakeFile(8 * kMiB, data);
  BlockCursor cursor(fd_, 8 * kMiB, 4096, 1, BlockCursor::Holes::kSkip);
  off_t end = 0;
  size_t covered = 0;
  size_t length = 0;
  for (const auto& [offset, size] : AllBlocks(cursor)) {
    EXPECT_GE(offset, end);
    end = offset + static_cast<off_t>(size);
    length += size;
    for (off_t byte : data) covered += offset <= byte && byte < end;
  }
  EXPECT_EQ(covered, data.size());
  EXPECT_EQ(length + cursor.skipped(), 8u * kMiB);
  EXPECT_GT(cursor.skipped(), 4u * kMiB);
}

// The extents of the file system are finer than the alignment asked for.
TEST_F(BlockCursorTest, AlignsWithoutOverlap) {
  const size_t alignment = 64 * 1024;
  const off_t size = 8 * kMiB - 100;
  MakeFile(size, {kMiB + 5000, kMiB + 30000, 5 * kMiB - 1, 5 * kMiB + 9000,
                  size - 1});
  BlockCursor cursor(fd_, size, 2 * alignment, alignment,
                     BlockCursor::Holes::kSkip);
  off_t end = 0;
  for (const auto& [offset, length] : AllBlocks(cursor)) {
    EXPECT_GE(offset, end);
    end = offset + static_cast<off_t>(length);
    EXPECT_EQ(static_cast<size_t>(offset) % alignment, 0u);
    EXPECT_TRUE(length % alignment == 0 || end == size) << offset;
  }
  EXPECT_EQ(end, size);
}

TEST_F(BlockCursorTest, StopEndsIt) {
  BlockCursor cursor(-1, 2500, 1000, 1, BlockCursor::Holes::kInclude);
  ASSERT_TRUE(cursor.Next().has_value());
  cursor.Stop();
  EXPECT_FALSE(cursor.Next().has_value());
}

TEST_F(BlockCursorTest, WhereHolesAreNotToldAllIsData) {
  // A pipe cannot seek at all.
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const std::optional<Extent> extent = NextDataExtent(ends[0], 10, 100);
  ASSERT_TRUE(extent.has_value());
  EXPECT_EQ(extent->begin, 10);
  EXPECT_EQ(extent->end, 100);
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace aioemul::tools
