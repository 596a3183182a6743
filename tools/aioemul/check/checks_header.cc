// <aio.h> and <limits.h>: what they name, and that the functions take it.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <type_traits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/areas.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

static_assert(std::is_same_v<decltype(aiocb::aio_fildes), int>);
static_assert(std::is_same_v<decltype(aiocb::aio_offset), off_t>);
static_assert(std::is_same_v<decltype(aiocb::aio_buf), volatile void*>);
static_assert(std::is_same_v<decltype(aiocb::aio_nbytes), size_t>);
static_assert(std::is_same_v<decltype(aiocb::aio_reqprio), int>);
static_assert(std::is_same_v<decltype(aiocb::aio_sigevent), sigevent>);
static_assert(std::is_same_v<decltype(aiocb::aio_lio_opcode), int>);

// A backend that lacks one ends the check as unsupported by its ENOSYS.
void AllFunctions(Trial& trial) {
  const int fd = trial.NewFile(16, O_RDWR);
  char bytes[4] = "abc";
  aiocb read = BlockFor(fd, bytes, 4, 0);
  trial.Read(&read);
  trial.ExpectResult("aio_read", &read, 0, 4);
  aiocb write = BlockFor(fd, bytes, 4, 0);
  trial.Write(&write);
  trial.ExpectResult("aio_write", &write, 0, 4);
  for (const int operation : {O_SYNC, O_DSYNC}) {
    aiocb sync = BlockFor(fd, nullptr, 0, 0);
    trial.Fsync(operation, &sync);
    trial.ExpectResult(operation == O_SYNC ? "aio_fsync with O_SYNC"
                                           : "aio_fsync with O_DSYNC",
                       &sync, 0, 0);
  }
  aiocb entry = BlockFor(fd, bytes, 4, 0);
  entry.aio_lio_opcode = LIO_READ;
  aiocb* const list[] = {&entry};
  trial.Listio(LIO_WAIT, list, 1, nullptr);
  const aiocb* const waited[] = {&entry};
  trial.ExpectError("aio_suspend", trial.Suspend(waited, 1, nullptr), 0);
  trial.ExpectEqual("aio_cancel", trial.Cancel(fd, &entry), AIO_ALLDONE);
  trial.ExpectResult("the entry of lio_listio", &entry, 0, 4);
}

void Constants(Trial& trial) {
  trial.Expect(
      AIO_ALLDONE != AIO_CANCELED && AIO_ALLDONE != AIO_NOTCANCELED &&
          AIO_CANCELED != AIO_NOTCANCELED,
      absl::StrCat("AIO_ALLDONE ", AIO_ALLDONE, ", AIO_CANCELED ", AIO_CANCELED,
                   ", AIO_NOTCANCELED ", AIO_NOTCANCELED));
  trial.Expect(
      LIO_READ != LIO_WRITE && LIO_READ != LIO_NOP && LIO_WRITE != LIO_NOP,
      absl::StrCat("LIO_READ ", LIO_READ, ", LIO_WRITE ", LIO_WRITE,
                   ", LIO_NOP ", LIO_NOP));
  trial.Expect(
      LIO_WAIT != LIO_NOWAIT,
      absl::StrCat("LIO_WAIT ", LIO_WAIT, ", LIO_NOWAIT ", LIO_NOWAIT));
}

void ExpectLimit(Trial& trial, const char* what, int name, long least) {
  errno = 0;
  const long limit = sysconf(name);
  // -1 without an error: there is no limit, or none that is fixed.
  trial.Expect(
      limit >= least || (limit == -1 && errno == 0),
      absl::StrCat(what, ": ", limit, ", at least ", least, " or no limit"));
}

void Limits(Trial& trial) {
  ExpectLimit(trial, "AIO_LISTIO_MAX", _SC_AIO_LISTIO_MAX,
              _POSIX_AIO_LISTIO_MAX);
  ExpectLimit(trial, "AIO_MAX", _SC_AIO_MAX, _POSIX_AIO_MAX);
  ExpectLimit(trial, "AIO_PRIO_DELTA_MAX", _SC_AIO_PRIO_DELTA_MAX, 0);
  const long version = sysconf(_SC_ASYNCHRONOUS_IO);
  trial.Expect(version > 0, absl::StrCat("_POSIX_ASYNCHRONOUS_IO: ", version));
}

