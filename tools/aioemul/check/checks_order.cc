// B: what runs in parallel, and what one after the other.

#include <aio.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/areas.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/gated_write.h"
#include "tools/aioemul/check/page_gate.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

enum class Priorities { kEqual, kMixed };

// Of requests in call order, so that a queue by priority reverses most of them.
int DeltaOf(size_t i, Priorities priorities) {
  if (priorities == Priorities::kEqual) return 0;
  const long most = std::max(0L, sysconf(_SC_AIO_PRIO_DELTA_MAX));
  return static_cast<int>(std::max(0L, most - static_cast<long>(i)));
}

constexpr absl::string_view kLetters = "abcdefghijklmnop";

// A request for each letter, on its own byte of `text`.
std::vector<aiocb> LetterBlocks(int fd, std::string* text,
                                Priorities priorities) {
  std::vector<aiocb> blocks;
  for (size_t i = 0; i < text->size(); ++i) {
    blocks.push_back(BlockFor(fd, &(*text)[i], 1, 0));
    blocks.back().aio_reqprio = DeltaOf(i, priorities);
  }
  return blocks;
}

void ExpectOrder(Trial& trial, absl::string_view what, absl::string_view got) {
  trial.Expect(got == kLetters,
               absl::StrCat(what, ": ", got, "; in call order: ", kLetters));
}

// The first append holds up the file until the others are queued.
void ExpectAppendsInOrder(Trial& trial, Priorities priorities) {
  const int fd = trial.NewFile(0, O_RDWR | O_APPEND);
  GatedWrite first(trial, fd, 0);
  std::string text(kLetters);
  std::vector<aiocb> blocks = LetterBlocks(fd, &text, priorities);
  for (aiocb& block : blocks) trial.Write(&block);
  first.ExpectWritten('1');
  for (aiocb& block : blocks) trial.ExpectResult("an append", &block, 0, 1);
  std::string got(text.size(), '.');
  const ssize_t count =
      pread(fd, got.data(), got.size(), static_cast<off_t>(first.size()));
  trial.ExpectEqual("bytes behind those of the first append", count,
                    static_cast<ssize_t>(got.size()));
  ExpectOrder(trial, "what was appended", got);
}

void AppendsInOrder(Trial& trial) {
  ExpectAppendsInOrder(trial, Priorities::kEqual);
}

void MixedAppendsInOrder(Trial& trial) {
  ExpectAppendsInOrder(trial, Priorities::kMixed);
}

std::string ReadBytes(Trial& trial, int fd, size_t size) {
  std::string bytes(size, '\0');
  for (size_t have = 0; have < size;) {
    const ssize_t count = read(fd, &bytes[have], size - have);
    trial.RequireThat(count > 0, "what was written can be read");
    have += static_cast<size_t>(count);
  }
  return bytes;
}

// The pipe is full until all the writes are queued.
void ExpectPipeWritesInOrder(Trial& trial, Priorities priorities) {
  int ends[2];
  trial.NewPipe(ends);
  const size_t filling = FillUp(ends[1]);
  std::string text(kLetters);
  std::vector<aiocb> blocks = LetterBlocks(ends[1], &text, priorities);
  for (aiocb& block : blocks) trial.Write(&block);
  ReadBytes(trial, ends[0], filling);
  ExpectOrder(trial, "what comes out of the pipe",
              ReadBytes(trial, ends[0], text.size()));
  for (aiocb& block : blocks) trial.ExpectResult("a write", &block, 0, 1);
}

void PipeWritesInOrder(Trial& trial) {
  ExpectPipeWritesInOrder(trial, Priorities::kEqual);
}

void MixedPipeWritesInOrder(Trial& trial) {
  ExpectPipeWritesInOrder(trial, Priorities::kMixed);
}

// Nothing is in the pipe until all the reads are queued.
void ExpectPipeReadsInOrder(Trial& trial, Priorities priorities) {
  int ends[2];
  trial.NewPipe(ends);
  std::string text(kLetters.size(), '.');
  std::vector<aiocb> blocks = LetterBlocks(ends[0], &text, priorities);
  for (aiocb& block : blocks) trial.Read(&block);
  for (const char letter : kLetters) {
    trial.RequireThat(write(ends[1], &letter, 1) == 1, "a letter is written");
  }
  for (aiocb& block : blocks) trial.ExpectResult("a read", &block, 0, 1);
  ExpectOrder(trial, "what the reads got, in call order of the reads", text);
}

