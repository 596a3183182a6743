// What the command has a process of its own do.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DIFF_ORDERS_H_
#define AIOEMUL_TOOLS_AIOEMUL_DIFF_ORDERS_H_

#include <stdint.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/diff/contract.h"
#include "tools/aioemul/diff/generator.h"

namespace aioemul::tools::diff {

struct Orders {
  std::string backend;
  Contract contract = Contract::kProject;
  std::string directory;  // For files.
  // Programs made from seeds, the first of which is `seed`...
  uint64_t seed = 0;
  int programs = 0;
  int calls = 30;
  Features missing;
  // ...or `program`, as text, so often.
  std::string program;
  int repeats = 1;
  // Whether each call is told before it is made.
  bool tells_events = false;
};

std::string ToText(const Orders& orders);
absl::StatusOr<Orders> ParseOrders(absl::string_view text);

}  // namespace aioemul::tools::diff

#endif  // AIOEMUL_TOOLS_AIOEMUL_DIFF_ORDERS_H_
