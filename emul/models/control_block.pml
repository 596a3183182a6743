// The control block's word and the request that serves it: control_block.h,
// request.h (Serving, Find), and their use by Engine::Submit, Error and Return,
// DescriptorQueue::Accept and Retire.
//
// A user submits a block, asks until it is not in progress, and takes the
// result.  In these settings, each: two users do so at once, and one of them
// once more; two do so while a watcher asks; one does so three times while a
// watcher asks; one does so twice, or lets requests complete at once, while a
// handler that interrupts it anywhere takes a result.  At first the block is zeroed, or garbage that looks like a block
// in progress; in the end it is freed, and then an old copy of itself.
//
// Each answer of aio_error must be one that was right at some moment of the
// call.  One of two submissions is accepted, one of two calls of aio_return gets
// the result, and it is the one of this use of the block.  The status stays
// until the next use.  A freed block is not touched.
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
// MUTANT 6, asserts: aio_return stores its word, whatever was there.
// MUTANT 7, asserts: a refusal stores its status, whatever was there.
// MUTANT 8, asserts: a request takes the block after the word says so.
// MUTANT 9, asserts: a submission that lost keeps the block in its request.
// MUTANT 10, asserts: a completion at once leaves the result before to be taken.

#include "primitives.pml"

#define REQUESTS 2

// Values of the word.  A refusal is a completion with another status.
#define ZERO 0
#define COMPLETE 1
#define REFUSED 2
#define HAS_RESULT(word) ((word) == COMPLETE || (word) == REFUSED)
#define RETRIEVED(word) ((word) + 2)
#define FIRST_IN_PROGRESS 6
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
#define IS_DONE_TAKEN 16
#define IS_REFUSED_TAKEN 32

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

// Makes the word RETRIEVED if it is what was seen; `found` tells.
inline MarkRetrieved() {
  atomic {
    found = (word == seen || MUTANT == 6);
    if
    :: found ->
       assert(truth == (seen == COMPLETE -> IS_DONE : IS_REFUSED));
       word = RETRIEVED(seen);
       BecomesTrue((seen == COMPLETE -> IS_DONE_TAKEN : IS_REFUSED_TAKEN))
    :: else
    fi
  }
}

// control_block::PublishAtOnce.
inline CompleteAtOnce() {
#if MUTANT != 10
  if
  :: HAS_RESULT(seen) ->
     MarkRetrieved();
     if
     :: found -> seen = RETRIEVED(seen)
     :: else -> seen = word  // as if it had been loaded again
     fi
  :: else
  fi;
#endif
  result = completions + 1;
  atomic {
    assert(word == seen && truth != IS_BUSY);
    word = COMPLETE;
    completions++;
    BecomesTrue(IS_DONE)
  }
}

inline Submit() {
  atomic { returning == 0 -> submitting++ };
  Find();
  if
  :: !found -> Refuse()
  :: !found -> Accept()
  :: !found && at_once -> CompleteAtOnce()
  :: else
  fi;
  submitting--
}

// aio_return.
inline Take() {
  do
  :: Find();
     if
     :: found || !HAS_RESULT(seen) -> break
     :: else
     fi;
     if
     :: seen == COMPLETE -> answer = result
     :: else
     fi;
     atomic {
       if
       :: (word == seen || MUTANT == 6) && seen == COMPLETE ->
          assert(answer == completions)
       :: else
       fi;
       MarkRetrieved();
       if
       :: found -> break
       :: else
       fi
     }
  od
}

inline Return() {
  atomic { submitting == 0 -> returning++ };
  Take();
  returning--
}

proctype User(byte rounds; bool at_once) {
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
     if
     :: Return()
     :: at_once  // by the handler, or never
     fi
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
  assert(seen != REFUSED || (was_true & IS_REFUSED));
  assert(seen != RETRIEVED(COMPLETE) || (was_true & IS_DONE_TAKEN));
  assert(seen != RETRIEVED(REFUSED) || (was_true & IS_REFUSED_TAKEN))
}

// On the thread of the only user, so nothing of that goes on meanwhile.
proctype Handler() {
  byte seen;
  bool found;
  byte answer;
  atomic { Take() }
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
    :: unfinished = 2; run User(2, false); run User(1, false)
    :: unfinished = 2; run User(1, false); run User(1, false); run Watcher()
    :: unfinished = 1; run User(3, false); run Watcher()
    :: unfinished = 1; run User(2, true); run Handler(); run Watcher()
    fi
  };
  unfinished == 0;
  freed = true;
  !taken[0] && !taken[1];
  atomic {
    if
    :: word = IN_PROGRESS(0, 1)
    :: word = IN_PROGRESS(1, 1)
    fi;
    BecomesTrue(IS_NOTHING)
  };
  Find();
  assert(!found)
}
