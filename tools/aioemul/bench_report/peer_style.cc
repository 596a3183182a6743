#include "tools/aioemul/bench_report/peer_style.h"

#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tools/aioemul/bench_report/group.h"

namespace aioemul::bench_report {
namespace {

struct KnownPeer {
  absl::string_view name;
  const char* colour;
};

// Colours that the colour-blind can tell apart, too, on white.  The position
// gives the points.
constexpr KnownPeer kKnownPeers[] = {
    {"aioemul", "#0072b2"}, {"libc", "#d55e00"},  {"io_uring", "#009e73"},
    {"libaio", "#e69f00"},  {"libuv", "#cc79a7"}, {"threads", "#6a3d9a"},
    {"sync", "#555555"},
};
constexpr const char* kOtherColours[] = {"#8c564b", "#7a8b00", "#17a2b8",
                                         "#b15928"};
constexpr const char* kVariantColours[] = {"#56b4e9", "#1f3f77", "#00b5b8",
                                           "#8fa8d8"};
// Filled forms first, then hollow ones.
constexpr int kPoints[] = {7, 5, 9, 11, 13, 15, 6, 4, 8, 10, 12, 14};

template <typename T, size_t kSize>
const T& Cycle(const T (&list)[kSize], size_t index) {
  return list[index % kSize];
}

// How many before `peer` in `order` are like it.
template <typename Like>
size_t CountBefore(absl::string_view peer,
                   const std::vector<std::string>& order, const Like& like) {
  size_t count = 0;
  for (const std::string& other : order) {
    if (other == peer) break;
    if (like(other)) ++count;
  }
  return count;
}

size_t IndexOfKnown(absl::string_view base) {
  size_t index = 0;
  while (index < std::size(kKnownPeers) && kKnownPeers[index].name != base) {
    ++index;
  }
  return index;
}

bool IsKnown(absl::string_view base) {
  return IndexOfKnown(base) < std::size(kKnownPeers);
}

}  // namespace

PeerStyle StyleOf(absl::string_view peer,
                  const std::vector<std::string>& order) {
  const absl::string_view base = BaseOf(peer);
  PeerStyle style;
  if (IsKnown(base)) {
    style.colour = kKnownPeers[IndexOfKnown(base)].colour;
    style.point = Cycle(kPoints, IndexOfKnown(base));
  } else {
    const size_t index = CountBefore(base, order, [](absl::string_view other) {
      return !IsKnown(BaseOf(other));
    });
    style.colour = Cycle(kOtherColours, index);
    style.point = Cycle(kPoints, std::size(kKnownPeers) + index);
  }
  if (peer != base) {
    const size_t index = CountBefore(peer, order, [&](absl::string_view other) {
      return other != base && BaseOf(other) == base;
    });
    style.colour = Cycle(kVariantColours, index);
    style.dash = 2 + static_cast<int>(index % 4);
  }
  return style;
}

}  // namespace aioemul::bench_report
