// Closing a descriptor number that requests are outstanding on: closings.h,
// closing.h, DescriptorQueue (AwaitTenure, Accept, the drain), Engine::Attempt
// and Evacuate.
//
// The number stands for file A.  Of these settings, each: one thread submits
// while another closes the number, and a third opens file B as soon as the
// number is free, and submits on it; one submits while two close, the second
// perhaps after the first, so that it closes what is not its own; the same, and
// file B; two submit while one closes.  Who closes does so by the number or in a
// range, or puts file C in its place.  There is a queue for the number from the
// beginning, or it is made by the first who submits.
//
// No request is accepted, cancelled or carried out on another file than it was
// validated on, but that it may hold its file and go on; the one who opened file B
// is not told that nothing is open unless somebody closed that too; nobody waits
// for ever.
//
// MUTANT 1, asserts: a submitter is a holder after it has looked again.
// MUTANT 2, asserts: a submitter does not look again.
// MUTANT 3, asserts: a closer looks for holders before it enters.
// MUTANT 4, asserts: a closer does not wait for what runs.
// MUTANT 5, hangs: a closer that leaves wakes nobody.
// MUTANT 6, asserts: a submitter does not wait for the closers of its number.
// MUTANT 7, asserts: the word tells how many are inside, not how many entered.
// MUTANT 8, hangs: a submitter that finds a change wakes nobody.
// MUTANT 9, asserts: a request gives up the number before it holds its file.
// MUTANT 10, hangs: a closer looks for sleepers before it leaves.
// MUTANT 11, hangs: the last request that ran wakes nobody.
// MUTANT 12, asserts: a closer leaves before it closes.
// MUTANT 13, asserts: a submitter reads the word after it has looked at the file.
// MUTANT 14, asserts: a closer that found no queue does not look once more.
// MUTANT 15, asserts: a new queue does not wait for those who did not see it.
// MUTANT 16, asserts: a submitter looks again at its own word, not at that of ranges.
// MUTANT 17, asserts: a submitter does not wait for the closers of ranges.
// MUTANT 18, hangs: a sleeper reads the departures after the word.

#include "primitives.pml"

#define NOTHING 0
#define FILE_A 1
#define FILE_B 2
#define FILE_C 3

#define REQUESTS 2

// The words of closings.h, by who enters them.
#define OWN 0
#define UNUSED 1
#define RANGES 2
#define IS_CLOSING(value) ((value) & 3)
#if MUTANT == 7
#define ENTERED 1
#else
#define ENTERED 5  // one closer, and one that ever entered
#endif
byte words[3];
byte waiting;
byte departures;
byte asleep_on_departures;

// The system.
byte file = FILE_A;  // what the number stands for
bool b_was_closed;

// The queue.
bool made;
bool settled;
bool mutex;
byte holders;
byte drainers;
byte asleep_on_holders;

mtype = { kFree, kRefused, kQueued, kRunning, kComplete };
mtype state[REQUESTS] = kFree;
byte validated[REQUESTS];

// DropHolder, with the mutex held.
inline DropHolder() {
  holders--;
  if
  :: holders == 0 && drainers > 0 && MUTANT != 11 -> FutexWake(asleep_on_holders)
  :: else
  fi
}

// Closings::Await; `seen` is the word's value.
inline Await(word) {
  seen = words[word];
  if
  :: IS_CLOSING(seen) ->
     waiting++;
     do
#if MUTANT == 18
     :: seen = words[word];
        departed = departures;
#else
     :: departed = departures;
        seen = words[word];
#endif
        if
        :: IS_CLOSING(seen) -> FutexWait(departures, departed, asleep_on_departures)
        :: else -> break
        fi
     od;
     waiting--
  :: else
  fi
}

inline AwaitTenure() {
#if MUTANT != 15
  if
  :: !settled -> Await(UNUSED); settled = true
  :: else
  fi;
#endif
#if MUTANT == 17
  seen = words[RANGES];
#else
  Await(RANGES);
#endif
  range_closings = seen;
#if MUTANT == 6
  seen = words[OWN];
#else
  Await(OWN);
#endif
  closings = seen
}

inline Undo() {
#if MUTANT == 1
  skip
#elif MUTANT == 8
  holders--
#else
  DropHolder()
#endif
}

// DescriptorQueue::Accept; not `accepted` when the number may have been closed.
inline Accept(request) {
#if MUTANT == 1
  Lock(mutex);
#else
  atomic { Lock(mutex); holders++ };
#endif
  accepted = words[OWN] == closings || MUTANT == 2;
  accepted = accepted &&
      (words[RANGES] == range_closings || MUTANT == 2 || MUTANT == 16);
#if MUTANT == 1
  holders = holders + accepted;
#endif
  if
  :: accepted -> atomic { state[request] = kQueued; Unlock(mutex) }
  :: else -> Undo(); Unlock(mutex)
  fi
}

