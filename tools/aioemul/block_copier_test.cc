#include "tools/aioemul/block_copier.h"

#include <fcntl.h>
#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tools/aioemul/block_cursor.h"
#include "tools/aioemul/block_ring.h"
#include "tools/aioemul/file.h"
#include "tools/aioemul/testing/scratch_directory.h"

namespace aioemul::tools {
namespace {

class BlockCopierTest : public testing::Test {
 protected:
  BlockCopierTest() { scratch_.Write("source", content_); }

  absl::Status CopyTo(const File& destination, size_t alignment) {
    const File source(open((scratch_ / "source").c_str(), O_RDONLY), "source");
    BlockCursor cursor(source.fd(), static_cast<off_t>(content_.size()), 4096,
                       alignment, BlockCursor::Holes::kInclude);
    BlockCopier copier(source, destination);
    return RunBlocks({4, 4096, 4096}, cursor, copier,
                     [](const BlockProgress&) { return absl::OkStatus(); });
  }

  File Create(const char* name) {
    return File(open((scratch_ / name).c_str(), O_RDWR | O_CREAT, 0600), name);
  }

  ScratchDirectory scratch_;
  const std::string content_ = RandomContent(50'001);
};

TEST_F(BlockCopierTest, CopiesAllBlocks) {
  EXPECT_EQ(CopyTo(Create("copy"), 1), absl::OkStatus());
  EXPECT_EQ(scratch_.Read("copy"), content_);
}

TEST_F(BlockCopierTest, PadsTheLastBlockToTheAlignment) {
  File copy = Create("copy");
  copy.set_alignment(512);
  EXPECT_EQ(CopyTo(copy, 512), absl::OkStatus());
  std::string padded = content_;
  padded.resize(RoundUp(padded.size(), 512), '\0');
  EXPECT_EQ(scratch_.Read("copy"), padded);
}

TEST_F(BlockCopierTest, AFullDisk) {
  EXPECT_EQ(CopyTo(File(open("/dev/full", O_RDWR), "dest\n"), 1).message(),
            "writing 'dest\\n': No space left on device");
}

TEST_F(BlockCopierTest, ADestinationNotOpenForWriting) {
  EXPECT_EQ(CopyTo(File(open("/dev/null", O_RDONLY), "dest"), 1).message(),
            "writing 'dest': Bad file descriptor");
}

}  // namespace
}  // namespace aioemul::tools
