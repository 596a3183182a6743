#include "tools/aioemul/diff/orders.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace aioemul::tools::diff {
namespace {

constexpr absl::string_view kProgram = "program";

bool Take(absl::string_view key, absl::string_view value, Orders* orders) {
  if (key == "backend") orders->backend = std::string(value);
  if (key == "directory") orders->directory = std::string(value);
  if (key == "missing") orders->missing.insert(std::string(value));
  if (key == "posix") orders->contract = Contract::kPosix;
  if (key == "events") orders->tells_events = true;
  if (key == "seed") return absl::SimpleAtoi(value, &orders->seed);
  if (key == "programs") return absl::SimpleAtoi(value, &orders->programs);
  if (key == "calls") return absl::SimpleAtoi(value, &orders->calls);
  if (key == "repeats") return absl::SimpleAtoi(value, &orders->repeats);
  return true;
}

}  // namespace

std::string ToText(const Orders& orders) {
  std::string text = absl::StrCat(
      "backend ", orders.backend, "\ndirectory ", orders.directory, "\nseed ",
      orders.seed, "\nprograms ", orders.programs, "\ncalls ", orders.calls,
      "\nrepeats ", orders.repeats, "\n");
  if (orders.contract == Contract::kPosix) text += "posix \n";
  if (orders.tells_events) text += "events \n";
  for (const std::string& feature : orders.missing) {
    absl::StrAppend(&text, "missing ", feature, "\n");
  }
  absl::StrAppend(&text, kProgram, " \n", orders.program);
  return text;
}

absl::StatusOr<Orders> ParseOrders(absl::string_view text) {
  Orders orders;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const absl::string_view line = text.substr(0, end);
    text = end == absl::string_view::npos ? "" : text.substr(end + 1);
    const size_t space = line.find(' ');
    const absl::string_view key = line.substr(0, space);
    if (key == kProgram) {
      orders.program = std::string(text);
      return orders;
    }
    if (space == absl::string_view::npos ||
        !Take(key, line.substr(space + 1), &orders)) {
      break;
    }
  }
  return absl::InvalidArgumentError("orders that are none");
}

}  // namespace aioemul::tools::diff
