// gtest's main, with settings of our own.

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <optional>
#include <random>
#include <string>

#include "gtest/gtest.h"
#include "tests/stress/settings.h"
#include "tests/stress/tuning.h"

namespace aioemul::stress {
namespace {

// The flag `--name=`, or else the environment's AIOEMUL_STRESS_NAME.
std::optional<uint64_t> Given(const std::string& name, const char* variable,
                              int argc, char** argv) {
  const std::string flag = "--" + name + "=";
  for (int i = 1; i < argc; ++i) {
    if (strncmp(argv[i], flag.c_str(), flag.size()) == 0) {
      return strtoull(argv[i] + flag.size(), nullptr, 10);
    }
  }
  const char* value = getenv(variable);
  if (value == nullptr) return std::nullopt;
  return strtoull(value, nullptr, 10);
}

void ReadSettings(int argc, char** argv) {
  Settings& settings = TheSettings();
  settings.seed = Given("seed", "AIOEMUL_STRESS_SEED", argc, argv)
                      .value_or(std::random_device()());
  settings.operations = static_cast<int>(
      Given("operations", "AIOEMUL_STRESS_OPERATIONS", argc, argv).value_or(0));
  settings.threads = static_cast<int>(
      Given("threads", "AIOEMUL_STRESS_THREADS", argc, argv).value_or(0));
  std::cout << "--seed=" << settings.seed << std::endl;
  // Else it would always be as the first fixed seed wants it.
  TuneProcess(settings.seed);
}

}  // namespace

Settings& TheSettings() {
  static Settings settings;
  return settings;
}

Setting TheSetting(Bug bug) {
  Setting setting;
  setting.directory = ::testing::TempDir();
  setting.bug = bug;
  setting.stuck = [](const Report& report) {
    std::cerr << "stuck: " << report << std::endl;
  };
  return setting;
}

Mix Settings::Apply(Mix mix) const {
  if (operations > 0) mix.operations = operations;
  if (threads > 0) mix.threads = threads;
  return mix;
}

}  // namespace aioemul::stress

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  aioemul::stress::ReadSettings(argc, argv);
  return RUN_ALL_TESTS();
}
