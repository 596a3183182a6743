#include "tools/aioemul/check/options.h"

#include <fnmatch.h>
#include <stddef.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/results.h"
#include "tools/aioemul/system_error.h"
#include "tools/backends/backend.h"

namespace aioemul::tools::check {
namespace {

constexpr int kLeastUsualJobs = 4;

bool Matches(const Check& check, const std::string& glob) {
  return AreaOf(check) == glob ||
         fnmatch(glob.c_str(), std::string(check.name).c_str(), 0) == 0;
}

void Want(absl::string_view name, bool needed, std::vector<Wanted>* wanted) {
  for (Wanted& other : *wanted) {
    if (other.name != name) continue;
    other.needed = other.needed || needed;
    return;
  }
  wanted->push_back({std::string(name), needed});
}

}  // namespace

absl::StatusOr<std::vector<const Check*>> SelectChecks(
    absl::Span<const Check* const> all, absl::string_view filter) {
  std::vector<bool> selected(all.size(), true);
  bool first = true;
  for (absl::string_view word :
       absl::StrSplit(filter, ',', absl::SkipEmpty())) {
    const bool add = !absl::ConsumePrefix(&word, "-");
    // What is first added to is nothing; what is first taken from is all.
    if (first && add) std::fill(selected.begin(), selected.end(), false);
    first = false;
    const std::string glob(word);
    bool about_some = false;
    for (size_t i = 0; i < all.size(); ++i) {
      if (!Matches(*all[i], glob)) continue;
      selected[i] = add;
      about_some = true;
    }
    if (!about_some) {
      return absl::InvalidArgumentError(absl::StrCat(
          "no check is called ", Quoted(glob), "; --list shows all names"));
    }
  }
  std::vector<const Check*> checks;
  for (size_t i = 0; i < all.size(); ++i) {
    if (selected[i]) checks.push_back(all[i]);
  }
  return checks;
}

absl::StatusOr<std::vector<const Check*>> OnlyOf(
    std::vector<const Check*> checks, absl::string_view only) {
  if (only.empty()) return checks;
  if (only != "posix") {
    return absl::InvalidArgumentError(
        absl::StrCat("--only takes 'posix', not ", Quoted(only)));
  }
  checks.erase(std::remove_if(checks.begin(), checks.end(),
                              [](const Check* check) {
                                return check->standing != Standing::kDemanded;
                              }),
               checks.end());
  return checks;
}

absl::StatusOr<std::vector<Wanted>> WantedBackends(
    absl::Span<const std::string> names) {
  std::vector<Wanted> wanted;
  for (const std::string& name : names) {
    if (name == "all") {
      for (const KnownBackend& known : KnownBackends()) {
        if (known.name != "broken") Want(known.name, false, &wanted);
      }
      continue;
    }
    if (absl::Status status = BackendFile(name).status(); !status.ok()) {
      return status;
    }
    Want(name, true, &wanted);
  }
  if (names.empty()) Want("aioemul", true, &wanted);
  return wanted;
}

int UsualJobs() {
  return std::max(static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)),
                  kLeastUsualJobs);
}

}  // namespace aioemul::tools::check
