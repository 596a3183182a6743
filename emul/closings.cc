#include "emul/closings.h"

#include "absl/base/attributes.h"

namespace aioemul {
namespace {

ABSL_CONST_INIT Closings process_closings;

}  // namespace

Closings& ProcessClosings() { return process_closings; }

ClosingWord::Value Closings::Await(const ClosingWord& word,
                                   Platform& platform) {
  ClosingWord::Value value = word.Load();
  if (!ClosingWord::IsClosing(value)) return value;
  // Ordered against Leave: it sees that somebody waits, or the word it has left
  // is seen here.
  waiting_.fetch_add(1, std::memory_order_seq_cst);
  for (;;) {
    const uint32_t departures = departures_.load(std::memory_order_acquire);
    value = word.Load();
    if (!ClosingWord::IsClosing(value)) break;
    platform.Wait(departures_, departures, kNever);
  }
  waiting_.fetch_sub(1, std::memory_order_relaxed);
  return value;
}

void Closings::Leave(ClosingWord& word, ClosingWord::Value entered,
                     Platform& platform) {
  if (!word.Leave(entered)) return;
  if (waiting_.load(std::memory_order_seq_cst) == 0) return;
  departures_.fetch_add(1, std::memory_order_release);
  platform.Wake(departures_);
}

void Closings::Abandon() {
  for (ClosingWord& word : of_unused_) word.Abandon();
  of_ranges_.Abandon();
  waiting_.store(0, std::memory_order_relaxed);
}

}  // namespace aioemul
