// What every C program begins with.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DIFF_C_PRELUDE_H_
#define AIOEMUL_TOOLS_AIOEMUL_DIFF_C_PRELUDE_H_

namespace aioemul::tools::diff {

// To be included before anything else.
extern const char kCHeaders[];

// Functions that make, check and compare, over the tables that stand before.
extern const char kCFunctions[];

// Makes many attempts, as a race may need them.
extern const char kCMain[];

}  // namespace aioemul::tools::diff

#endif  // AIOEMUL_TOOLS_AIOEMUL_DIFF_C_PRELUDE_H_