void PipeReadsInOrder(Trial& trial) {
  ExpectPipeReadsInOrder(trial, Priorities::kEqual);
}

void MixedPipeReadsInOrder(Trial& trial) {
  ExpectPipeReadsInOrder(trial, Priorities::kMixed);
}

// Each is more than a pipe holds, so both go in piece by piece.
void LongWritesWhole(Trial& trial) {
  constexpr size_t kSize = 300'000;
  int ends[2];
  trial.NewPipe(ends);
  std::string texts[] = {std::string(kSize, 'a'), std::string(kSize, 'b')};
  aiocb blocks[2];
  for (int i = 0; i < 2; ++i) {
    blocks[i] = BlockFor(ends[1], texts[i].data(), kSize, 0);
    trial.Write(&blocks[i]);
  }
  const std::string got = ReadBytes(trial, ends[0], 2 * kSize);
  trial.Expect(got == texts[0] + texts[1],
               absl::StrCat("the bytes of two long writes come out ",
                            std::is_sorted(got.begin(), got.end())
                                ? "one after the other"
                                : "mixed"));
  for (aiocb& block : blocks) {
    trial.ExpectResult("a long write", &block, 0, kSize);
  }
}

// A read of what the system has in memory may be made by the caller: each call
// is made from a thread of its own, and where there is O_DIRECT nothing is in
// memory.  A backend with one request of a descriptor at a time hangs here.
void ReadsInParallel(Trial& trial) {
  const int fd = trial.NewFile(1 << 16, O_RDONLY);
  // Where it is not to be had the reads are plain ones.
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_DIRECT);
  PageGate gates[] = {PageGate(trial), PageGate(trial)};
  aiocb blocks[2];
  std::vector<std::thread> callers;
  for (int i = 0; i < 2; ++i) {
    blocks[i] = BlockFor(fd, gates[i].buffer(), gates[i].size(), 0);
    callers.emplace_back([&trial, &blocks, i] { trial.Read(&blocks[i]); });
    gates[i].AwaitArrival();
    trial.Expect(true, i == 0 ? "the first read has begun, and cannot end; "
                                "what follows waits until the second has, too"
                              : "the second read has begun");
  }
  for (PageGate& gate : gates) gate.Open(0);
  for (std::thread& caller : callers) caller.join();
  for (int i = 0; i < 2; ++i) {
    trial.ExpectResult("a read", &blocks[i], 0,
                       static_cast<ssize_t>(gates[i].size()));
  }
}

constexpr absl::string_view kAppends =
    "aio_write, DESCRIPTION; 2.8.2 allows exceptions that the implementation "
    "defines";

constexpr Check kChecks[] = {
    {"order.parallel-reads", "B3", "", Standing::kPromised,
     "two reads at offsets of one descriptor are under way at the same time",
     ReadsInParallel},
    {"order.appends", "B4", kAppends, Standing::kChosen,
     "writes with O_APPEND take effect in call order", AppendsInOrder},
    {"order.appends-of-mixed-priority", "B4", kAppends, Standing::kChosen,
     "writes with O_APPEND take effect in call order whatever their priority",
     MixedAppendsInOrder},
    {"order.pipe-writes", "B4", kAppends, Standing::kChosen,
     "writes on a pipe take effect in call order", PipeWritesInOrder},
    {"order.pipe-writes-of-mixed-priority", "B4", kAppends, Standing::kChosen,
     "writes on a pipe take effect in call order whatever their priority",
     MixedPipeWritesInOrder},
    {"order.pipe-writes-whole", "B4", "", Standing::kPromised,
     "the bytes of two long writes on a pipe do not mix", LongWritesWhole},
    {"order.pipe-reads", "B4", "", Standing::kPromised,
     "reads on a pipe get the bytes in call order", PipeReadsInOrder},
    {"order.pipe-reads-of-mixed-priority", "B4", "", Standing::kPromised,
     "reads on a pipe get the bytes in call order whatever their priority",
     MixedPipeReadsInOrder},
};

}  // namespace

absl::Span<const Check> OrderChecks() { return kChecks; }

}  // namespace aioemul::tools::check
