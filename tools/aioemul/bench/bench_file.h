// The file that is read and written.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_BENCH_FILE_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_BENCH_FILE_H_

#include <stdint.h>

#include <string>

#include "absl/status/statusor.h"
#include "tools/aioemul/file.h"

namespace aioemul::tools::bench {

// Makes a file of random bytes in `directory`.  It has no name from the first
// moment on, so that it is gone when the command is, however that ends.
// kCancelled when a stop signal comes meanwhile.
absl::StatusOr<File> MakeBenchFile(const std::string& directory, int64_t bytes);

// Where other processes find it while this one has it open.
std::string PathForOthers(const File& file);

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_BENCH_FILE_H_
