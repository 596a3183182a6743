#include "tools/aioemul/diff/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/diff/program.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools::diff {
namespace {

std::string BytesOf(int source, long position, int bytes) {
  std::string text;
  text.reserve(static_cast<size_t>(bytes));
  for (int i = 0; i < bytes; ++i) {
    text.push_back(static_cast<char>(ByteOf(source, position + i)));
  }
  return text;
}

void SetNonBlocking(int fd) {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

// Reads until there is no more, `most` bytes are read, or it would block.
std::string ReadAll(int fd, size_t most) {
  std::string text;
  char part[65536];
  while (text.size() < most) {
    const size_t wanted = std::min(sizeof(part), most - text.size());
    const ssize_t count = read(fd, part, wanted);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(part, static_cast<size_t>(count));
  }
  return text;
}

}  // namespace

Stage::~Stage() {
  for (const Ends& ends : ends_) {
    if (ends.own >= 0) close(ends.own);
    if (ends.peer >= 0) close(ends.peer);
  }
}

absl::Status Stage::Open(const std::vector<Object>& objects,
                         absl::string_view directory) {
  for (size_t i = 0; i < objects.size(); ++i) {
    ends_.push_back({objects[i].kind, -1, -1, 0});
    absl::Status status =
        IsFile(objects[i].kind)
            ? OpenFile(objects[i], SourceOfFile(static_cast<int>(i)), directory,
                       &ends_.back())
            : OpenStream(objects[i].kind, &ends_.back());
    if (!status.ok()) return status;
    ends_.back().flags = fcntl(ends_.back().own, F_GETFL);
  }
  return absl::OkStatus();
}

absl::Status Stage::OpenFile(const Object& object, int source,
                             absl::string_view directory, Ends* ends) {
  std::string path = absl::StrCat(directory, "/object_XXXXXX");
  ends->own = mkstemp(path.data());
  if (ends->own < 0) return SystemError(errno, "making", path);
  const std::string bytes = BytesOf(source, 0, object.size);
  const bool written = pwrite(ends->own, bytes.data(), bytes.size(), 0) ==
                       static_cast<ssize_t>(bytes.size());
  const int error = errno;
  unlink(path.c_str());
  if (!written) return SystemError(error, "writing", path);
  if (object.kind == ObjectKind::kAppend) {
    fcntl(ends->own, F_SETFL, fcntl(ends->own, F_GETFL) | O_APPEND);
  }
  return absl::OkStatus();
}

absl::Status Stage::OpenStream(ObjectKind kind, Ends* ends) {
  int pair[2];
  const int result = kind == ObjectKind::kSocket
                         ? socketpair(AF_UNIX, SOCK_STREAM, 0, pair)
                         : pipe(pair);
  if (result != 0) return SystemError(errno, "making", NameOf(kind));
  if (kind == ObjectKind::kPipeOut) std::swap(pair[0], pair[1]);
  ends->own = pair[0];
  ends->peer = pair[1];
  SetNonBlocking(ends->peer);
  return absl::OkStatus();
}

int Stage::Send(int object, long position, int bytes) {
  const std::string text = BytesOf(SourceOfPeer(object), position, bytes);
  const ssize_t count =
      write(ends_[Index(object)].peer, text.data(), text.size());
  return count > 0 ? static_cast<int>(count) : 0;
}

std::string Stage::Receive(int object, int bytes) {
  return ReadAll(ends_[Index(object)].peer, static_cast<size_t>(bytes));
}

void Stage::HangUp(int object) {
  Ends& ends = ends_[Index(object)];
  close(ends.peer);
  ends.peer = -1;
}

void Stage::EndSending(int object) {
  Ends& ends = ends_[Index(object)];
  if (ends.peer < 0) return;
  if (ends.kind == ObjectKind::kSocket) {
    shutdown(ends.peer, SHUT_WR);
  } else if (ends.kind == ObjectKind::kPipeIn) {
    HangUp(object);
  }
}

bool Stage::HasOtherFlags(int object) const {
  const Ends& ends = ends_[Index(object)];
  return fcntl(ends.own, F_GETFL) != ends.flags;
}

std::string Stage::Contents(int object) {
  const Ends& ends = ends_[Index(object)];
  if (IsFile(ends.kind)) {
    lseek(ends.own, 0, SEEK_SET);
  } else {
    SetNonBlocking(ends.own);
  }
  return ReadAll(ends.own, std::string::npos);
}

}  // namespace aioemul::tools::diff
