#include "tools/aioemul/bench_report/report_command.h"

#include <errno.h>
#include <stdio.h>

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/bench_report/comparison.h"
#include "tools/aioemul/bench_report/gnuplot.h"
#include "tools/aioemul/bench_report/group.h"
#include "tools/aioemul/bench_report/markdown.h"
#include "tools/aioemul/bench_report/page.h"
#include "tools/aioemul/bench_report/plot_script.h"
#include "tools/aioemul/bench_report/results.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::bench_report {
namespace {

constexpr char kGnuplot[] = "gnuplot";

struct PageFile {
  std::string name;
  std::string content;
};

absl::StatusOr<std::vector<PageFile>> MakeFiles(const Results& results) {
  const std::vector<std::string> order = PeerOrder(results);
  std::vector<PageFile> files;
  std::vector<PlottedGroup> plotted;
  for (Group& group : GroupsOf(results)) {
    std::vector<Plot> plots = PlotsOf(group, order);
    for (const Plot& plot : plots) {
      absl::StatusOr<std::string> svg = RunGnuplot(kGnuplot, plot.script);
      if (!svg.ok()) return svg.status();
      files.push_back({plot.name + ".svg", *std::move(svg)});
    }
    plotted.push_back({std::move(group), std::move(plots)});
  }
  files.push_back({"index.html", PageOf(results, plotted)});
  return files;
}

absl::Status WriteFile(const std::string& path, const std::string& content) {
  FILE* stream = fopen(path.c_str(), "we");
  if (stream == nullptr) return tools::SystemError(errno, "creating", path);
  int error = 0;
  if (fwrite(content.data(), 1, content.size(), stream) != content.size()) {
    error = errno;
  }
  if (fclose(stream) != 0 && error == 0) error = errno;
  return error == 0 ? absl::OkStatus()
                    : tools::SystemError(error, "writing", path);
}

}  // namespace

absl::Status WriteReport(const std::string& json_path,
                         const std::string& directory) {
  const absl::StatusOr<Results> results = ReadResults(json_path);
  if (!results.ok()) return results.status();
  const absl::StatusOr<std::vector<PageFile>> files = MakeFiles(*results);
  if (!files.ok()) return files.status();

  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return tools::SystemError(error.value(), "creating", directory);
  for (const PageFile& file : *files) {
    const std::string path =
        (std::filesystem::path(directory) / file.name).string();
    if (absl::Status status = WriteFile(path, file.content); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Compare(const std::string& old_path,
                                    const std::string& new_path) {
  const absl::StatusOr<Results> before = ReadResults(old_path);
  if (!before.ok()) return before.status();
  const absl::StatusOr<Results> now = ReadResults(new_path);
  if (!now.ok()) return now.status();
  return CompareResults(*before, *now);
}

absl::StatusOr<std::string> CompareWith(const std::string& old_path,
                                        absl::string_view json) {
  const absl::StatusOr<Results> before = ReadResults(old_path);
  if (!before.ok()) return before.status();
  const absl::StatusOr<Results> now = ParseResults(json, "the new results");
  if (!now.ok()) return now.status();
  return CompareResults(*before, *now);
}

absl::Status CheckReadable(const std::string& json_path) {
  return ReadResults(json_path).status();
}

absl::StatusOr<std::string> Markdown(const std::string& json_path) {
  const absl::StatusOr<Results> results = ReadResults(json_path);
  if (!results.ok()) return results.status();
  return MarkdownOf(*results);
}

}  // namespace aioemul::bench_report
