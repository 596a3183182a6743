#include "tools/aioemul/diff/statistics.h"

#include <stdint.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace aioemul::tools::diff {
namespace {

// How many rows the contract has under each letter.
constexpr std::pair<char, int> kRows[] = {
    {'A', 11}, {'B', 5}, {'C', 4}, {'D', 5}, {'E', 4},
    {'F', 4},  {'G', 4}, {'H', 4}, {'I', 5}, {'J', 3}};

int64_t SumOf(const std::map<std::string, int64_t>& counts,
              absl::string_view prefix) {
  int64_t sum = 0;
  for (const auto& [name, count] : counts) {
    if (absl::StartsWith(name, prefix)) sum += count;
  }
  return sum;
}

void AddRows(const std::map<std::string, int64_t>& counts,
             absl::string_view prefix, absl::string_view heading,
             std::string* text) {
  if (SumOf(counts, prefix) == 0) return;
  absl::StrAppend(text, heading, "\n");
  for (const auto& [name, count] : counts) {
    absl::string_view shown = name;
    if (absl::ConsumePrefix(&shown, prefix)) {
      absl::StrAppendFormat(text, "  %-40s %12d\n", shown, count);
    }
  }
}

}  // namespace

void Statistics::Add(const std::map<std::string, int64_t>& counts) {
  for (const auto& [name, count] : counts) counts_[name] += count;
}

int64_t Statistics::programs() const { return SumOf(counts_, "programs"); }

int64_t Statistics::calls() const { return SumOf(counts_, "call "); }

std::string Statistics::Summary() const {
  return absl::StrCat(programs(), " programs, ", calls(), " calls, ",
                      SumOf(counts_, "notifications"), " notifications");
}

std::string Statistics::Table() const {
  std::string text;
  AddRows(counts_, "call ", "Calls", &text);
  AddRows(counts_, "outcome ", "Outcomes", &text);
  AddRows(counts_, "unsupported ", "Not supported by the backend", &text);
  text += "Clauses put to the test\n";
  std::vector<std::string> missing;
  for (const auto& [letter, rows] : kRows) {
    for (int row = 1; row <= rows; ++row) {
      const std::string clause = absl::StrCat(std::string(1, letter), row);
      const auto found = counts_.find(absl::StrCat("clause ", clause));
      if (found == counts_.end()) {
        missing.push_back(clause);
      } else {
        absl::StrAppendFormat(&text, "  %-40s %12d\n", clause, found->second);
      }
    }
  }
  if (!missing.empty()) {
    absl::StrAppend(&text, "  not reached: ", absl::StrJoin(missing, " "),
                    "\n");
  }
  return text;
}

}  // namespace aioemul::tools::diff
