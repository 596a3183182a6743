#include "tools/backends/backend.h"

#include <aio.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace aioemul::tools {
namespace {

constexpr absl::string_view kBroken = "broken:";

// Where each known backend is, seen from the directory of this command; a name
// without a slash is for the dynamic linker to find.
struct Place {
  absl::string_view name;
  absl::string_view file;
};
constexpr char kCLibrary[] = "libc.so.6";
constexpr Place kPlaces[] = {
    {"aioemul", "../../aio/libaioemul.so"},
    {"libc", kCLibrary},
    {"libaio", "../backends/libaio_backend.so"},
    {"io_uring", "../backends/libio_uring_backend.so"},
    {"sync", "../backends/libsync_backend.so"},
    {"broken", "../backends/libbroken_backend.so"},
};

int Missing() {
  errno = ENOSYS;
  return -1;
}
int NoTransfer(aiocb* /*block*/) { return Missing(); }
int NoFsync(int /*operation*/, aiocb* /*block*/) { return Missing(); }
int NoError(const aiocb* /*block*/) { return ENOSYS; }
ssize_t NoResult(aiocb* /*block*/) { return Missing(); }
int NoSuspend(const aiocb* const[], int /*count*/, const timespec* /*t*/) {
  return Missing();
}
int NoCancel(int /*fd*/, aiocb* /*block*/) { return Missing(); }
int NoListio(int /*mode*/, aiocb* const[], int /*count*/, sigevent* /*e*/) {
  return Missing();
}
void NoInit(const aioinit* /*init*/) {}

// The directory of the running command, with its slash.
std::string OwnDirectory() {
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
  if (length <= 0) return "";
  const absl::string_view name(path, static_cast<size_t>(length));
  return std::string(name.substr(0, name.rfind('/') + 1));
}

// The functions that a library exports.
class Library {
 public:
  explicit Library(void* handle) : handle_(handle) {}

  template <typename F>
  void Find(const char* name, F* function,
            std::common_type_t<F> otherwise) const {
    void* const found = dlsym(handle_, name);
    *function = found != nullptr ? reinterpret_cast<F>(found) : otherwise;
  }

  // The same for <aio.h>.  The C library's own, which every library depends
  // on and dlsym finds, is another backend's.
  template <typename F>
  void FindAio(const char* name, F* function, std::common_type_t<F> otherwise) {
    Find(name, function, otherwise);
    if (*function == otherwise) return;
    void* const found = reinterpret_cast<void*>(*function);
    if (handle_ != c_library_ && found == dlsym(c_library_, name)) {
      *function = otherwise;
      return;
    }
    has_aio_ = true;
  }

  bool has_aio() const { return has_aio_; }

 private:
  void* const handle_;
  void* const c_library_ = dlopen(kCLibrary, RTLD_NOW | RTLD_NOLOAD);
  bool has_aio_ = false;
};

}  // namespace

const std::vector<KnownBackend>& KnownBackends() {
  static const auto* const known = new std::vector<KnownBackend>{
      {"aioemul", "this library, as a program is linked with it"},
      {"libc", "the C library's own"},
      {"libaio", "kernel AIO, by libaio"},
      {"io_uring", "io_uring, by liburing"},
      {"sync", "plain calls that are done when they return"},
      {"broken", "wrong on purpose: broken:SWITCH"},
  };
  return *known;
}

absl::StatusOr<std::string> BackendFile(absl::string_view name) {
  if (name.find('/') != absl::string_view::npos) return std::string(name);
  if (absl::StartsWith(name, kBroken)) name = "broken";
  for (const Place& place : kPlaces) {
    if (place.name != name) continue;
    if (place.file.find('/') == absl::string_view::npos)
      return std::string(place.file);
    return absl::StrCat(OwnDirectory(), place.file);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "no backend is called '", name, "'; a path has a slash in it"));
}

absl::StatusOr<Backend> OpenBackend(absl::string_view name) {
  const absl::StatusOr<std::string> file = BackendFile(name);
  if (!file.ok()) return file.status();
  absl::string_view bug = name;
  if (absl::ConsumePrefix(&bug, kBroken)) {
    setenv("AIO_BROKEN", std::string(bug).c_str(), /*replace=*/1);
  }
  void* const handle = dlopen(file->c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return absl::NotFoundError(dlerror());
  Library library(handle);

  Backend backend = {};
  backend.name = std::string(name);
  backend.file = *file;
  library.FindAio("aio_read", &backend.read, NoTransfer);
  library.FindAio("aio_write", &backend.write, NoTransfer);
  library.FindAio("aio_fsync", &backend.fsync, NoFsync);
  library.FindAio("aio_error", &backend.error, NoError);
  library.FindAio("aio_return", &backend.result, NoResult);
  library.FindAio("aio_suspend", &backend.suspend, NoSuspend);
  library.FindAio("aio_cancel", &backend.cancel, NoCancel);
  library.FindAio("lio_listio", &backend.listio, NoListio);
  library.FindAio("aio_init", &backend.init, NoInit);
  if (!library.has_aio()) {
    return absl::NotFoundError(
        absl::StrCat(*file, " exports none of the functions of <aio.h>"));
  }
  backend.has_init = backend.init != NoInit;
  library.Find("close", &backend.close, ::close);
  library.Find("dup2", &backend.dup2, ::dup2);
  library.Find("dup3", &backend.dup3, ::dup3);
  library.Find("close_range", &backend.close_range, ::close_range);
  return backend;
}

}  // namespace aioemul::tools
