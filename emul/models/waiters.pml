// Waiting for completions: waiters.h and waiters.cc, and AnyComplete.
//
// Two or three threads wait, in each of these settings: all for block 0; or one
// for block 0 or 1; or one for block 2, which is submitted when block 0 is
// complete, and served by the same request.  One of those who wait for block 0
// may give up when it likes, or be ended by a handler as it begins or ends its
// sleep.  There is one cell for an owner, so that it goes
// from hand to hand, and who does not get it shares the other.  Who waits in
// vain is a hang.  In the end nobody stays counted among the sleepers, but one
// whom a handler has ended.
//
// That Find answers what was true at one moment is shown by control_block.pml;
// here it is one step.
//
// MUTANT 1, hangs: a completion takes the mask before the result is visible.
// MUTANT 2, hangs: a waiter looks for results before it sets its bit.
// MUTANT 3, hangs: a waiter reads the sequence after it has looked.
// MUTANT 4, hangs: the sequence changes after the wake-up.
// MUTANT 5, hangs: one of those who share a cell is woken.
// MUTANT 6, hangs: who shares a cell takes its bit back.
// MUTANT 7, hangs: a cell is free before its bits are taken back.
// MUTANT 8, hangs: a waiter sets its bit by a load and a store.
// MUTANT 9, hangs: a free cell is seen and then taken.
// MUTANT 10, hangs: who gives up takes back the bits of other cells too.
// MUTANT 11, hangs: a completion looks for sleepers before the sequence changes.
// MUTANT 12, hangs: a waiter counts itself when it is asleep.
// MUTANT 13, hangs: who gives up leaves no sleepers in the count.
// MUTANT 14, asserts: a waiter counts itself by a load and a store.
// MUTANT 15, asserts: who gives up in its sleep stays counted.
// MUTANT 16, hangs: a waiter says that it is counted before it is.
// MUTANT 17, hangs: a waiter says that it is not counted after it is not.

#include "primitives.pml"

#define BLOCKS 3
#define NONE BLOCKS
#define REQUEST_OF(block) (((block) == 1 -> 1 : 0))
#define REQUESTS 2

#define OWNED 0
#define SHARED 1
#define CELLS 2

bool submitted;  // block 2
bool busy[BLOCKS];
byte waiting[REQUESTS];  // a bit for each cell

byte free_cells = 1 << OWNED;
byte sequence[CELLS];
byte sleepers[CELLS];  // a count
byte asleep[CELLS];
bool ended_by_handler;

// A count that is too low is 255 in the end; before, it makes somebody hang.
#define STAYS_COUNTED(cell) (sleepers[cell] != 0 && sleepers[cell] != 255)

// Waiters::Wake.  Without sleepers there is nobody to wake.
inline WakeCell(cell) {
  if
  :: mask & (1 << cell) ->
#if MUTANT == 4
     FutexWake(asleep[cell]);
     sequence[cell]++
#elif MUTANT == 5
     sequence[cell]++;
     asleep[cell] = asleep[cell] & (asleep[cell] - 1)
#elif MUTANT == 11
     if
     :: sleepers[cell] != 0 -> sequence[cell]++; FutexWake(asleep[cell])
     :: sleepers[cell] == 0 -> sequence[cell]++
     fi
#else
     sequence[cell]++;
     if
     :: sleepers[cell] != 0 -> FutexWake(asleep[cell])
     :: sleepers[cell] == 0
     fi
#endif
  :: else
  fi
}

inline TakeMask(request) {
  atomic { mask = waiting[request]; waiting[request] = 0 }
}

inline Complete(block) {
#if MUTANT == 1
  TakeMask(REQUEST_OF(block));
  busy[block] = false;
#else
  busy[block] = false;
  TakeMask(REQUEST_OF(block));
#endif
  WakeCell(OWNED);
  WakeCell(SHARED)
}

proctype Completer(byte block; byte next) {
  byte mask;
  Complete(block);
  if
  :: next != NONE ->
     atomic { busy[next] = true; submitted = true };
     Complete(next)
  :: else
  fi
}

inline TakeCell() {
#if MUTANT == 9
  cell = (free_cells & (1 << OWNED) -> OWNED : SHARED);
  free_cells = 0;
#else
  atomic {
    cell = (free_cells & (1 << OWNED) -> OWNED : SHARED);
    free_cells = 0
  };
#endif
  our_bit = 1 << cell
}

