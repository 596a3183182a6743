#include "tools/aioemul/soak_values.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/stress/mixes.h"

namespace aioemul::tools {
namespace {

// -1 when it is refused.
int Rate(const std::string& text) {
  FaultRate rate = {0};
  std::string error;
  return AbslParseFlag(text, &rate, &error) ? rate.per_mille : -1;
}

TEST(FaultRateTest, IsPercentWithOneDecimal) {
  EXPECT_EQ(Rate("0%"), 0);
  EXPECT_EQ(Rate("1%"), 10);
  EXPECT_EQ(Rate("0.5%"), 5);
  EXPECT_EQ(Rate("12.3%"), 123);
  EXPECT_EQ(Rate("100%"), 1000);
}

TEST(FaultRateTest, IsNothingElse) {
  for (const char* text : {"", "%", "1", "0.01", "1.55%", "1.%", ".5%", "-1%",
                           "+1%", "100.1%", "1000%", "1 %", "1%%", "x%"}) {
    EXPECT_EQ(Rate(text), -1) << text;
  }
}

TEST(FaultRateTest, IsWrittenAsItIsRead) {
  for (const char* text : {"0%", "0.5%", "1%", "12.3%", "100%"}) {
    EXPECT_EQ(AbslUnparseFlag(FaultRate{Rate(text)}), text);
  }
}

TEST(FaultKindsTest, AreAList) {
  FaultKinds kinds = {0};
  std::string error;
  EXPECT_TRUE(AbslParseFlag("closes,errors", &kinds, &error));
  EXPECT_EQ(kinds.set, stress::kErrors | stress::kCloses);
  EXPECT_EQ(AbslUnparseFlag(kinds), "errors,closes");
}

TEST(FaultKindsTest, AreRefusedWithTheNamesThatThereAre) {
  for (const char* text : {"", "errors,", "errors, cuts", "error", "all"}) {
    FaultKinds kinds = {0};
    std::string error;
    EXPECT_FALSE(AbslParseFlag(text, &kinds, &error)) << text;
    EXPECT_NE(error.find("errors,cuts,delays,memory,threads,signals,forks,"
                         "closes"),
              std::string::npos)
        << error;
  }
}

}  // namespace
}  // namespace aioemul::tools
