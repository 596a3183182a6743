#include "tools/aioemul/bench_report/page.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/aioemul/bench_report/group.h"
#include "tools/aioemul/bench_report/plot_script.h"
#include "tools/aioemul/bench_report/results.h"
#include "tools/aioemul/bench_report/sample_results.h"

namespace aioemul::bench_report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Page(const Results& results) {
  std::vector<PlottedGroup> plotted;
  for (Group& group : GroupsOf(results)) {
    std::vector<Plot> plots = PlotsOf(group, PeerOrder(results));
    plotted.push_back({std::move(group), std::move(plots)});
  }
  return PageOf(results, plotted);
}

TEST(PageTest, TellsTheMachineTheCommandAndThePeers) {
  const std::string page = Page(SampleResults({{"aioemul"}}));
  EXPECT_THAT(page, HasSubstr("<dt>Processor</dt><dd>Example 3000</dd>"));
  EXPECT_THAT(page, HasSubstr("<dt>Memory</dt><dd>8 GiB</dd>"));
  EXPECT_THAT(page, HasSubstr("<pre>aioemul bench --repeats=3</pre>"));
  EXPECT_THAT(page, HasSubstr("<dt>libc</dt><dd>glibc 2.36</dd>"));
  EXPECT_THAT(page, HasSubstr("<dt>io_uring</dt><dd>liburing 2.3"
                              "<br>missing: io_uring_setup: refused</dd>"));
}

TEST(PageTest, EachGroupHasAHeadingItsPlotsAndWhoIsAbsent) {
  const std::string page = Page(SampleResults({{"aioemul"}}));
  EXPECT_THAT(page, HasSubstr("<a href=\"#random-read-direct-4096\">"
                              "heading of random-read-direct, 4 KiB</a>"));
  EXPECT_THAT(page, HasSubstr("<section id=\"random-read-direct-4096\">\n"
                              "<h2>heading of random-read-direct, 4 KiB</h2>"));
  EXPECT_THAT(page, HasSubstr("<img src=\"random-read-direct-4096-rate.svg\" "
                              "alt=\"heading of random-read-direct, 4 KiB: "
                              "Throughput\""));
  EXPECT_THAT(page, HasSubstr("random-read-direct-4096-tail-latency.svg"));
  EXPECT_THAT(page, HasSubstr("Not measured here: libc, "
                              "io_uring (io_uring_setup: refused)."));
}

TEST(PageTest, RowsTellMedianSpreadRatiosLatencyAndProcessorTime) {
  const std::string page = Page(SampleResults(
      {{"aioemul", 4, {1900, 2000, 2200}}, {"libc", 4, {1000, 1000, 1000}}}));
  EXPECT_THAT(
      page,
      HasSubstr("<tr class=\"ours\"><th scope=\"rowgroup\" rowspan=\"2\">4</th>"
                "<td class=\"peer\"><span class=\"swatch\" "
                "style=\"background:#0072b2\"></span>aioemul</td>"
                "<td>2.00 k</td><td class=\"spread\">1.90 k – 2.20 k</td>"
                "<td>2.00</td><td>–</td>"
                "<td>2.00 µs</td><td>20.0 µs</td><td>500 µs</td></tr>"));
  EXPECT_THAT(page, HasSubstr("<tr><td class=\"peer\"><span class=\"swatch\" "
                              "style=\"background:#d55e00\"></span>libc</td>"
                              "<td>1.00 k</td>"));
}

TEST(PageTest, QueuedIsToldAsTime) {
  const std::string page = Page(SampleResults(
      {{"aioemul", 5000, {1e6, 2e6, 4e6}, "queue", "queued", 0}}));
  EXPECT_THAT(page, HasSubstr(">Time of one operation</th>"));
  EXPECT_THAT(page, HasSubstr("<td>500 ns</td>"
                              "<td class=\"spread\">250 ns – 1.00 µs</td>"));
}

TEST(PageTest, ColumnsThatWouldBeEmptyAreLeftOut) {
  Json json = SampleJson({{"aioemul"}});
  EXPECT_THAT(Page(Parsed(json)), HasSubstr(">Median latency</th>"));
  EXPECT_THAT(Page(Parsed(json)), Not(HasSubstr(">System calls</th>")));
  json["results"][0]["system_calls_per_operation"] = 2.5;
  for (Json& run : json["results"][0]["runs"]) run["latency_ns"] = nullptr;
  EXPECT_THAT(Page(Parsed(json)), Not(HasSubstr(">Median latency</th>")));
  EXPECT_THAT(Page(Parsed(json)), HasSubstr(">System calls</th>"));
  EXPECT_THAT(Page(Parsed(json)), HasSubstr("<td>2.50</td></tr>"));
}

TEST(PageTest, TextOfTheFileIsNoHtml) {
  EXPECT_EQ(HtmlEscaped("<a b=\"c\" d='e'>&"),
            "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
  Json json = SampleJson({{"<peer>"}});
  json["machine"]["date"] = "<date>";
  json["machine"]["kernel"] = "<kernel>";
  json["settings"]["command"] = "<command>";
  json["results"][0]["what"] = "<what> \"quoted\"";
  json["results"][0]["axis"] = "<axis>";
  for (const char* member : {"name", "what", "missing"}) {
    json["peers"][1][member] = std::string("<") + member + ">";
  }
  const std::string page = Page(Parsed(json));
  for (const char* text : {"peer", "date", "kernel", "command", "what", "axis",
                           "name", "missing"}) {
    EXPECT_THAT(page, Not(HasSubstr(std::string("<") + text + ">")));
    EXPECT_THAT(page, HasSubstr(std::string("&lt;") + text + "&gt;"));
  }
  EXPECT_THAT(page, Not(HasSubstr("\"quoted\"")));
}

// It is to be read from a disk, with no network.
TEST(PageTest, NeedsNoScriptAndNothingFromElsewhere) {
  const std::string page = Page(SampleResults({{"aioemul"}}));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("//")));
  EXPECT_THAT(page, HasSubstr("<meta name=\"viewport\""));
}

}  // namespace
}  // namespace aioemul::bench_report
