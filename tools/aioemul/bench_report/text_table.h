// A table in plain text or Markdown.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_TEXT_TABLE_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_TEXT_TABLE_H_

#include <string>
#include <utility>
#include <vector>

namespace aioemul::bench_report {

class TextTable {
 public:
  struct Column {
    std::string title;
    bool is_number = false;  // to the right
  };

  explicit TextTable(std::vector<Column> columns)
      : columns_(std::move(columns)) {}

  // As many cells as there are columns, of UTF-8 without line ends.
  void AddRow(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }

  // Columns of equal width, two spaces between.
  std::string Aligned() const;
  std::string Markdown() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace aioemul::bench_report

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_TEXT_TABLE_H_
