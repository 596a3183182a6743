// A: what a transfer moves, and from where to where.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/areas.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

void ExpectPattern(Trial& trial, absl::string_view what,
                   const std::vector<unsigned char>& bytes, off_t offset) {
  size_t same = 0;
  while (same < bytes.size() &&
         bytes[same] == PatternAt(offset + static_cast<off_t>(same))) {
    ++same;
  }
  trial.Expect(same == bytes.size(),
               absl::StrCat(what, ": ", same, " of ", bytes.size(),
                            " bytes are those of the file before the first "
                            "that is not"));
}

void ExpectSize(Trial& trial, int fd, off_t size) {
  struct stat status = {};
  fstat(fd, &status);
  trial.ExpectEqual("the size of the file", status.st_size, size);
}

void ReadsAtOffset(Trial& trial) {
  constexpr off_t kOffset = 4099;
  std::vector<unsigned char> bytes(5000);
  aiocb block = BlockFor(trial.NewFile(20'000, O_RDONLY), bytes.data(),
                         bytes.size(), kOffset);
  trial.Read(&block);
  trial.ExpectResult("the read", &block, 0, 5000);
  ExpectPattern(trial, "the buffer", bytes, kOffset);
}

void ReadsMuch(Trial& trial) {
  std::vector<unsigned char> bytes(3 << 20);
  aiocb block = BlockFor(trial.NewFile(bytes.size(), O_RDONLY), bytes.data(),
                         bytes.size(), 0);
  trial.Read(&block);
  trial.ExpectResult("a read of 3 MiB", &block, 0,
                     static_cast<ssize_t>(bytes.size()));
  ExpectPattern(trial, "the buffer", bytes, 0);
}

void LeavesTheRestOfTheBuffer(Trial& trial) {
  std::vector<unsigned char> bytes(32, 0xee);
  aiocb block = BlockFor(trial.NewFile(100, O_RDONLY), &bytes[8], 16, 0);
  trial.Read(&block);
  trial.ExpectResult("the read", &block, 0, 16);
  bool untouched = true;
  for (size_t i = 0; i < 8; ++i) {
    untouched = untouched && bytes[i] == 0xee && bytes[24 + i] == 0xee;
  }
  trial.Expect(untouched, untouched ? "the bytes around the buffer are as were"
                                    : "bytes around the buffer were changed");
}

void WritesAtOffset(Trial& trial) {
  const int fd = trial.NewFile(100, O_RDWR);
  char text[] = "written";
  aiocb block = BlockFor(fd, text, 7, 40);
  trial.Write(&block);
  trial.ExpectResult("the write", &block, 0, 7);
  std::vector<unsigned char> bytes(100);
  trial.ExpectEqual("bytes in the file", pread(fd, bytes.data(), 100, 0), 100);
  trial.ExpectThat(memcmp(&bytes[40], text, 7) == 0, "the bytes at the offset");
  for (int i = 40; i < 47; ++i) bytes[static_cast<size_t>(i)] = PatternAt(i);
  ExpectPattern(trial, "the others", bytes, 0);
}

void WritesBeyondTheEnd(Trial& trial) {
  const int fd = trial.NewFile(1, O_RDWR);
  char text[] = "z";
  aiocb block = BlockFor(fd, text, 1, 9);
  trial.Write(&block);
  trial.ExpectResult("the write", &block, 0, 1);
  char bytes[16] = {};
  trial.ExpectEqual("bytes in the file", pread(fd, bytes, 16, 0), 10);
  trial.ExpectThat(memcmp(bytes + 1, "\0\0\0\0\0\0\0\0z", 9) == 0,
                   "what lies between reads as zeros, and the byte follows");
}

void ShortAtEnd(Trial& trial) {
  std::vector<unsigned char> bytes(64);
  aiocb block = BlockFor(trial.NewFile(100, O_RDONLY), bytes.data(), 64, 90);
  trial.Read(&block);
  trial.ExpectResult("a read of 64 bytes, 10 before the end", &block, 0, 10);
  bytes.resize(10);
  ExpectPattern(trial, "the buffer", bytes, 90);
}

void NothingBehindTheEnd(Trial& trial) {
  char bytes[16];
  const int fd = trial.NewFile(100, O_RDONLY);
  for (const off_t offset : {100, 5000}) {
    aiocb block = BlockFor(fd, bytes, sizeof(bytes), offset);
    trial.Read(&block);
    trial.ExpectResult(absl::StrCat("a read at ", offset, " of 100 bytes"),
                       &block, 0, 0);
  }
}

void NoBytes(Trial& trial) {
  const int fd = trial.NewFile(100, O_RDWR);
  char byte = 'x';
  aiocb read = BlockFor(fd, &byte, 0, 10);
  trial.Read(&read);
  trial.ExpectResult("a read of no bytes", &read, 0, 0);
  aiocb write = BlockFor(fd, &byte, 0, 1000);
  trial.Write(&write);
  trial.ExpectResult("a write of no bytes", &write, 0, 0);
  ExpectSize(trial, fd, 100);
}

void AppendIgnoresOffset(Trial& trial) {
  const int fd = trial.NewFile(10, O_RDWR | O_APPEND);
  char text[] = "end";
  aiocb block = BlockFor(fd, text, 3, 0);
  trial.Write(&block);
  trial.ExpectResult("the write", &block, 0, 3);
  char bytes[16] = {};
  trial.ExpectEqual("bytes in the file", pread(fd, bytes, 16, 0), 13);
  trial.ExpectThat(memcmp(bytes + 10, text, 3) == 0, "they are at the end");
}

void OpcodeIgnored(Trial& trial) {
  const int fd = trial.NewFile(8, O_RDWR);
  for (const int opcode : {int{LIO_READ}, int{LIO_WRITE}, int{LIO_NOP}, 99}) {
    unsigned char bytes[4] = {};
    aiocb read = BlockFor(fd, bytes, 4, 4);
    read.aio_lio_opcode = opcode;
    trial.Read(&read);
    trial.ExpectResult(absl::StrCat("aio_read with opcode ", opcode), &read, 0,
                       4);
    trial.ExpectEqual("the first byte read", bytes[0], PatternAt(4));
    char text[] = "w";
    aiocb write = BlockFor(fd, text, 1, 0);
    write.aio_lio_opcode = opcode;
    trial.Write(&write);
    trial.ExpectResult(absl::StrCat("aio_write with opcode ", opcode), &write,
                       0, 1);
  }
  char byte = 0;
  trial.ExpectEqual("the byte written (bytes)", pread(fd, &byte, 1, 0), 1);
  trial.ExpectEqual("the byte written", byte, 'w');
}

void PipeGivesWhatIsThere(Trial& trial) {
  int ends[2];
  trial.NewPipe(ends);
  trial.RequireThat(write(ends[1], "hello", 5) == 5,
                    "five bytes are in the pipe");
  char bytes[16] = {};
  aiocb block = BlockFor(ends[0], bytes, sizeof(bytes), 0);
  trial.Read(&block);
  trial.ExpectResult("a read of 16 bytes", &block, 0, 5);
  trial.ExpectThat(memcmp(bytes, "hello", 5) == 0,
                   "the bytes are those written");
}

void PipeIgnoresOffset(Trial& trial) {
  int ends[2];
  trial.NewPipe(ends);
  char text[] = "abc";
  aiocb write = BlockFor(ends[1], text, 3, 1000);
  trial.Write(&write);
  trial.ExpectResult("a write at offset 1000", &write, 0, 3);
  char bytes[3] = {};
  aiocb read = BlockFor(ends[0], bytes, 3, 77);
  trial.Read(&read);
  trial.ExpectResult("a read at offset 77", &read, 0, 3);
  trial.ExpectThat(memcmp(bytes, text, 3) == 0, "the bytes are those written");
}

void PipeEnd(Trial& trial) {
  int ends[2];
  trial.NewPipe(ends);
  close(ends[1]);
  char byte = 0;
  aiocb block = BlockFor(ends[0], &byte, 1, 0);
  trial.Read(&block);
  trial.ExpectResult("a read of a pipe without a writer", &block, 0, 0);
}

// SIGXFSZ is for the thread that writes; the check is about the result.
void StopsAtSizeLimit(Trial& trial) {
  constexpr rlim_t kLimit = 4096;
  const int fd = trial.NewFile(0, O_RDWR);
  signal(SIGXFSZ, SIG_IGN);
  rlimit limit = {};
  getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = kLimit;
  trial.RequireThat(setrlimit(RLIMIT_FSIZE, &limit) == 0,
                    "a limit of 4096 bytes");
  char bytes[100] = {};
  aiocb across = BlockFor(fd, bytes, sizeof(bytes), kLimit - 6);
  trial.Write(&across);
  trial.ExpectResult("a write of 100 bytes, 6 before the limit", &across, 0, 6);
  aiocb beyond = BlockFor(fd, bytes, sizeof(bytes), kLimit);
  if (const int error = trial.TryWrite(&beyond); error != 0) {
    trial.ExpectError("aio_write at the limit", error, EFBIG);
  } else {
    trial.ExpectResult("a write at the limit", &beyond, EFBIG, -1);
  }
  ExpectSize(trial, fd, kLimit);
}

void BadBuffer(Trial& trial) {
  const int fd = trial.NewFile(100, O_RDWR);
  char bytes[4];
  // The first page is mapped by nobody.
  aiocb bad = BlockFor(fd, reinterpret_cast<void*>(8), 16, 0);
  aiocb good = BlockFor(fd, bytes, sizeof(bytes), 0);
  trial.Read(&bad);
  trial.Read(&good);
  trial.ExpectResult("a read into no memory", &bad, EFAULT, -1);
  trial.ExpectResult("the read after it", &good, 0, 4);
}

void Directory(Trial& trial) {
  const int fd = open(trial.directory().c_str(), O_RDONLY | O_DIRECTORY);
  char bytes[16];
  aiocb block = BlockFor(fd, bytes, sizeof(bytes), 0);
  if (const int error = trial.TryRead(&block); error != 0) {
    trial.ExpectError("aio_read of a directory", error, EISDIR);
  } else {
    trial.ExpectResult("a read of a directory", &block, EISDIR, -1);
  }
}

constexpr absl::string_view kRead = "aio_read, DESCRIPTION";
constexpr absl::string_view kReadSize = "aio_return and read, DESCRIPTION";
constexpr absl::string_view kWrite = "aio_write, DESCRIPTION";
constexpr Standing kDemanded = Standing::kDemanded;

constexpr Check kChecks[] = {
    {"transfer.read-at-offset", "A8", kRead, kDemanded,
     "aio_read takes the bytes at aio_offset", ReadsAtOffset},
    {"transfer.large-read", "A8", kReadSize, kDemanded,
     "a large read on a file gets all that is there", ReadsMuch},
    {"transfer.read-within-buffer", "A8", kRead, kDemanded,
     "aio_read writes to the buffer alone", LeavesTheRestOfTheBuffer},
    {"transfer.write-at-offset", "A8", kWrite, kDemanded,
     "aio_write puts the bytes at aio_offset", WritesAtOffset},
    {"transfer.write-beyond-end", "A8", "aio_write and lseek, DESCRIPTION",
     kDemanded, "a write beyond the end leaves zeros between",
     WritesBeyondTheEnd},
    {"transfer.short-at-end", "A8", kReadSize, kDemanded,
     "a read across the end of the file gives what is before it", ShortAtEnd},
    {"transfer.zero-at-end", "A8", kReadSize, kDemanded,
     "a read at or behind the end of the file gives 0", NothingBehindTheEnd},
    {"transfer.no-bytes", "A8", "read and write, DESCRIPTION", kDemanded,
     "a transfer of no bytes on a file succeeds and changes nothing", NoBytes},
    {"transfer.append-ignores-offset", "A8", kWrite, kDemanded,
     "with O_APPEND a write goes to the end of the file", AppendIgnoresOffset},
    {"transfer.opcode-ignored", "A10", "aio_read and aio_write, DESCRIPTION",
     kDemanded, "aio_read and aio_write ignore aio_lio_opcode", OpcodeIgnored},
    {"transfer.pipe-short", "A8", kReadSize, kDemanded,
     "a read on a pipe gives what is there", PipeGivesWhatIsThere},
    {"transfer.pipe-ignores-offset", "A8", "", Standing::kPromised,
     "on a pipe aio_offset is ignored", PipeIgnoresOffset},
    {"transfer.pipe-end", "A8", kReadSize, kDemanded,
     "a read on a pipe that no one writes to gives 0", PipeEnd},
    {"transfer.size-limit", "A8", "write, DESCRIPTION and ERRORS", kDemanded,
     "a write stops at the limit on file sizes, and fails with EFBIG there",
     StopsAtSizeLimit},
    {"transfer.bad-buffer", "A8", "", Standing::kPromised,
     "a buffer outside of memory gives EFAULT, on that request alone",
     BadBuffer},
    {"transfer.directory", "A8", "", Standing::kPromised,
     "a read of a directory gives EISDIR", Directory},
};

}  // namespace

absl::Span<const Check> TransferChecks() { return kChecks; }

}  // namespace aioemul::tools::check
