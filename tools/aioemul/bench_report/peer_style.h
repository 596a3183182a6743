// How a peer looks: the same in every plot, whoever else is in it.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_PEER_STYLE_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_PEER_STYLE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace aioemul::bench_report {

struct PeerStyle {
  std::string colour;  // "#0072b2"
  int point = 1;       // gnuplot's number of a form of points
  int dash = 1;        // gnuplot's number of a form of lines; 1 is solid
};

// `order` is PeerOrder of the results, and has `peer` in it.  A variant has the
// points of its base, and a colour and a line of its own.
PeerStyle StyleOf(absl::string_view peer,
                  const std::vector<std::string>& order);

}  // namespace aioemul::bench_report

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_PEER_STYLE_H_
