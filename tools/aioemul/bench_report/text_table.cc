#include "tools/aioemul/bench_report/text_table.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

namespace aioemul::bench_report {
namespace {

// In characters: the bytes that do not go on with another one.
size_t Width(absl::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string Padded(const std::string& cell, size_t width, bool is_number) {
  const std::string room(width - Width(cell), ' ');
  return is_number ? room + cell : cell + room;
}

std::string Line(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

// What Markdown, and the HTML in it, would not take as it is.
std::string Escaped(const std::string& cell) {
  return absl::StrReplaceAll(cell, {{"\\", "\\\\"},
                                    {"|", "\\|"},
                                    {"_", "\\_"},
                                    {"*", "\\*"},
                                    {"`", "\\`"},
                                    {"[", "\\["},
                                    {"&", "&amp;"},
                                    {"<", "&lt;"}});
}

}  // namespace

void TextTable::AddRow(std::vector<std::string> cells) {
  rows_.push_back(std::move(cells));
}

std::string TextTable::Aligned() const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = Width(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, Width(row[i]));
    widths.push_back(width);
  }
  std::string titles;
  for (size_t i = 0; i < columns_.size(); ++i) {
    absl::StrAppend(
        &titles, i == 0 ? "" : "  ",
        Padded(columns_[i].title, widths[i], columns_[i].is_number));
  }
  std::string text = Line(titles);
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < columns_.size(); ++i) {
      absl::StrAppend(&line, i == 0 ? "" : "  ",
                      Padded(row[i], widths[i], columns_[i].is_number));
    }
    absl::StrAppend(&text, Line(line));
  }
  return text;
}

std::string TextTable::Markdown() const {
  std::string titles = "|";
  std::string rule = "|";
  for (const Column& column : columns_) {
    absl::StrAppend(&titles, " ", Escaped(column.title), " |");
    absl::StrAppend(&rule, column.is_number ? "---:|" : "---|");
  }
  std::string text = absl::StrCat(titles, "\n", rule, "\n");
  for (const auto& row : rows_) {
    absl::StrAppend(&text, "|");
    for (const std::string& cell : row) {
      absl::StrAppend(&text, " ", Escaped(cell), " |");
    }
    absl::StrAppend(&text, "\n");
  }
  return text;
}

}  // namespace aioemul::bench_report
