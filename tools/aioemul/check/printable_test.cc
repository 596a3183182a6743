#include "tools/aioemul/check/printable.h"

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace aioemul::tools::check {
namespace {

TEST(PrintableTest, TextStaysAsItIs) {
  EXPECT_EQ(Printable("read: expected 3, got -1"), "read: expected 3, got -1");
  EXPECT_EQ(Printable("naïve €𝄞"), "naïve €𝄞");
}

TEST(PrintableTest, ControlsAreShownAndNotObeyed) {
  EXPECT_EQ(Printable("\x1b[31m\a\n\r\x7f"), "\\x1b[31m\\x07\\x0a\\x0d\\x7f");
  EXPECT_EQ(Printable("a\tb"), "a b");
  EXPECT_EQ(Printable(absl::string_view("a\0b", 3)), "a\\x00b");
  // The same as ESC [ to some terminals.
  EXPECT_EQ(Printable("\xc2\x9b"), "\\xc2\\x9b");
}

TEST(PrintableTest, WhatIsNoUtf8IsShownByteByByte) {
  EXPECT_EQ(Printable("\xff\x80"), "\\xff\\x80");
  EXPECT_EQ(Printable("\xe2\x82"), "\\xe2\\x82");           // Cut short.
  EXPECT_EQ(Printable("\xc0\xaf"), "\\xc0\\xaf");           // Too long.
  EXPECT_EQ(Printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // A surrogate.
  EXPECT_EQ(Printable("\xef\xbf\xbf"), "\\xef\\xbf\\xbf");  // Not for XML.
  EXPECT_EQ(Printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(PrintableTest, MarksOfXmlAreEscaped) {
  EXPECT_EQ(PrintableInXml("<a b=\"c\" d='e'>&]]>\x1b"),
            "&lt;a b=&quot;c&quot; d=&apos;e&apos;&gt;&amp;]]&gt;\\x1b");
}

TEST(PrintableTest, MarksOfMarkdownAreEscaped) {
  EXPECT_EQ(PrintableInMarkdown("a|b `c` *d* e_f [g](h) <i> \\"),
            "a\\|b \\`c\\` \\*d\\* e\\_f \\[g\\](h) &lt;i&gt; \\\\");
}

}  // namespace
}  // namespace aioemul::tools::check
