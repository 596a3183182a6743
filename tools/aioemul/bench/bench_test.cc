// `aioemul bench` from end to end.  Figures are not looked at: only that there
// are as many as there should be.

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tools/aioemul/bench/json.h"
#include "tools/aioemul/testing/command.h"
#include "tools/aioemul/testing/scratch_directory.h"

namespace aioemul::tools::bench {
namespace {

class BenchTest : public testing::Test {
 protected:
  BenchTest() { options_.directory = scratch_.path(); }
  // Nothing but what a test has asked for is left behind.
  ~BenchTest() override { EXPECT_TRUE(scratch_.Snapshot().empty()); }

  static std::vector<std::string> Words(std::vector<std::string> words) {
    words.insert(words.begin(), {"bench", "--operations=100", "--repeats=2",
                                 "--file-bytes=256K"});
    return words;
  }

  CommandResult Bench(const std::vector<std::string>& words) {
    return RunCommand(Words(words), options_);
  }

  Json Results() const { return Json::parse(results_.Read("results")); }

  ScratchDirectory scratch_;
  ScratchDirectory results_;
  const std::string json_ = "--json=" + (results_ / "results");
  CommandOptions options_;
};

TEST_F(BenchTest, MeasuresEachPeerAtEachPointAndTellsAll) {
  const CommandResult result =
      Bench({"--workloads=random-read-cached,queue", "--peers=aioemul,sync",
             "--x=1,4", json_});
  EXPECT_EQ(result.exit_status, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_TRUE(absl::StrContains(result.out, "random-read-cached: "));
  EXPECT_TRUE(absl::StrContains(result.out, "queue: "));
  const Json json = Results();
  std::vector<std::string> found;
  for (const Json& entry : json["results"]) {
    found.push_back(absl::StrCat(entry["workload"].get<std::string>(), " ",
                                 entry["x"].get<int>(), " ",
                                 entry["peer"].get<std::string>()));
    EXPECT_EQ(entry["runs"].size(), 2U);
    EXPECT_GT(entry["rate"]["median"], 0);
  }
  EXPECT_EQ(found,
            (std::vector<std::string>{
                "random-read-cached 1 aioemul", "random-read-cached 1 sync",
                "random-read-cached 4 aioemul", "random-read-cached 4 sync",
                "queue 1 aioemul", "queue 4 aioemul"}));
  EXPECT_EQ(json["settings"]["repeats"], 2);
  EXPECT_EQ(json["settings"]["file_bytes"], 256 << 10);
  EXPECT_TRUE(absl::StartsWith(
      json["settings"]["command"].get<std::string>(),
      "aioemul bench --operations=100 --repeats=2 --file-bytes=256K"));
}

TEST_F(BenchTest, MeasuresForTheTimeThatItIsGiven) {
  const CommandResult result =
      RunCommand({"bench", "--seconds=1", "--repeats=1", "--file-bytes=256K",
                  "--workloads=error", "--peers=aioemul", json_},
                 options_);
  EXPECT_EQ(result.exit_status, 0) << result.err;
  EXPECT_EQ(Results()["settings"]["seconds"], 1.0);
  EXPECT_GE(Results()["results"][0]["runs"][0]["seconds"], 1.0);
}

TEST_F(BenchTest, MakesTheFileInTheDirectoryThatItIsGiven) {
  const CommandResult result =
      Bench({"--workloads=error", "--peers=libc", "--directory=/nowhere"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_TRUE(absl::StrContains(result.err, "'/nowhere'")) << result.err;
}

TEST_F(BenchTest, MeasuresVariantsWithTheirEnvironment) {
  // The library tells of a value that it cannot read.
  const CommandResult result = Bench(
      {"--workloads=error", "--peers=libc", "--repeats=1",
       "--variant=one:AIOEMUL_THREADS=1",
       "--variant=two:AIOEMUL_THREADS=2;odd:AIOEMUL_THREADS=many", json_});
  EXPECT_EQ(result.exit_status, 0) << result.err;
  EXPECT_TRUE(absl::StrContains(result.err, "AIOEMUL_THREADS")) << result.err;
  const Json json = Results();
  ASSERT_EQ(json["results"].size(), 4U);
  EXPECT_EQ(json["results"][1]["peer"], "aioemul:one");
  EXPECT_EQ(json["results"][2]["peer"], "aioemul:two");
  EXPECT_EQ(json["results"][3]["peer"], "aioemul:odd");
  EXPECT_EQ(json["peers"][1]["what"], "this library with AIOEMUL_THREADS=1");
}

TEST_F(BenchTest, CountsSystemCallsUnderStrace) {
  // Stands for strace: tells three calls for each operation, and seven more.
  ScratchDirectory tools;
  tools.Write("strace",
              "#!/bin/sh\n"
              "test \"$1 $2 $4 $5 $6\" = '-f -c -U calls,name -o' || exit 1\n"
              "output=$7\n"
              "shift 7\n"
              "count=${3##*\\\"operations\\\":}\n"
              "echo \"$((3 * ${count%\\}} + 7)) total\" >\"$output\"\n"
              "exec \"$@\"\n");
  ASSERT_EQ(chmod((tools / "strace").c_str(), 0755), 0);
  const std::string path = getenv("PATH");
  setenv("PATH", absl::StrCat(tools.path(), ":", path).c_str(), 1);
  const CommandResult result =
      Bench({"--workloads=random-read-cached,cancel", "--peers=sync,aioemul",
             "--x=1", "--system-calls", json_});
  setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(result.exit_status, 0) << result.err;
  const Json json = Results();
  ASSERT_EQ(json["results"].size(), 3U);
  EXPECT_EQ(json["results"][0]["system_calls_per_operation"], 3.0);
  EXPECT_EQ(json["results"][1]["system_calls_per_operation"], 3.0);
  EXPECT_TRUE(json["results"][2]["system_calls_per_operation"].is_null());
}

TEST_F(BenchTest, TellsThatThereIsNoStrace) {
  const std::string path = getenv("PATH");
  setenv("PATH", "/nowhere", 1);
  const CommandResult result =
      Bench({"--workloads=error", "--peers=aioemul", "--system-calls", json_});
  setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_TRUE(absl::StrContains(result.err, "strace is not installed"));
  EXPECT_EQ(Results()["results"][0]["runs"].size(), 2U);
}

TEST_F(BenchTest, ListsItsMenu) {
  const CommandResult result = Bench({"--list"});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_TRUE(absl::StrContains(result.out, "random-read-direct"));
  EXPECT_TRUE(absl::StrContains(result.out, "this library"));
}

TEST_F(BenchTest, RefusesMisuseBeforeItMeasures) {
  for (const char* word : {"--workloads=tea", "--peers=tea", "--x=tea",
                           "--variant=tea", "--repeats=0", "tea"}) {
    const CommandResult result = Bench({word});
    EXPECT_EQ(result.exit_status, 2) << word;
    EXPECT_EQ(result.out, "") << word;
    EXPECT_TRUE(absl::StartsWith(result.err, "aioemul bench: ")) << result.err;
  }
}

TEST_F(BenchTest, TellsBeforehandThatTheResultsCannotBeWritten) {
  const CommandResult result =
      Bench({"--workloads=error", "--json=/nowhere/results"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_TRUE(absl::StrContains(result.err, "'/nowhere/results'"));
}

TEST_F(BenchTest, ShowsOnATerminalWhatItMeasures) {
  options_.terminal = true;
  const CommandResult result =
      Bench({"--workloads=error", "--peers=aioemul,libc"});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_TRUE(absl::StrContains(result.err, "error, queued 1, aioemul: 1 of 4"))
      << result.err;
  EXPECT_TRUE(absl::StrContains(result.err, "error, queued 1, libc: 4 of 4, "))
      << result.err;
  EXPECT_TRUE(absl::StrContains(result.err, " left"));
}

bool HasChild(pid_t pid) {
  std::ostringstream children;
  children << std::ifstream(
                  absl::StrCat("/proc/", pid, "/task/", pid, "/children"))
                  .rdbuf();
  return !children.str().empty();
}

TEST_F(BenchTest, InterruptedLeavesNothingAndNobodyBehind) {
  for (int signal_number : {SIGINT, SIGTERM}) {
    Command command(Words({"--workloads=random-read-cached", "--peers=sync",
                           "--operations=2000000000", json_}),
                    options_);
    while (!HasChild(command.pid())) {
    }
    kill(command.pid(), signal_number);
    // Waits until nobody has its standard error open: the child is gone too.
    const CommandResult result = command.Wait();
    EXPECT_EQ(result.signal, signal_number);
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(results_.Snapshot().empty());
  }
}

}  // namespace
}  // namespace aioemul::tools::bench
