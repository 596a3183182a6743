// Tuning: contract J1 (aio_init, clamping) and J2 (the environment).

#include "emul/options.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "emul/engine.h"
#include "gtest/gtest.h"
#include "tests/support/fake_platform.h"
#include "tests/unit/descriptor.h"

namespace aioemul {
namespace {

struct Variable {
  const char* name;
  Setting Options::*setting;
};

constexpr Variable kVariables[] = {
    {"AIOEMUL_THREADS", &Options::threads},
    {"AIOEMUL_NUM", &Options::reserve},
    {"AIOEMUL_IDLE_TIME", &Options::idle_time},
    {"AIOEMUL_INLINE", &Options::inline_bytes},
    {"AIOEMUL_INLINE_WRITES", &Options::inline_write_bytes},
    {"AIOEMUL_MERGE", &Options::merge_bytes},
    {"AIOEMUL_SPIN", &Options::spin},
    {"AIOEMUL_MAX_REQUESTS", &Options::max_requests},
};

class OptionsTest : public ::testing::Test {
 protected:
  OptionsTest() { ClearEnvironment(); }
  ~OptionsTest() override { ClearEnvironment(); }

  static void ClearEnvironment() {
    for (const Variable& variable : kVariables) unsetenv(variable.name);
  }

  // What ApplyEnvironment says on stderr.
  std::string ApplyEnvironment() {
    ::testing::internal::CaptureStderr();
    options_.ApplyEnvironment(environ);
    return ::testing::internal::GetCapturedStderr();
  }

