#include "tools/aioemul/line_merger.h"

#include <stddef.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace aioemul::tools {
namespace {

constexpr size_t kNobody = static_cast<size_t>(-1);

}  // namespace

LineMerger::LineMerger(const std::vector<std::string>& prefixes)
    : unfinished_(kNobody) {
  for (const std::string& prefix : prefixes) sources_.push_back({prefix, ""});
}

void LineMerger::Add(size_t source, absl::string_view bytes) {
  std::string& held = sources_[source].held;
  const size_t newline = bytes.rfind('\n');
  if (newline != absl::string_view::npos) {
    End(source);
    Append(source, bytes.substr(0, newline + 1));
    bytes.remove_prefix(newline + 1);
  }
  absl::StrAppend(&held, bytes);
  if (held.size() > kLongestHeld) End(source);
}

void LineMerger::End(size_t source) {
  Append(source, sources_[source].held);
  sources_[source].held.clear();
}

void LineMerger::Append(size_t source, absl::string_view bytes) {
  if (bytes.empty()) return;
  if (unfinished_ != source && unfinished_ != kNobody) {
    text_ += '\n';
    unfinished_ = kNobody;
  }
  while (!bytes.empty()) {
    if (unfinished_ == kNobody) text_ += sources_[source].prefix;
    const size_t newline = bytes.find('\n');
    const bool whole = newline != absl::string_view::npos;
    const size_t length = whole ? newline + 1 : bytes.size();
    absl::StrAppend(&text_, bytes.substr(0, length));
    unfinished_ = whole ? kNobody : source;
    bytes.remove_prefix(length);
  }
}

}  // namespace aioemul::tools
