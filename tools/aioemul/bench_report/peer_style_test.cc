#include "tools/aioemul/bench_report/peer_style.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace aioemul::bench_report {
namespace {

using Names = std::vector<std::string>;

const Names& AllPeers() {
  static const Names peers = {
      "aioemul", "aioemul:a", "aioemul:b", "aioemul:c", "aioemul:d",
      "libc",    "libaio",    "io_uring",  "libuv",     "threads",
      "sync",    "newcomer",  "another"};
  return peers;
}

TEST(PeerStyleTest, NoTwoPeersHaveOneColour) {
  std::set<std::string> colours;
  for (const std::string& peer : AllPeers()) {
    EXPECT_TRUE(colours.insert(StyleOf(peer, AllPeers()).colour).second)
        << peer;
  }
}

// A plot must be readable in print, too.
TEST(PeerStyleTest, NoTwoPeersHaveOneFormOfPointsAndLines) {
  std::set<std::pair<int, int>> forms;
  for (const std::string& peer : AllPeers()) {
    const PeerStyle style = StyleOf(peer, AllPeers());
    EXPECT_TRUE(forms.insert({style.point, style.dash}).second) << peer;
  }
}

TEST(PeerStyleTest, KnownPeersLookTheSameWhoeverElseIsThere) {
  for (const char* peer : {"aioemul", "libc", "io_uring", "sync"}) {
    const PeerStyle alone = StyleOf(peer, {peer});
    const PeerStyle among_others = StyleOf(peer, AllPeers());
    EXPECT_EQ(alone.colour, among_others.colour);
    EXPECT_EQ(alone.point, among_others.point);
    EXPECT_EQ(alone.dash, among_others.dash);
  }
}

TEST(PeerStyleTest, VariantsHaveThePointsOfTheirBase) {
  const PeerStyle base = StyleOf("aioemul", AllPeers());
  const PeerStyle variant = StyleOf("aioemul:b", AllPeers());
  EXPECT_EQ(variant.point, base.point);
  EXPECT_EQ(base.dash, 1);
  EXPECT_NE(variant.dash, base.dash);
}

TEST(PeerStyleTest, MorePeersThanColoursStillHaveOne) {
  Names many;
  for (int i = 0; i < 50; ++i) many.push_back("peer" + std::to_string(i));
  for (const std::string& peer : many) {
    EXPECT_EQ(StyleOf(peer, many).colour.size(), 7U);
  }
}

}  // namespace
}  // namespace aioemul::bench_report
