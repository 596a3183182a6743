// Makes programs from seeds.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DIFF_GENERATOR_H_
#define AIOEMUL_TOOLS_AIOEMUL_DIFF_GENERATOR_H_

#include <stdint.h>

#include <set>
#include <string>

#include "tools/aioemul/diff/contract.h"
#include "tools/aioemul/diff/program.h"

namespace aioemul::tools::diff {

// What a backend said that it cannot do, each by its name below.
using Features = std::set<std::string>;

std::string FeatureOf(const Request& request, ObjectKind kind);
std::string FeatureOf(const Step& step);
std::string FeatureOf(Notice notice);

// Those that programs can do without.
Features AllFeatures();

struct GeneratorOptions {
  Contract contract = Contract::kProject;
  int calls = 30;  // At most, in a program.
  Features missing;
};

// The same seed and options make the same program, on every machine.
Program Generate(uint64_t seed, const GeneratorOptions& options);

// The seed of the program after that of `seed`.
uint64_t NextSeed(uint64_t seed);

}  // namespace aioemul::tools::diff

#endif  // AIOEMUL_TOOLS_AIOEMUL_DIFF_GENERATOR_H_
