#include "tools/aioemul/bench/menu.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "tools/aioemul/bench/peer.h"

namespace aioemul::tools::bench {
namespace {

TEST(MenuTest, NamesEachWorkloadOnceAndFindsIt) {
  std::set<absl::string_view> names;
  for (const Workload& workload : Menu()) {
    EXPECT_TRUE(names.insert(workload.name).second) << workload.name;
    EXPECT_EQ(FindWorkload(workload.name), &workload);
  }
  EXPECT_EQ(FindWorkload("tea"), nullptr);
}

TEST(MenuTest, KnowsEveryPeerThatTakesPartAndHasPoints) {
  for (const Workload& workload : Menu()) {
    EXPECT_FALSE(workload.xs.empty()) << workload.name;
    EXPECT_TRUE(TakesPart(workload, "aioemul")) << workload.name;
    EXPECT_TRUE(TakesPart(workload, "libc")) << workload.name;
    for (absl::string_view peer : workload.peers) {
      EXPECT_NE(FindPeer(peer), nullptr) << workload.name << " " << peer;
    }
  }
}

// The files of results know no other axes.
TEST(MenuTest, HasTheAxesOfTheFormat) {
  const std::set<absl::string_view> axes = {"depth", "queued", "threads",
                                            "pipes"};
  for (const Workload& workload : Menu()) {
    EXPECT_EQ(axes.count(workload.axis), 1U) << workload.name;
  }
}

// Only peers with functions of POSIX asynchronous I/O can be asked for what is
// about its calls.
TEST(MenuTest, LeavesWorkloadsOfRequestsToThoseThatHaveThem) {
  for (const Workload& workload : Menu()) {
    if (MovesBlocks(workload)) continue;
    for (absl::string_view peer : workload.peers) {
      EXPECT_NE(FindPeer(peer)->aio, nullptr) << workload.name << " " << peer;
    }
  }
}

TEST(MenuTest, TellsTheBytesOfARequestWhereTheyMeanSomething) {
  EXPECT_EQ(BlockBytes(*FindWorkload("threads"), 8192), 8192);
  EXPECT_EQ(BlockBytes(*FindWorkload("queue"), 8192), kQueuedBytes);
  EXPECT_EQ(BlockBytes(*FindWorkload("queue-held"), 8192), 1);
  EXPECT_EQ(BlockBytes(*FindWorkload("error"), 8192), 0);
}

TEST(MenuTest, ListsWorkloadsAndPeers) {
  const std::string text = RenderMenu();
  for (const Workload& workload : Menu()) {
    EXPECT_TRUE(absl::StrContains(text, workload.what)) << workload.name;
  }
  for (const Peer& peer : AllPeers()) {
    EXPECT_TRUE(absl::StrContains(text, peer.what())) << peer.name;
  }
}

}  // namespace
}  // namespace aioemul::tools::bench
