// The table of requests.

#include "emul/slot_table.h"

#include <cstdint>

#include "benchmark/benchmark.h"
#include "emul/request.h"

namespace aioemul {
namespace {

RequestTable& SharedTable() {
  static auto& table = *new RequestTable(SystemPlatform());
  return table;
}

void SlotTableAcquireAndRelease(benchmark::State& state) {
  RequestTable& table = SharedTable();
  for (auto _ : state) table.Release(table.Acquire());
}
BENCHMARK(SlotTableAcquireAndRelease)->ThreadRange(1, 4)->UseRealTime();

void SlotTableAt(benchmark::State& state) {
  RequestTable& table = SharedTable();
  table.Reserve(RequestTable::kChunkSlots * 64);
  uint64_t slot = 0;
  for (auto _ : state) {
    slot = (slot + 4099) % (RequestTable::kChunkSlots * 64);
    benchmark::DoNotOptimize(table.At(slot));
  }
}
BENCHMARK(SlotTableAt);

}  // namespace
}  // namespace aioemul
