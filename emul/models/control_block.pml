// The control block's word and the request that serves it: control_block.h,
// request.h (Serving, Find), and their use by Engine::Submit, Error and Return,
// DescriptorQueue::Accept and Retire.
//
// A user submits a block, asks until it is not in progress, and takes the
// result.  In these settings, each: two users do so at once, and one of them
// once more; two do so while a watcher asks; one does so three times while a
// watcher asks.  At first the block is zeroed, or garbage that looks like a block
// in progress; in the end it is freed, and then an old copy of itself.
//
// Each answer of aio_error must be one that was right at some moment of the
// call.  One of two submissions is accepted, one of two calls of aio_return gets
// the result, and it is the one of this use of the block.  A freed block is not
// touched.
//
// As a program must, nobody submits the block while another is in aio_return of
// it.  (With the same status a completed word looks as it did a use before, and
// so the result of that use could be returned.)
//
// MUTANT 1, asserts: the word is published before the result.
// MUTANT 2, asserts: the request lets go of the block before the word is there.
// MUTANT 3, asserts: Find does not look at the word again.
// MUTANT 4, asserts: the word does not count the uses of a request.
// MUTANT 5, asserts: a submission stores its word, whatever was there.
// MUTANT 6, asserts: aio_return stores zero, whatever was there.
// MUTANT 7, asserts: a refusal stores its status, whatever was there.
// MUTANT 8, asserts: a request takes the block after the word says so.
// MUTANT 9, asserts: a submission that lost keeps the block in its request.

#include "primitives.pml"

#define REQUESTS 2

// Values of the word.  A refusal is a completion with another status.
#define ZERO 0
#define COMPLETE 1
#define REFUSED 2
#define FIRST_IN_PROGRESS 4
#if MUTANT == 4
#define IN_PROGRESS(request, use) (FIRST_IN_PROGRESS + (request))
#else
#define IN_PROGRESS(request, use) (FIRST_IN_PROGRESS + (request) + 2 * (use))
#endif
#define IS_IN_PROGRESS(word) ((word) >= FIRST_IN_PROGRESS)
#define REQUEST_OF(word) ((word) & 1)

// What the block is in truth, as bits; the words of garbage are nothing.
#define IS_NOTHING 1
#define IS_BUSY 2
#define IS_DONE 4
#define IS_REFUSED 8

// The block.
byte word;
byte result;

// The requests.
bool serves[REQUESTS];  // control_block is this block; else null or another
bool taken[REQUESTS];   // from the table
bool accepted[REQUESTS];
byte uses[REQUESTS];

// What is true, and what was in the course of the watcher's call.
byte truth = IS_NOTHING;
byte was_true;
byte completions;
bool freed;

byte submitting;  // calls under way
byte returning;
byte unfinished;  // users

// Part of the step that makes it so.
inline BecomesTrue(what) {
  truth = what;
  was_true = was_true | what
}

// RequestTable::Find; `seen` is the word, `found` whether a request serves it.
inline Find() {
  do
  :: seen = word;
     found = false;
     if
     :: !IS_IN_PROGRESS(seen) -> break
     :: else -> found = serves[REQUEST_OF(seen)]
     fi;
     if
     :: found || MUTANT == 3 || word == seen -> break
     :: else
     fi
  od
}

inline Refuse() {
  atomic {
    if
    :: word == seen || MUTANT == 7 ->
       assert(truth != IS_BUSY);
       word = REFUSED;
       BecomesTrue(IS_REFUSED)
    :: else
    fi
  }
}

// DescriptorQueue::Accept with a request from the table.
inline Accept() {
  if
  :: atomic { !taken[0] -> taken[0] = true; request = 0 }
  :: atomic { taken[0] && !taken[1] -> taken[1] = true; request = 1 }
  fi;
  uses[request]++;
#if MUTANT != 8
  // From here on garbage that names the request may read as in progress.
  atomic { serves[request] = true; was_true = was_true | IS_BUSY };
#endif
  atomic {
    if
    :: word == seen || MUTANT == 5 ->
       assert(truth != IS_BUSY);
       word = IN_PROGRESS(request, uses[request]);
       BecomesTrue(IS_BUSY);
       found = true
    :: else
    fi
  };
#if MUTANT == 8
  serves[request] = found;
#endif
  if
  :: found -> accepted[request] = true
  :: else ->
#if MUTANT != 9
     serves[request] = false;
#endif
     taken[request] = false
  fi
}

inline Submit() {
  atomic { returning == 0 -> submitting++ };
  Find();
  if
  :: !found -> Refuse()
  :: !found -> Accept()
  :: else
  fi;
  submitting--
}

inline Return() {
  atomic { submitting == 0 -> returning++ };
  do
  :: Find();
     if
     :: found || IS_IN_PROGRESS(seen) || seen == ZERO -> break
     :: else
     fi;
     if
     :: seen == COMPLETE -> answer = result
     :: else
     fi;
     atomic {
       if
       :: word == seen || MUTANT == 6 ->
          assert(truth == (seen == COMPLETE -> IS_DONE : IS_REFUSED));
          assert(seen != COMPLETE || answer == completions);
          word = ZERO;
          BecomesTrue(IS_NOTHING);
          break
       :: else
       fi
     }
  od;
  returning--
}

proctype User(byte rounds) {
  byte seen;
  bool found;
  byte request;
  byte answer;
  do
  :: rounds > 0 ->
     rounds--;
     Submit();
     // The outcome of asking again and again.
     !IS_IN_PROGRESS(word);
     Return()
  :: else -> break
  od;
  unfinished--
}

proctype Watcher() {
  byte seen;
  bool found;
  was_true = truth | (submitting > 0 -> IS_BUSY : 0);
  Find();
  assert(!found || (was_true & IS_BUSY));
  assert(found || !IS_IN_PROGRESS(seen) || (was_true & IS_NOTHING));
  assert(seen != ZERO || (was_true & IS_NOTHING));
  assert(seen != COMPLETE || (was_true & IS_DONE));
  assert(seen != REFUSED || (was_true & IS_REFUSED))
}

// A worker for each request: DescriptorQueue::Retire.
proctype Worker(byte self) {
end:
  do
  :: accepted[self] ->
     accepted[self] = false;
#if MUTANT == 2
     serves[self] = false;
#endif
#if MUTANT != 1
     assert(!freed);
     result = completions + 1;
#endif
     assert(!freed);
     atomic { word = COMPLETE; completions++; BecomesTrue(IS_DONE) };
#if MUTANT == 1
     assert(!freed);
     result = completions;
#endif
     serves[self] = false;
     taken[self] = false
  od
}

init {
  byte seen;
  bool found;
  atomic {
    run Worker(0);
    run Worker(1);
    // Garbage, or a copy of a block in progress, names a use that is over.
    if
    :: word = ZERO
    :: word = IN_PROGRESS(0, 0)
    fi;
    if
    :: unfinished = 2; run User(2); run User(1)
    :: unfinished = 2; run User(1); run User(1); run Watcher()
    :: unfinished = 1; run User(3); run Watcher()
    fi
  };
  unfinished == 0;
  freed = true;
  !taken[0] && !taken[1];
  if
  :: word = IN_PROGRESS(0, 1)
  :: word = IN_PROGRESS(1, 1)
  fi;
  Find();
  assert(!found)
}
