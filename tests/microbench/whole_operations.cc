// Whole operations through the C interface, on files in the page cache, with
// workers.

#include <aio.h>
#include <fcntl.h>
#include <signal.h>

#include <cstdint>
#include <vector>

#include "aio/aio.h"
#include "benchmark/benchmark.h"
#include "tests/microbench/batch.h"
#include "tests/microbench/test_file.h"

namespace aioemul {
namespace {

aiocb BlockFor(int fd, char* buffer) {
  aiocb block = {};
  block.aio_fildes = fd;
  block.aio_buf = buffer;
  block.aio_nbytes = TestFile::kBlock;
  block.aio_sigevent.sigev_notify = SIGEV_NONE;
  block.aio_lio_opcode = LIO_READ;
  return block;
}

void Await(const aiocb* block) {
  while (aioemul_error(block) == EINPROGRESS) {
    aioemul_suspend(&block, 1, nullptr);
  }
}

void OperationRead(benchmark::State& state) {
  const TestFile file;
  char buffer[TestFile::kBlock];
  aiocb block = BlockFor(file.fd(), buffer);
  for (auto _ : state) {
    aioemul_read(&block);
    Await(&block);
    benchmark::DoNotOptimize(aioemul_return(&block));
  }
}
BENCHMARK(OperationRead)->UseRealTime();

// For the difference.
void OperationPread(benchmark::State& state) {
  const TestFile file;
  char buffer[TestFile::kBlock];
  for (auto _ : state) {
    benchmark::DoNotOptimize(pread(file.fd(), buffer, sizeof(buffer), 0));
  }
}
BENCHMARK(OperationPread)->UseRealTime();

// So many at once, then each is waited for.
void OperationReadMany(benchmark::State& state) {
  const TestFile file;
  char buffer[TestFile::kBlock];
  std::vector<aiocb> blocks(static_cast<size_t>(state.range(0)),
                            BlockFor(file.fd(), buffer));
  for (auto _ : state) {
    for (aiocb& block : blocks) aioemul_read(&block);
    for (aiocb& block : blocks) Await(&block);
  }
  ReportEach(state, state.range(0));
}
BENCHMARK(OperationReadMany)->RangeMultiplier(4)->Range(1, 1024)->UseRealTime();

void OperationList(benchmark::State& state) {
  const TestFile file;
  char buffer[TestFile::kBlock];
  std::vector<aiocb> blocks(static_cast<size_t>(state.range(0)),
                            BlockFor(file.fd(), buffer));
  std::vector<aiocb*> list;
  list.reserve(blocks.size());
  for (aiocb& block : blocks) list.push_back(&block);
  for (auto _ : state) {
    aioemul_listio(LIO_WAIT, list.data(), static_cast<int>(list.size()),
                   nullptr);
  }
  ReportEach(state, state.range(0));
}
BENCHMARK(OperationList)->RangeMultiplier(4)->Range(1, 1024)->UseRealTime();

// A read that is waited for among so many that wait for a silent pipe.
void OperationSuspendAmong(benchmark::State& state) {
  const TestFile file;
  const SilentPipe silent;
  char buffer[TestFile::kBlock];
  std::vector<aiocb> blocks(static_cast<size_t>(state.range(0)),
                            BlockFor(silent.fd(), buffer));
  blocks.back() = BlockFor(file.fd(), buffer);
  std::vector<const aiocb*> list;
  list.reserve(blocks.size());
  for (aiocb& block : blocks) list.push_back(&block);
  for (size_t i = 0; i + 1 < blocks.size(); ++i) aioemul_read(&blocks[i]);
  for (auto _ : state) {
    aioemul_read(&blocks.back());
    while (aioemul_error(&blocks.back()) == EINPROGRESS) {
      aioemul_suspend(list.data(), static_cast<int>(list.size()), nullptr);
    }
  }
  aioemul_cancel(silent.fd(), nullptr);
}
BENCHMARK(OperationSuspendAmong)
    ->RangeMultiplier(4)
    ->Range(1, 1024)
    ->UseRealTime();

}  // namespace
}  // namespace aioemul