// The length that POSIX demands at least, or a usual one.
void LongestList(Trial& trial) {
  constexpr long kEnough = 256;
  const long limit = sysconf(_SC_AIO_LISTIO_MAX);
  const long length =
      limit < 0 ? _POSIX_AIO_LISTIO_MAX : std::min(limit, kEnough);
  const int fd = trial.NewFile(static_cast<size_t>(length), O_RDONLY);
  std::vector<unsigned char> bytes(static_cast<size_t>(length));
  std::vector<aiocb> blocks;
  for (size_t i = 0; i < bytes.size(); ++i) {
    blocks.push_back(BlockFor(fd, &bytes[i], 1, static_cast<off_t>(i)));
    blocks.back().aio_lio_opcode = LIO_READ;
  }
  std::vector<aiocb*> list;
  list.reserve(blocks.size());
  for (aiocb& block : blocks) list.push_back(&block);
  trial.Listio(LIO_WAIT, list.data(), static_cast<int>(length), nullptr);
  bool all = true;
  for (size_t i = 0; i < bytes.size(); ++i) {
    all = all && trial.Return(&blocks[i]) == 1 &&
          bytes[i] == PatternAt(static_cast<off_t>(i));
  }
  trial.Expect(all, absl::StrCat("all of ", length, " entries of one list: ",
                                 all ? "done" : "not all done"));
}

// Memory that holds pointers and cannot be written to.
template <typename T>
T* const* ReadOnlyList(Trial& trial, T* const (&entries)[2]) {
  void* const page = mmap(nullptr, sizeof(entries), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) trial.NotRun("cannot map memory");
  memcpy(page, entries, sizeof(entries));
  mprotect(page, sizeof(entries), PROT_READ);
  return static_cast<T* const*>(page);
}

void ListioLeavesList(Trial& trial) {
  char bytes[2];
  const int fd = trial.NewFile(2, O_RDONLY);
  aiocb block = BlockFor(fd, bytes, 2, 0);
  block.aio_lio_opcode = LIO_READ;
  aiocb* const entries[2] = {&block, nullptr};
  trial.Listio(LIO_WAIT, ReadOnlyList(trial, entries), 2, nullptr);
  trial.ExpectResult("the entry of a list in read-only memory", &block, 0, 2);
}

void SuspendLeavesList(Trial& trial) {
  char bytes[2];
  const int fd = trial.NewFile(2, O_RDONLY);
  aiocb block = BlockFor(fd, bytes, 2, 0);
  trial.Read(&block);
  const aiocb* const entries[2] = {&block, nullptr};
  trial.ExpectError("aio_suspend on a list in read-only memory",
                    trial.Suspend(ReadOnlyList(trial, entries), 2, nullptr), 0);
}

constexpr Check kChecks[] = {
    {"header.functions", "A11", "<aio.h>", Standing::kDemanded,
     "every function of <aio.h> is there and works", AllFunctions},
    {"header.constants", "aio.h", "<aio.h>", Standing::kDemanded,
     "the constants of <aio.h> that stand for different things differ",
     Constants},
    {"header.limits", "aio.h", "<limits.h>; sysconf", Standing::kDemanded,
     "the limits on asynchronous I/O are no lower than POSIX's own", Limits},
    {"header.longest-list", "F4", "<limits.h>; lio_listio, ERRORS",
     Standing::kDemanded, "a list within AIO_LISTIO_MAX is accepted",
     LongestList},
    {"header.listio-const-list", "aio.h", "lio_listio, SYNOPSIS",
     Standing::kDemanded, "lio_listio does not write to the list, a constant",
     ListioLeavesList},
    {"header.suspend-const-list", "aio.h", "aio_suspend, SYNOPSIS",
     Standing::kDemanded, "aio_suspend does not write to the list, a constant",
     SuspendLeavesList},
};

}  // namespace

absl::Span<const Check> HeaderChecks() { return kChecks; }

}  // namespace aioemul::tools::check
