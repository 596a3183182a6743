#include "tools/aioemul/bench_report/text_table.h"

#include "gtest/gtest.h"

namespace aioemul::bench_report {
namespace {

TEST(TextTableTest, ColumnsAreAsWideAsTheirWidestCell) {
  TextTable table({{"name"}, {"n", true}, {""}});
  table.AddRow({"a", "1", "x"});
  table.AddRow({"longer", "100", ""});
  EXPECT_EQ(table.Aligned(),
            "name      n\n"
            "a         1  x\n"
            "longer  100\n");
}

TEST(TextTableTest, WidthIsThatOfCharacters) {
  TextTable table({{"t", true}, {"name"}});
  table.AddRow({"8 µs", "a"});
  table.AddRow({"–", "b"});
  EXPECT_EQ(table.Aligned(),
            "   t  name\n"
            "8 µs  a\n"
            "   –  b\n");
}

TEST(TextTableTest, MarkdownTellsTheAlignment) {
  TextTable table({{"name"}, {"n", true}});
  EXPECT_TRUE(table.empty());
  table.AddRow({"a", "1"});
  EXPECT_FALSE(table.empty());
  EXPECT_EQ(table.Markdown(),
            "| name | n |\n"
            "|---|---:|\n"
            "| a | 1 |\n");
}

TEST(TextTableTest, MarkdownShowsTextAsItIs) {
  TextTable table({{"io_uring"}});
  table.AddRow({"a|b *c* <d> & `e` \\ [f]"});
  EXPECT_EQ(table.Markdown(),
            "| io\\_uring |\n|---|\n"
            "| a\\|b \\*c\\* &lt;d> &amp; \\`e\\` \\\\ \\[f] |\n");
}

}  // namespace
}  // namespace aioemul::bench_report