inline SetBit(block) {
#if MUTANT == 8
  mask = waiting[REQUEST_OF(block)];
  waiting[REQUEST_OF(block)] = mask | our_bit
#else
  waiting[REQUEST_OF(block)] = waiting[REQUEST_OF(block)] | our_bit
#endif
}

// AnyComplete::ArmOne.
inline ArmOne(block) {
  met = !busy[block];
#if MUTANT == 2
  if
  :: !met -> SetBit(block)
  :: else
  fi
#else
  if
  :: !met && !(waiting[REQUEST_OF(block)] & our_bit) -> SetBit(block)
  :: else
  fi;
  met = !busy[block]
#endif
}

inline Arm() {
  ArmOne(first);
  if
  :: !met && second != NONE -> ArmOne(second)
  :: else
  fi
}

inline DisarmOne(block) {
  if
  :: busy[block] ->
     if
     :: waiting[REQUEST_OF(block)] & our_bit ->
#if MUTANT == 10
        waiting[REQUEST_OF(block)] = 0
#else
        waiting[REQUEST_OF(block)] = waiting[REQUEST_OF(block)] & ~our_bit
#endif
     :: else
     fi
  :: else
  fi
}

inline Disarm() {
  DisarmOne(first);
  if
  :: second != NONE -> DisarmOne(second)
  :: else
  fi
}

inline Leave() {
  if
  :: counted ->
#if MUTANT == 13
     sleepers[cell] = 0
#elif MUTANT != 15
     sleepers[cell]--
#else
     skip
#endif
  :: else
  fi;
#if MUTANT == 6
  Disarm();
#endif
  if
  :: cell == OWNED ->
#if MUTANT == 7
     free_cells = 1 << OWNED;
     Disarm()
#else
     Disarm();
     free_cells = 1 << OWNED
#endif
  :: else
  fi
}

// A handler interrupts the thread here, and ends it.
inline EndByHandler() {
  if
  :: may_give_up -> ended_by_handler = true; goto leave
  :: true
  fi
}

inline BeginSleep() {
#if MUTANT == 14
  count = sleepers[cell];
  sleepers[cell] = count + 1;
#elif MUTANT != 12 && MUTANT != 16
  sleepers[cell]++;
  EndByHandler();
#endif
  counted = true;
#if MUTANT == 16
  EndByHandler();
  sleepers[cell]++
#endif
}

inline EndSleep() {
#if MUTANT == 17
  sleepers[cell]--;
  EndByHandler();
  counted = false
#else
  counted = false;
  EndByHandler();
  sleepers[cell]--
#endif
}

proctype Waiter(byte first; byte second; bool may_give_up) {
  byte cell;
  byte our_bit;
  byte seen;
#if MUTANT == 8
  byte mask;
#endif
#if MUTANT == 14
  byte count;
#endif
  bool counted;  // Stay::asleep
  bool met;
  first != 2 || submitted;
  TakeCell();
look:
  do
  :: seen = sequence[cell];
     Arm();
     if
     :: met -> break
     :: else
     fi;
#if MUTANT == 3
     seen = sequence[cell];
#endif
     // It may spin before.
     if
     :: sequence[cell] != seen -> goto look
     :: true
     fi;
     BeginSleep();
     atomic {
       if
       :: sequence[cell] == seen -> asleep[cell] = asleep[cell] | SELF
       :: else
       fi
     };
#if MUTANT == 12
     sleepers[cell]++;
#endif
     if
     :: !(asleep[cell] & SELF)
     :: may_give_up -> asleep[cell] = asleep[cell] & ~SELF; break
     fi;
     EndSleep()
  od;
leave:
  Leave()
}

init {
  atomic {
    busy[0] = true;
    run Waiter(0, NONE, true);
    if
    :: run Completer(0, NONE);
       run Waiter(0, NONE, false);
       run Waiter(0, NONE, false)
    :: busy[1] = true;
       run Completer(0, NONE);
       run Completer(1, NONE);
       run Waiter(0, 1, false)
    :: run Completer(0, 2);
       run Waiter(0, NONE, false);
       run Waiter(2, NONE, false)
    fi
  };
  _nr_pr == 1;
  assert(ended_by_handler || !STAYS_COUNTED(OWNED) && !STAYS_COUNTED(SHARED))
}
