// Each peer moves blocks of a small file.  One that the kernel refuses must say
// so both times: when it is tried and when it is to be used.

#include "tools/aioemul/bench/peer.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tools/aioemul/bench/counted_part.h"
#include "tools/aioemul/bench/transfer_loop.h"
#include "tools/aioemul/bench/transfers.h"
#include "tools/aioemul/file.h"
#include "tools/aioemul/testing/scratch_directory.h"

namespace aioemul::tools::bench {
namespace {

constexpr size_t kBlock = 4096;
constexpr int64_t kBlocks = 64;

class PeerTest : public testing::TestWithParam<const Peer*> {
 protected:
  PeerTest() {
    scratch_.Write("file", content_);
    plan_.fd = file_.fd();
    plan_.block_bytes = kBlock;
    plan_.blocks = kBlocks;
    plan_.depth = 8;
  }

  // Calls `body` with a loop that is open; the peer's refusal ends it.
  template <typename Body>
  void WithLoop(const Body& body) {
    TransferLoop loop(plan_);
    const absl::Status opened = loop.Open(*GetParam());
    const absl::Status probed = GetParam()->probe();
    ASSERT_EQ(opened.ok(), probed.ok()) << opened << " " << probed;
    if (opened.ok()) body(loop);
  }

  const std::string content_ = RandomContent(kBlock * kBlocks);
  ScratchDirectory scratch_;
  File file_{
      open((scratch_ / "file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600),
      "file"};
  TransferPlan plan_;
};

TEST_P(PeerTest, ReadsTheRightBytesAndAsOftenAsItIsTold) {
  plan_.random = true;
  WithLoop([&](TransferLoop& loop) {
    EXPECT_EQ(loop.Verify(), absl::OkStatus());
    EXPECT_EQ(loop.Run(Limit(0, 500)), absl::OkStatus());
    EXPECT_EQ(loop.operations(), 500);
    EXPECT_EQ(loop.latencies().count(), 500);
  });
  EXPECT_EQ(scratch_.Read("file"), content_);
}

TEST_P(PeerTest, WritesEveryBlockWhereItBelongs) {
  plan_.write = true;
  WithLoop([&](TransferLoop& loop) {
    EXPECT_EQ(loop.Verify(), absl::OkStatus());
    EXPECT_EQ(loop.Run(Limit(0, 2 * kBlocks)), absl::OkStatus());
    const std::string after = scratch_.Read("file");
    EXPECT_EQ(after.size(), content_.size());
    // The slots write what they hold; nothing of the former content is left.
    for (size_t i = 0; i < kBlocks; ++i) {
      EXPECT_NE(after.substr(i * kBlock, kBlock),
                content_.substr(i * kBlock, kBlock))
          << i;
    }
  });
}

TEST_P(PeerTest, TellsOfAReadBeyondTheEnd) {
  plan_.blocks = kBlocks + 1;
  // With others under way, libuv could not end before them.
  plan_.depth = 1;
  WithLoop([&](TransferLoop& loop) {
    const absl::Status status = loop.Run(Limit(0, kBlocks + 1));
    EXPECT_TRUE(absl::EndsWith(status.message(), "came to 0")) << status;
  });
}

TEST_P(PeerTest, TellsOfAnError) {
  const File write_only(open((scratch_ / "file").c_str(), O_WRONLY | O_CLOEXEC),
                        "file");
  plan_.fd = write_only.fd();
  plan_.depth = 1;
  WithLoop([&](TransferLoop& loop) {
    const absl::Status status = loop.Run(Limit(0, 1));
    EXPECT_TRUE(absl::EndsWith(status.message(), "Bad file descriptor"))
        << status;
  });
}

std::vector<const Peer*> Pointers() {
  std::vector<const Peer*> pointers;
  for (const Peer& peer : AllPeers()) pointers.push_back(&peer);
  return pointers;
}

std::string PeerName(const testing::TestParamInfo<const Peer*>& peer) {
  return std::string(peer.param->name);
}

INSTANTIATE_TEST_SUITE_P(Each, PeerTest, testing::ValuesIn(Pointers()),
                         PeerName);

TEST(PeersTest, AreFoundByName) {
  for (const Peer& peer : AllPeers()) EXPECT_EQ(FindPeer(peer.name), &peer);
  EXPECT_EQ(FindPeer("tea"), nullptr);
}

}  // namespace
}  // namespace aioemul::tools::bench
