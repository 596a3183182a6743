// The state of a control block, kept in the block itself.
//
// One word tells everything: in its low bits a status as aio_error reports it,
// in the rest either the number of the request that serves the block and a
// count of its uses (while the status is EINPROGRESS), or a cookie made from
// the block's address, which tells a completed block from a zeroed one, from
// garbage and from a copy of another block.  A word of zeros is a block without
// a result.
//
//          Claim                  Publish                Retrieve
//   any ─────────▶ in progress ──────────▶ complete ───────────────▶ zero
//    └───────────────────────Refuse──────────▲  └─────Claim────▶ ...
//
// The order that makes it safe: Publish stores the result, then the word, and
// touches nothing after; so whoever sees a complete word sees the result, and
// may free the block.  Claim and Retrieve change the word by compare and swap,
// so of two threads that race one wins.
//
// "In progress" alone proves nothing (the block may be garbage, or a saved
// copy of itself): the request it names must name the block, see
// RequestTable::Serving.
//
// Thread safety: all functions may be called from any thread and from signal
// handlers; only the library's own calls change a block in progress.

#ifndef AIOEMUL_EMUL_CONTROL_BLOCK_H_
#define AIOEMUL_EMUL_CONTROL_BLOCK_H_

#include <aio.h>
#include <sys/types.h>

#include <cerrno>
#include <cstdint>

#include "emul/platform/control_block_room.h"

namespace aioemul::control_block {

using Word = uintptr_t;

inline constexpr int kStatusBits = 10;  // errno values are below 1024
inline constexpr Word kStatusMask = (Word{1} << kStatusBits) - 1;
static_assert(EINPROGRESS <= static_cast<int>(kStatusMask));

// Requests are numbered from 0 up to here.
inline constexpr int kRequestBits = 20;
inline constexpr Word kRequestMask = (Word{1} << kRequestBits) - 1;

// The high bits of a completed block's word: never zero.
inline Word Cookie(const aiocb* block) {
  constexpr Word kOdd = static_cast<Word>(0x9E3779B97F4A7C15);
  constexpr Word kNotZero = Word{1} << kStatusBits;
  const Word mixed = (reinterpret_cast<Word>(block) ^ kOdd) * kOdd;
  return (mixed & ~kStatusMask) | kNotZero;
}

// `use` differs from one submission to the next of the same request, so that a
// block that was completed and submitted again has another word.
inline Word InProgress(uint32_t request, uint32_t use = 0) {
  const Word rest = (Word{use} << kRequestBits) | (request & kRequestMask);
  return (rest << kStatusBits) | Word{EINPROGRESS};
}

inline Word Complete(const aiocb* block, int status) {
  return Cookie(block) | static_cast<Word>(status);
}

inline Word Load(const aiocb* block) {
  return reinterpret_cast<Word>(
      __atomic_load_n(room::WordOf(block), __ATOMIC_ACQUIRE));
}

inline bool IsInProgress(Word word) {
  return (word & kStatusMask) == Word{EINPROGRESS};
}

inline bool IsComplete(const aiocb* block, Word word) {
  return (word & ~kStatusMask) == Cookie(block) && !IsInProgress(word);
}

inline int StatusOf(Word word) { return static_cast<int>(word & kStatusMask); }

// The request named by a word that is in progress.
inline Word RequestOf(Word word) {
  return (word >> kStatusBits) & kRequestMask;
}

// Replaces `expected` by `desired`; false when the word was something else.
inline bool Exchange(aiocb* block, Word expected, Word desired) {
  auto old = reinterpret_cast<room::Word>(expected);
  return __atomic_compare_exchange_n(
      room::WordOf(block), &old, reinterpret_cast<room::Word>(desired),
      /*weak=*/false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

// Makes the outcome visible: the last touch of the block.  `result` is a count
// or a negative errno value; the room for a result is used by counts alone.
inline void Publish(aiocb* block, ssize_t result) {
  int status = result < 0 ? static_cast<int>(-result) : 0;
  // Some sockets answer so to what must be tried again; as a status it would
  // say that the request goes on.
  if (status == EINPROGRESS) status = EAGAIN;
  if (result >= 0) {
    __atomic_store_n(room::ResultOf(block), result, __ATOMIC_RELAXED);
  }
  __atomic_store_n(room::WordOf(block),
                   reinterpret_cast<room::Word>(Complete(block, status)),
                   __ATOMIC_RELEASE);
}

// Publish for a block whose word is `word` and not in progress; false, when
// another thread changed it first.
inline bool PublishAtOnce(aiocb* block, Word word, ssize_t count) {
  // A handler must not take this count for the result before.
  if (IsComplete(block, word)) {
    if (!Exchange(block, word, 0)) return false;
    word = 0;
  }
  __atomic_store_n(room::ResultOf(block), count, __ATOMIC_RELAXED);
  return Exchange(block, word, Complete(block, 0));
}

// Takes the result of a block whose word was seen to be the complete `word`.
// False when another thread took it first.
inline bool Retrieve(aiocb* block, Word word, ssize_t* result) {
  *result = StatusOf(word) != 0
                ? -1
                : __atomic_load_n(room::ResultOf(block), __ATOMIC_RELAXED);
  return Exchange(block, word, 0);
}

}  // namespace aioemul::control_block

#endif  // AIOEMUL_EMUL_CONTROL_BLOCK_H_
