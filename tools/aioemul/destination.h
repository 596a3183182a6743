// Finds out what the destination named on the command line stands for, and
// refuses what must not be written.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DESTINATION_H_
#define AIOEMUL_TOOLS_AIOEMUL_DESTINATION_H_

#include <sys/stat.h>

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "tools/aioemul/file.h"

namespace aioemul::tools {

struct Destination {
  std::string name;       // For messages: as the user knows it.
  std::string path;       // Where the file goes, symbolic links resolved.
  std::string directory;  // The directory of `path`.
  std::optional<struct stat> replaced;  // The file there at present.
};

// As cp: a directory takes a file of the source's name; a symbolic link is
// followed, and refused when it dangles.  Refused are also the source itself
// under whatever name, a directory in the place of the file, what is not a
// regular file, and, unless `force`, a file without write permission.
absl::StatusOr<Destination> ResolveDestination(const File& source,
                                               const std::string& named,
                                               bool force);

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_DESTINATION_H_
