// The report as the command makes it: results are files, and so is the page.
//
// An error is one line that names the file and what is wrong with it.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_REPORT_COMMAND_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_REPORT_COMMAND_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace aioemul::bench_report {

// Writes index.html and its plots into `directory`, which is made if need be;
// files of these names in it are replaced.  Writes nothing when gnuplot is
// missing or fails.
absl::Status WriteReport(const std::string& json_path,
                         const std::string& directory);

// How the results of `new_path` differ from those of `old_path`, as text.
absl::StatusOr<std::string> Compare(const std::string& old_path,
                                    const std::string& new_path);

// How results that are not in a file yet differ from those of `old_path`.
absl::StatusOr<std::string> CompareWith(const std::string& old_path,
                                        absl::string_view json);

// Whether results can be read from `json_path`.
absl::Status CheckReadable(const std::string& json_path);

// The results as tables in Markdown.
absl::StatusOr<std::string> Markdown(const std::string& json_path);

}  // namespace aioemul::bench_report

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_REPORT_COMMAND_H_
