#include "tools/aioemul/diff/statistics.h"

#include <string>

#include "gtest/gtest.h"

namespace aioemul::tools::diff {
namespace {

TEST(StatisticsTest, SumsWhatIsAdded) {
  Statistics statistics;
  statistics.Add({{"programs", 2}, {"call aio_read", 3}});
  statistics.Add({{"programs", 1}, {"call aio_write", 4}});
  EXPECT_EQ(statistics.programs(), 3);
  EXPECT_EQ(statistics.calls(), 7);
}

TEST(StatisticsTest, TellsWhichClausesWereReached) {
  Statistics statistics;
  statistics.Add({{"clause E3", 42}});
  const std::string table = statistics.Table();
  EXPECT_NE(table.find("E3"), std::string::npos);
  EXPECT_NE(table.find("42"), std::string::npos);
  const std::string missing = table.substr(table.find("not reached:"));
  EXPECT_NE(missing.find("E1 E2 E4"), std::string::npos);
}

TEST(StatisticsTest, TellsWhatTheBackendLacks) {
  Statistics statistics;
  statistics.Add({{"unsupported cancel", 1}});
  EXPECT_NE(statistics.Table().find("cancel"), std::string::npos);
}

}  // namespace
}  // namespace aioemul::tools::diff
