#include "tools/aioemul/soak_report.h"

#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "tests/stress/run.h"

namespace aioemul::tools {
namespace {

class Table {
 public:
  void Row(absl::string_view name, int64_t count) {
    absl::StrAppendFormat(&text_, "%-34s %12d\n", name, count);
  }
  std::string text() const { return text_; }

 private:
  std::string text_;
};

void AddInjected(const stress::Injected& injected, const stress::Counts& counts,
                 Table* table) {
  table->Row("injected: errors", injected.errors + injected.sync_errors);
  table->Row("injected: short transfers", injected.cuts);
  table->Row("injected: interruptions", injected.interruptions);
  table->Row("injected: delays", injected.delays);
  table->Row("injected: cache misses", injected.misses);
  table->Row("injected: broken runs", injected.broken_runs);
  table->Row("injected: failed allocations", injected.memory);
  table->Row("injected: failed thread creations", injected.threads);
  table->Row("injected: refused signals", injected.signals);
  table->Row("limits lowered: threads", counts.thread_shortages);
  table->Row("limits lowered: pending signals", counts.signal_shortages);
  table->Row("forks", counts.forks);
  table->Row("closes", counts.closes);
  table->Row("requests outstanding at a close", counts.cut_off);
}

}  // namespace

std::string RenderSoakTable(const stress::Report& total, int programs,
                            double seconds) {
  const stress::Counts& counts = total.counts;
  Table table;
  table.Row("programs", programs);
  table.Row("seconds", static_cast<int64_t>(seconds));
  table.Row("requests accepted", counts.accepted);
  table.Row("requests refused: EAGAIN", counts.refused_for_want);
  table.Row("requests refused: invalid", counts.refused_as_invalid);
  table.Row("requests refused: EBUSY", counts.busy);
  table.Row("requests cancelled", counts.cancelled);
  table.Row("requests failed as they must", counts.failed);
  table.Row("reads made by the caller", total.ways.at_once);
  table.Row("writes made by the caller", total.ways.written_at_once);
  table.Row("runs of several requests", total.ways.runs);
  table.Row("requests in runs", total.ways.in_runs);
  table.Row("lists", counts.lists);
  table.Row("waits", counts.suspensions);
  table.Row("notifications", counts.notices);
  table.Row("handlers run", counts.handlers);
  AddInjected(total.injected, counts, &table);
  table.Row("completions lost", total.lost);
  table.Row("bytes wrong", total.wrong_bytes);
  table.Row("failures of any kind",
            static_cast<int64_t>(total.failures.size()));
  return table.text();
}

// --- SoakDisplay

SoakDisplay::SoakDisplay() : shown_(isatty(STDERR_FILENO) != 0) {}

void SoakDisplay::Show(absl::string_view text) {
  if (!shown_) return;
  // Blanks over what was longer before.
  const size_t blanks = std::max(width_, text.size()) - text.size();
  fputs(absl::StrCat("\r", text, std::string(blanks, ' ')).c_str(), stderr);
  width_ = text.size();
}

void SoakDisplay::Erase() {
  if (width_ == 0) return;
  fputs(absl::StrCat("\r", std::string(width_, ' '), "\r").c_str(), stderr);
  width_ = 0;
}

}  // namespace aioemul::tools