  Options options_;
};

TEST_F(OptionsTest, SettingTakesValuesWithinItsLimits) {
  Setting setting = {5, 1, 10};
  for (const int value : {1, 7, 10}) {
    setting.Set(value);
    EXPECT_EQ(setting.value, value);
  }
}

TEST_F(OptionsTest, ValuesOutOfRangeAreMovedToTheNearestLimit) {
  Setting setting = {5, 1, 10};
  for (const int64_t value :
       {INT64_MIN, int64_t{INT_MIN}, int64_t{-1}, int64_t{0}}) {
    setting.Set(value);
    EXPECT_EQ(setting.value, 1) << value;
  }
  for (const int64_t value :
       {int64_t{11}, int64_t{INT_MAX}, int64_t{INT_MAX} + 6, INT64_MAX}) {
    setting.Set(value);
    EXPECT_EQ(setting.value, 10) << value;
  }
}

TEST_F(OptionsTest, FixedSettingKeepsItsValue) {
  Setting setting = {5, 1, 10, /*fixed=*/true};
  setting.Set(7);
  EXPECT_EQ(setting.value, 5);
}

TEST_F(OptionsTest, DefaultsAreWithinTheirLimits) {
  for (const Variable& variable : kVariables) {
    const Setting& setting = options_.*variable.setting;
    EXPECT_GE(setting.value, setting.least) << variable.name;
    EXPECT_LE(setting.value, setting.most) << variable.name;
    EXPECT_FALSE(setting.fixed) << variable.name;
  }
}

TEST_F(OptionsTest, EmptyEnvironmentChangesNothing) {
  EXPECT_EQ(ApplyEnvironment(), "");
  const Options untouched;
  for (const Variable& variable : kVariables) {
    EXPECT_EQ((options_.*variable.setting).value,
              (untouched.*variable.setting).value);
    EXPECT_FALSE((options_.*variable.setting).fixed) << variable.name;
  }
}

TEST_F(OptionsTest, EachVariableSetsAndFixesItsOwnSetting) {
  for (const Variable& set : kVariables) {
    ClearEnvironment();
    options_ = Options();
    setenv(set.name, "17", 1);
    EXPECT_EQ(ApplyEnvironment(), "");
    for (const Variable& variable : kVariables) {
      const bool is_set = &variable == &set;
      const Setting& setting = options_.*variable.setting;
      EXPECT_EQ(setting.fixed, is_set) << set.name << " " << variable.name;
      EXPECT_EQ(setting.value == 17, is_set) << set.name << variable.name;
    }
  }
}

TEST_F(OptionsTest, VariableOutOfRangeIsClamped) {
  for (const Variable& variable : kVariables) {
    const Setting& setting = options_.*variable.setting;
    for (const char* text : {"-5", "-9223372036854775808"}) {
      options_ = Options();
      setenv(variable.name, text, 1);
      EXPECT_EQ(ApplyEnvironment(), "");
      EXPECT_EQ(setting.value, setting.least) << variable.name << "=" << text;
    }
    for (const char* text : {"2147483648", "9223372036854775807"}) {
      options_ = Options();
      setenv(variable.name, text, 1);
      EXPECT_EQ(ApplyEnvironment(), "");
      EXPECT_EQ(setting.value, setting.most) << variable.name << "=" << text;
    }
    ClearEnvironment();
  }
}

TEST_F(OptionsTest, MalformedVariableIsNamedOnceAndIgnored) {
  for (const Variable& variable : kVariables) {
    for (const char* text : {"", "many", "12x", "0x10", "1e3", "1.5", "-"}) {
      options_ = Options();
      setenv(variable.name, text, 1);
      const std::string said = ApplyEnvironment();
      EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
      EXPECT_NE(said.find(std::string(variable.name) + "=" + text),
                std::string::npos)
          << said;
      const Setting& setting = options_.*variable.setting;
      EXPECT_EQ(setting.value, (Options().*variable.setting).value);
      EXPECT_FALSE(setting.fixed);
    }
    ClearEnvironment();
  }
}

TEST_F(OptionsTest, LongMalformedVariableIsNamedInOneLine) {
  setenv("AIOEMUL_THREADS", std::string(10'000, 'x').c_str(), 1);
  const std::string said = ApplyEnvironment();
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1);
  EXPECT_EQ(said.back(), '\n');
  EXPECT_LT(said.size(), 1'000U);
}

TEST_F(OptionsTest, ErrnoIsLeftAlone) {
  setenv("AIOEMUL_THREADS", "99999999999999999999", 1);
  ::testing::internal::CaptureStderr();
  errno = EDOM;
  options_.ApplyEnvironment(environ);
  EXPECT_EQ(errno, EDOM);
  ::testing::internal::GetCapturedStderr();
}

TEST_F(OptionsTest, EnvironmentWinsOverWhatTheProgramSets) {
  for (const Variable& variable : kVariables) {
    setenv(variable.name, "3", 1);
    ApplyEnvironment();
    (options_.*variable.setting).Set(9);
    EXPECT_EQ((options_.*variable.setting).value, 3) << variable.name;
  }
}

// How many workers an engine of these options has when aio_init has asked for
// two and two requests on two files are held in their transfers or wait.
int WorkersAfterAskingForTwo(const Options& options) {
  testing::FakePlatform platform;
  const Descriptor files[] = {OpenTemporary(O_RDWR), OpenTemporary(O_RDWR)};
  aiocb blocks[2] = {};
  int workers = 0;
  {
    Engine engine(options, platform);
    engine.Configure(/*threads=*/2, /*reserve=*/0, /*idle_time=*/1);
    platform.HoldTransfers();
    for (int i = 0; i < 2; ++i) {
      blocks[i].aio_fildes = files[i].get();
      EXPECT_EQ(engine.Read(&blocks[i]), 0);
    }
    platform.AwaitHeld(options.threads.fixed ? 1 : 2);
    workers = engine.thread_count();
    platform.ReleaseAll();
    for (aiocb& block : blocks) {
      const aiocb* const list[] = {&block};
      EXPECT_EQ(engine.Suspend(list, 1, nullptr), 0);
    }
  }
  return workers;
}

TEST_F(OptionsTest, EngineFollowsTheProgramUnlessTheEnvironmentSaysOtherwise) {
  options_.threads.Set(1);
  EXPECT_EQ(WorkersAfterAskingForTwo(options_), 2);
  setenv("AIOEMUL_THREADS", "1", 1);
  ApplyEnvironment();
  EXPECT_EQ(WorkersAfterAskingForTwo(options_), 1);
}

}  // namespace
}  // namespace aioemul
