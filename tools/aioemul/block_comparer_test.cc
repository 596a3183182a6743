#include "tools/aioemul/block_comparer.h"

#include <fcntl.h>
#include <sys/types.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "tools/aioemul/block_cursor.h"
#include "tools/aioemul/block_ring.h"
#include "tools/aioemul/file.h"
#include "tools/aioemul/testing/scratch_directory.h"

namespace aioemul::tools {
namespace {

constexpr size_t kBlockSize = 1000;

class BlockComparerTest : public testing::Test {
 protected:
  // The first difference between `left` and `right`, of which `left` gives
  // the size.
  absl::StatusOr<std::optional<off_t>> Compare(const std::string& left,
                                               const std::string& right,
                                               size_t size) {
    scratch_.Write("left", left);
    scratch_.Write("right", right);
    const File left_file(open((scratch_ / "left").c_str(), O_RDONLY), "left");
    const File right_file(open((scratch_ / "right").c_str(), O_RDONLY),
                          "right");
    BlockCursor cursor(left_file.fd(), static_cast<off_t>(size), kBlockSize, 1,
                       BlockCursor::Holes::kInclude);
    BlockComparer comparer(left_file, right_file, kBlockSize, cursor);
    absl::Status status =
        RunBlocks({4, 2 * kBlockSize, 4096}, cursor, comparer,
                  [](const BlockProgress&) { return absl::OkStatus(); });
    if (!status.ok()) return status;
    return comparer.first_difference();
  }

  ScratchDirectory scratch_;
  const std::string content_ = RandomContent(20'500);
};

TEST_F(BlockComparerTest, EqualFilesDoNotDiffer) {
  EXPECT_EQ(*Compare(content_, content_, content_.size()), std::nullopt);
  EXPECT_EQ(*Compare("", "", 0), std::nullopt);
}

TEST_F(BlockComparerTest, FindsOneByteAnywhere) {
  for (size_t offset : {0u, 1u, 999u, 1000u, 1001u, 10'000u, 20'499u}) {
    std::string other = content_;
    other[offset] = static_cast<char>(other[offset] + 1);
    EXPECT_EQ(*Compare(content_, other, content_.size()),
              static_cast<off_t>(offset));
  }
}

TEST_F(BlockComparerTest, TheFirstOfManyDifferences) {
  for (size_t first = 0; first < content_.size(); first += 1777) {
    std::string other = content_;
    for (size_t i = first; i < other.size(); i += 100) other[i] ^= 1;
    EXPECT_EQ(*Compare(content_, other, content_.size()),
              static_cast<off_t>(first));
  }
}

TEST_F(BlockComparerTest, AMissingEndIsADifference) {
  for (size_t kept : {0u, 1u, 1000u, 12'345u, 20'499u}) {
    EXPECT_EQ(*Compare(content_, content_.substr(0, kept), content_.size()),
              static_cast<off_t>(kept));
  }
}

TEST_F(BlockComparerTest, ALeftFileThatEndsEarlyIsAnError) {
  EXPECT_EQ(Compare(content_.substr(0, 700), content_, content_.size())
                .status()
                .message(),
            "'left' shrank while it was copied");
}

}  // namespace
}  // namespace aioemul::tools
