#include "tools/aioemul/bench_report/markdown.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/aioemul/bench_report/sample_results.h"

namespace aioemul::bench_report {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(MarkdownTest, BeginsWithTheMachineAndTheCommand) {
  EXPECT_THAT(MarkdownOf(SampleResults({{"aioemul"}})),
              StartsWith("| Measured | 2026-11-21T17:10:00Z |\n"
                         "|---|---|\n"
                         "| Processor | Example 3000 |\n"
                         "| Processors | 2 |\n"
                         "| Memory | 8 GiB |\n"
                         "| Kernel | Linux 6.1 |\n"
                         "| C library | glibc 2.36 |\n"
                         "| File system | ext4 |\n"
                         "| File | 256 MiB |\n"
                         "| Directory | . |\n"
                         "| Each run | 2 s |\n"
                         "| Runs | 3 |\n"
                         "\n"
                         "    aioemul bench --repeats=3\n"));
}

TEST(MarkdownTest, HasARowForEachXAndAColumnForEachPeer) {
  const std::string text =
      MarkdownOf(SampleResults({{"aioemul", 1, {1900, 2000, 2200}},
                                {"libc", 1, {980, 1000, 1000}},
                                {"aioemul", 32, {50'000, 50'000, 50'000}},
                                {"io_uring", 32, {100'000, 1e5, 1e5}}}));
  EXPECT_THAT(
      text,
      HasSubstr(
          "### heading of random-read-direct, 4 KiB\n\n"
          "Operations per second: median (lowest – highest) of the runs.\n\n"
          "| Requests in flight | aioemul | libc | io\\_uring "
          "| aioemul / libc | aioemul / io\\_uring |\n"
          "|---:|---:|---:|---:|---:|---:|\n"
          "| 1 | 2.00 k (1.90 k – 2.20 k) | 1.00 k (980 – 1.00 k) | – "
          "| 2.00 | – |\n"
          "| 32 | 50.0 k (50.0 k – 50.0 k) | – | 100 k (100 k – 100 k) "
          "| – | 0.500 |\n"));
}

TEST(MarkdownTest, QueuedIsToldAsTimeAndItsRatioAsSpeed) {
  const std::string text = MarkdownOf(
      SampleResults({{"aioemul", 5000, {5e5, 1e6, 2e6}, "queue", "queued", 0},
                     {"libc", 5000, {1e5, 1e5, 1e5}, "queue", "queued", 0}}));
  EXPECT_THAT(text, HasSubstr("Time of one operation: "));
  EXPECT_THAT(text, HasSubstr("| 5000 | 1.00 µs (500 ns – 2.00 µs) "
                              "| 10.0 µs (10.0 µs – 10.0 µs) | 10.0 | – |\n"));
}

TEST(MarkdownTest, PeersThatAreMissingAreNamedWithTheReason) {
  EXPECT_THAT(
      MarkdownOf(SampleResults({{"aioemul"}})),
      HasSubstr("\nNot measured:\n\n- `io_uring`: io_uring_setup: refused\n"));
}

}  // namespace
}  // namespace aioemul::bench_report
