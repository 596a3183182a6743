// The state of a control block, kept in the block itself.
//
// One word tells everything: in its low bits a status as aio_error reports it,
// in the rest either the number of the request that serves the block and a
// count of its uses (while the status is EINPROGRESS), or a cookie, which tells
// a completed block from a zeroed one and from garbage, and a bit that says
// whether its result was retrieved.  A word of zeros is a block that was never
// submitted.
//
//          Claim                  Publish             Retrieve
//   any ─────────▶ in progress ──────────▶ complete ───────────▶ retrieved
//    └───────────────────────Refuse──────────▲  └─────Claim─────▶ ... ◀┘
//
// The cookie is the same for all blocks: a program may move a completed block
// and ask the copy (contract C2).  It tells nothing of the address, so the
// bytes of a completed block that the program puts into fresh memory are a
// completed block there.
//
// The order that makes it safe: Publish stores the result, then the word, and
// touches nothing after; so whoever sees a complete word sees the result, and
// may free or move the block.  Claim and Retrieve change the word by compare
// and swap, so of two threads that race one wins.
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

#include "emul/platform/annotations.h"
#include "emul/platform/control_block_room.h"

namespace aioemul::control_block {

using Word = uintptr_t;

inline constexpr int kStatusBits = 10;  // errno values are below 1024
inline constexpr Word kStatusMask = (Word{1} << kStatusBits) - 1;
static_assert(EINPROGRESS <= static_cast<int>(kStatusMask));

// Requests are numbered from 0 up to here.
inline constexpr int kRequestBits = 20;
inline constexpr Word kRequestMask = (Word{1} << kRequestBits) - 1;

// Of a completed block: set once its result was taken.
inline constexpr Word kRetrieved = Word{1} << kStatusBits;

// The bits above: no address that a program can have, no text, and no byte
// repeated.
inline constexpr Word kCookieMask = ~(kStatusMask | kRetrieved);
inline constexpr Word kCookie =
    static_cast<Word>(0x9E3779B9F3A5D800) & kCookieMask;

// `use` differs from one submission to the next of the same request, so that a
// block that was completed and submitted again has another word.
inline Word InProgress(uint32_t request, uint32_t use = 0) {
  const Word rest = (Word{use} << kRequestBits) | (request & kRequestMask);
  return (rest << kStatusBits) | Word{EINPROGRESS};
}

inline Word Complete(int status) { return kCookie | static_cast<Word>(status); }

inline Word Load(const aiocb* block) {
  return reinterpret_cast<Word>(
      __atomic_load_n(room::WordOf(block), __ATOMIC_ACQUIRE));
}

inline bool IsInProgress(Word word) {
  return (word & kStatusMask) == Word{EINPROGRESS};
}

// Whether there is a status, and perhaps a result.
inline bool IsComplete(Word word) {
  return (word & kCookieMask) == kCookie && !IsInProgress(word);
}

// Whether there is a result that nobody has taken.
inline bool HasResult(Word word) {
  return IsComplete(word) && (word & kRetrieved) == 0;
}

inline int StatusOf(Word word) { return static_cast<int>(word & kStatusMask); }

// The request named by a word that is in progress.
inline Word RequestOf(Word word) {
  return (word >> kStatusBits) & kRequestMask;
}

// Tools are told that what this thread has done comes before what the other
// side does with the request: for a submitter to say.  The word is atomic.
inline void TellOfHandOver(const aiocb* block) {
  annotations::Unwatched(room::WordOf(block), sizeof(Word));
  annotations::Release(block);
}

// Replaces `expected` by `desired`; false when the word was something else.
inline bool Exchange(aiocb* block, Word expected, Word desired) {
  auto old = reinterpret_cast<room::Word>(expected);
  return __atomic_compare_exchange_n(
      room::WordOf(block), &old, reinterpret_cast<room::Word>(desired),
      /*weak=*/false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

// The word of a block that completes with `result`, a count or a negative errno
// value.
inline Word CompleteWith(ssize_t result) {
  int status = result < 0 ? static_cast<int>(-result) : 0;
  // Some sockets answer so to what must be tried again; as a status it would
  // say that the request goes on.
  if (status == EINPROGRESS) status = EAGAIN;
  return Complete(status);
}

// The room for a result is used by counts alone.
inline void StoreResult(aiocb* block, ssize_t result) {
  if (result < 0) return;
  __atomic_store_n(room::ResultOf(block), result, __ATOMIC_RELAXED);
}

// Makes the outcome visible: the last touch of the block.
inline void Publish(aiocb* block, ssize_t result) {
  StoreResult(block, result);
  annotations::Release(block);
  __atomic_store_n(room::WordOf(block),
                   reinterpret_cast<room::Word>(CompleteWith(result)),
                   __ATOMIC_RELEASE);
}

// Publish for a block whose word is `word` and not in progress; false, when
// another thread changed it first.
inline bool PublishAtOnce(aiocb* block, Word word, ssize_t result) {
  // A handler must not take this result for the one before.
  if (HasResult(word)) {
    if (!Exchange(block, word, word | kRetrieved)) return false;
    word |= kRetrieved;
  }
  StoreResult(block, result);
  TellOfHandOver(block);
  return Exchange(block, word, CompleteWith(result));
}

// Takes the result of a block whose word was seen to be `word`, which has one.
// The status stays.  False when another thread took it first.
inline bool Retrieve(aiocb* block, Word word, ssize_t* result) {
  *result = StatusOf(word) != 0
                ? -1
                : __atomic_load_n(room::ResultOf(block), __ATOMIC_RELAXED);
  return Exchange(block, word, word | kRetrieved);
}

}  // namespace aioemul::control_block

#endif  // AIOEMUL_EMUL_CONTROL_BLOCK_H_
