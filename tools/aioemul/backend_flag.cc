#include "tools/aioemul/backend_flag.h"

#include <string>
#include <vector>

#include "tools/aioemul/abseil_flags.h"

namespace aioemul::tools {
namespace {

std::vector<std::string>& Given() {
  static auto& given = *new std::vector<std::string>;
  return given;
}

}  // namespace

const std::vector<std::string>& GivenBackends() { return Given(); }

}  // namespace aioemul::tools

ABSL_FLAG(
    std::string, backend, "",
    "What to test: aioemul (the default), libc, libaio, io_uring, sync,\n"
    "broken:SWITCH, or the path of a shared object that exports the names\n"
    "of <aio.h>; a path has a slash in it.  `check` takes several, and\n"
    "'all'.")
    .OnUpdate([] {
      // The first call is of the flag's definition.
      const std::string name = absl::GetFlag(FLAGS_backend);
      if (!name.empty()) aioemul::tools::Given().push_back(name);
    });
