// The objects of a program as files, pipes and sockets, and the plain calls of
// their peers.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DIFF_STAGE_H_
#define AIOEMUL_TOOLS_AIOEMUL_DIFF_STAGE_H_

#include <stddef.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/diff/program.h"

namespace aioemul::tools::diff {

// Not thread-safe.
class Stage {
 public:
  Stage() = default;
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  // No request is outstanding any more.
  ~Stage();

  // Makes them; files are in `directory`, without a name.
  absl::Status Open(const std::vector<Object>& objects,
                    absl::string_view directory);

  // Where requests go.  In the wrong direction it is the descriptor of an end
  // that is not open for it.
  int descriptor(int object) const { return ends_[Index(object)].own; }

  // Sends the bytes of the peer's source from `position` on; how many went.
  int Send(int object, long position, int bytes);
  // What there is, up to `bytes`.
  std::string Receive(int object, int bytes);
  void HangUp(int object);
  // The peer sends no more, but goes on to receive.
  void EndSending(int object);

  // Whether the flags of its descriptor are not those that it was made with.
  bool HasOtherFlags(int object) const;

  // Of a file, all; of a stream, what nobody has read.
  std::string Contents(int object);

 private:
  struct Ends {
    ObjectKind kind = ObjectKind::kFile;
    int own = -1;
    int peer = -1;
    int flags = 0;  // Of `own`.
  };

  static size_t Index(int object) { return static_cast<size_t>(object); }
  absl::Status OpenFile(const Object& object, int source,
                        absl::string_view directory, Ends* ends);
  absl::Status OpenStream(ObjectKind kind, Ends* ends);

  std::vector<Ends> ends_;
};

}  // namespace aioemul::tools::diff

#endif  // AIOEMUL_TOOLS_AIOEMUL_DIFF_STAGE_H_
