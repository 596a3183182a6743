#include "tools/aioemul/bench_report/gnuplot.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::bench_report {
namespace {

// A file without a name.  The child's streams are such and not pipes, so that
// neither side ever waits for the other, or meets a closed end.
using Stream = std::unique_ptr<FILE, int (*)(FILE*)>;

Stream NewStream() { return {tmpfile(), fclose}; }

bool Fill(FILE* stream, const std::string& text) {
  return fwrite(text.data(), 1, text.size(), stream) == text.size() &&
         fflush(stream) == 0 && fseek(stream, 0, SEEK_SET) == 0;
}

std::string Content(FILE* stream) {
  std::string text;
  char buffer[65536];
  rewind(stream);
  size_t count;
  while ((count = fread(buffer, 1, sizeof(buffer), stream)) > 0) {
    text.append(buffer, count);
  }
  return text;
}

// 0, or the error that kept it from being run.
int Spawn(const std::string& program, FILE* in, FILE* out, FILE* err,
          pid_t* child) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, fileno(in), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fileno(out), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fileno(err), STDERR_FILENO);
  // -d: whatever the user has set for himself.
  char* const arguments[] = {const_cast<char*>(program.c_str()),
                             const_cast<char*>("-d"), nullptr};
  const int error = posix_spawnp(child, program.c_str(), &actions, nullptr,
                                 arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

int AwaitEnd(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

// The first line that says something.
std::string FirstLine(const std::string& text) {
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    // Where in the line the error is; and the script itself.
    if (line.empty() || line == "^" || absl::StartsWith(line, "gnuplot>")) {
      continue;
    }
    return std::string(line);
  }
  return "";
}

absl::Status Failure(const std::string& program, int status,
                     const std::string& complaint) {
  const std::string line = FirstLine(complaint);
  std::string end = "wrote no SVG";
  if (WIFSIGNALED(status)) {
    end = absl::StrCat("was ended by signal ", WTERMSIG(status));
  } else if (WEXITSTATUS(status) != 0) {
    end = absl::StrCat("failed with exit status ", WEXITSTATUS(status));
  }
  return absl::UnknownError(absl::StrCat(tools::Quoted(program), " ", end,
                                         line.empty() ? "" : ": ",
                                         absl::Utf8SafeCEscape(line)));
}

}  // namespace

absl::StatusOr<std::string> RunGnuplot(const std::string& program,
                                       const std::string& script) {
  const Stream in = NewStream();
  const Stream out = NewStream();
  const Stream err = NewStream();
  if (in == nullptr || out == nullptr || err == nullptr ||
      !Fill(in.get(), script)) {
    return tools::SystemError(errno, "making a temporary file for", program);
  }
  pid_t child;
  const int error = Spawn(program, in.get(), out.get(), err.get(), &child);
  if (error == ENOENT) {
    return absl::NotFoundError(
        absl::StrCat("the plots need ", tools::Quoted(program),
                     ", which is not installed; on Debian: the package "
                     "gnuplot-nox, or 'tools/setup --with plots'"));
  }
  if (error != 0) return tools::SystemError(error, "running", program);
  const int status = AwaitEnd(child);
  std::string svg = Content(out.get());
  if (status == 0 && absl::StrContains(svg, "</svg>")) return svg;
  return Failure(program, status, Content(err.get()));
}

}  // namespace aioemul::bench_report
