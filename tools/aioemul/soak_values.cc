#include "tools/aioemul/soak_values.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "tests/stress/mixes.h"

namespace aioemul::tools {
namespace {

// False unless `text` is nothing but one to three digits.
bool ParseDigits(absl::string_view text, int* number) {
  const bool digits = std::all_of(text.begin(), text.end(),
                                  [](char c) { return c >= '0' && c <= '9'; });
  return digits && text.size() <= 3 && absl::SimpleAtoi(text, number);
}

}  // namespace

bool AbslParseFlag(absl::string_view text, FaultRate* rate,
                   std::string* error) {
  *error = "a rate from 0% to 100% with at most one decimal is expected";
  if (!absl::ConsumeSuffix(&text, "%")) return false;
  const size_t point = text.find('.');
  int whole = 0;
  int tenths = 0;
  if (!ParseDigits(text.substr(0, point), &whole)) return false;
  if (point != absl::string_view::npos &&
      (text.size() != point + 2 ||
       !ParseDigits(text.substr(point + 1), &tenths))) {
    return false;
  }
  rate->per_mille = whole * 10 + tenths;
  return rate->per_mille <= 1000;
}

std::string AbslUnparseFlag(FaultRate rate) {
  const int tenths = rate.per_mille % 10;
  return absl::StrCat(rate.per_mille / 10,
                      tenths == 0 ? "" : absl::StrCat(".", tenths), "%");
}

bool AbslParseFlag(absl::string_view text, FaultKinds* kinds,
                   std::string* error) {
  kinds->set = 0;
  for (const absl::string_view word : absl::StrSplit(text, ',')) {
    const auto& all = stress::NamedKinds();
    const auto known =
        std::find_if(all.begin(), all.end(),
                     [&](const auto& kind) { return kind.name == word; });
    if (known == all.end()) {
      *error = absl::StrCat("kinds among ",
                            AbslUnparseFlag(FaultKinds{stress::kAllKinds}),
                            " are expected");
      return false;
    }
    kinds->set |= known->kind;
  }
  return true;
}

std::string AbslUnparseFlag(FaultKinds kinds) {
  std::vector<absl::string_view> names;
  for (const auto& kind : stress::NamedKinds()) {
    if ((kinds.set & kind.kind) != 0) names.push_back(kind.name);
  }
  return absl::StrJoin(names, ",");
}

}  // namespace aioemul::tools
