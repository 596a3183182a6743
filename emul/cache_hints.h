// Whether it is worth trying to read a file from the cache, or to write it
// there: what the latest tries on each descriptor number came to, and whether
// the number stood for a file when that was asked last.
//
// A try in vain costs two system calls.  After a second miss in a row some
// submissions are let pass without a try, and after each further miss twice as
// many, up to a limit; a hit clears that.  What refuses such transfers
// altogether is asked again only after many submissions, since the number may
// stand for another file by then.
//
// Thread and signal safety: all functions may be called from any thread and
// from signal handlers.  These are hints: numbers that are the same modulo the
// size share one, and of two changes at the same time one may be lost.  That a
// number stands for a file is forgotten when it is seen to be closed; a program
// can close it unseen, so what would do harm elsewhere asks again.

#ifndef AIOEMUL_EMUL_CACHE_HINTS_H_
#define AIOEMUL_EMUL_CACHE_HINTS_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace aioemul {

class CacheHints {
 public:
  constexpr CacheHints() = default;
  CacheHints(const CacheHints&) = delete;
  CacheHints& operator=(const CacheHints&) = delete;

  // To be asked once before each try.
  bool IsWorthTrying(int fd) {
    std::atomic<uint16_t>& hint = HintOf(fd);
    const uint16_t value = hint.load(std::memory_order_relaxed);
    if ((value & kPassMask) == 0) return true;
    hint.store(value - 1, std::memory_order_relaxed);
    return false;
  }

  void Hit(int fd) {
    std::atomic<uint16_t>& hint = HintOf(fd);
    if (hint.load(std::memory_order_relaxed) != 0) Set(&hint, 0, 0);
  }
  void Miss(int fd) {
    std::atomic<uint16_t>& hint = HintOf(fd);
    const int pause = hint.load(std::memory_order_relaxed) >> kPassBits;
    Set(&hint, pause, pause == 0 ? 1 : std::min(2 * pause, kLongestPause));
  }
  void Refused(int fd) { Set(&HintOf(fd), kPassMask, 0); }

  bool IsFile(int fd) const {
    return files_[IndexOf(fd)].load(std::memory_order_relaxed) == fd + 1;
  }
  void SetFile(int fd) {
    files_[IndexOf(fd)].store(fd + 1, std::memory_order_relaxed);
  }
  void ForgetFiles(int first, int last) {
    const int64_t count = int64_t{last} - first + 1;
    for (int64_t i = 0; i < std::min<int64_t>(count, kHints); ++i) {
      std::atomic<int>& file = files_[IndexOf(static_cast<int>(first + i))];
      if (file.load(std::memory_order_relaxed) != 0) {
        file.store(0, std::memory_order_relaxed);
      }
    }
  }

 private:
  // In the low bits how many submissions to let pass, above these how many
  // after the next miss.
  static constexpr int kPassBits = 8;
  static constexpr int kPassMask = (1 << kPassBits) - 1;
  static constexpr int kLongestPause = 32;
  static constexpr size_t kHints = 1024;

  static size_t IndexOf(int fd) { return static_cast<size_t>(fd) % kHints; }
  std::atomic<uint16_t>& HintOf(int fd) { return hints_[IndexOf(fd)]; }
  static void Set(std::atomic<uint16_t>* hint, int pass, int pause) {
    hint->store(static_cast<uint16_t>(pause << kPassBits | pass),
                std::memory_order_relaxed);
  }

  std::array<std::atomic<uint16_t>, kHints> hints_ = {};
  std::array<std::atomic<int>, kHints> files_ =
      {};  // a number plus one; 0: none
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_CACHE_HINTS_H_