inline Validate(request) { validated[request] = file }

// Engine::Attempt.
inline Submit(request) {
  do
  :: if
     :: !made ->
        Validate(request);
        if
        :: validated[request] == NOTHING -> state[request] = kRefused; break
        :: else
        fi;
        made = true
     :: else
     fi;
#if MUTANT == 13
     Validate(request);
     AwaitTenure();
#else
     AwaitTenure();
     Validate(request);
#endif
     if
     :: validated[request] == NOTHING -> state[request] = kRefused; break
     :: else
     fi;
     Accept(request);
     if
     :: accepted -> break
     :: else
     fi
  od
}

inline Enter(word) { words[word] = words[word] + ENTERED }

// Closings::Leave.
inline Leave(word) {
#if MUTANT == 10
  somebody_waits = waiting > 0;
  words[word] = words[word] - 1;
#else
  words[word] = words[word] - 1;
  somebody_waits = waiting > 0;
#endif
  if
  :: somebody_waits && MUTANT != 5 ->
     departures++;
     FutexWake(asleep_on_departures)
  :: else
  fi
}

inline Withdraw(request) {
  if
  :: state[request] == kQueued ->
     assert(validated[request] == file);
     state[request] = kComplete;
     DropHolder()
  :: else
  fi
}

inline Drain() {
  atomic { Lock(mutex); drainers++ };
  Withdraw(0);
  Withdraw(1);
  Unlock(mutex);
  do
  :: held = holders;
     if
     :: held == 0 || MUTANT == 4 -> break
     :: else -> FutexWait(holders, held, asleep_on_holders)
     fi
  od;
  atomic {
    Lock(mutex);
    drainers--;
    Unlock(mutex)
  }
}

inline Close() {
  atomic {
    b_was_closed = b_was_closed || file == FILE_B;
    file = replacement
  }
}

// DescriptorClosing::Begin, the closing, and End.
proctype Closer(byte replacement; bool ranges_too) {
  byte word;
  byte held;
  bool somebody_waits;
  if
  :: ranges_too -> word = RANGES
  :: made -> word = OWN
  :: !made ->
     Enter(UNUSED);
     if
     :: made && MUTANT != 14 -> Leave(UNUSED); word = OWN
     :: else -> word = UNUSED
     fi
  fi;
  if
  :: word == UNUSED
  :: else ->
#if MUTANT == 3
     held = holders;
     Enter(word);
#else
     Enter(word);
     held = holders;
#endif
     if
     :: held > 0 -> Drain()
     :: else
     fi
  fi;
#if MUTANT == 12
  Leave(word);
  Close()
#else
  Close();
  Leave(word)
#endif
}

proctype Submitter(byte self) {
  byte seen;
  byte departed;
  byte closings;
  byte range_closings;
  bool accepted;
  Submit(self);
  state[self] == kRefused || state[self] == kComplete
}

proctype Opener() {
  byte seen;
  byte departed;
  byte closings;
  byte range_closings;
  bool accepted;
  atomic { file == NOTHING -> file = FILE_B };
  Submit(1);
  assert(state[1] != kRefused || b_was_closed);
  state[1] == kRefused || state[1] == kComplete
}

proctype Worker(byte self) {
  bool holds_file;
  state[self] != kFree;
  Lock(mutex);
  if
  :: state[self] == kQueued ->
     state[self] = kRunning;
     if
     :: holds_file = false
     :: holds_file = true;
#if MUTANT == 9
        DropHolder();
        assert(validated[self] == file)
#else
        assert(validated[self] == file);
        DropHolder()
#endif
     fi;
     Unlock(mutex);
     assert(holds_file || validated[self] == file);
     Lock(mutex);
     state[self] = kComplete;
     if
     :: holds_file
     :: else -> DropHolder()
     fi;
     Unlock(mutex)
  :: else -> Unlock(mutex)
  fi
}

init {
  atomic {
    if
    :: true
    :: made = true; settled = true
    fi;
    if
    :: run Submitter(0);
       run Worker(0);
       run Opener();
       run Worker(1);
       run Closer(NOTHING, true)
    :: run Submitter(0);
       run Worker(0);
       run Closer(NOTHING, false);
       run Closer(FILE_C, true)
    :: run Opener();
       run Worker(1);
       run Closer(NOTHING, true);
       run Closer(NOTHING, false)
    :: made ->
       run Submitter(0);
       run Worker(0);
       run Submitter(1);
       run Worker(1);
       run Closer(FILE_C, false)
    fi
  }
}
