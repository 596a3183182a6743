// Waiting for completions: waiters.h and waiters.cc, and AnyComplete.
//
// Two or three threads wait, each for one block, at the cell of the request that
// serves it, or for one of two, in a seat.  Block 2 is submitted when block 0 is
// complete, and served by the same request.  One of the waiters may give up when
// it likes, or be ended by a handler as it begins or ends its sleep.  There is
// one seat for an owner, so that it goes from hand to hand, and who does not get
// it shares the other; both are of one group.  Who waits in vain is a hang,
// unless it has given up.  In the end nobody stays counted among the sleepers,
// but one whom a handler has ended.
//
// That Find answers what was true at one moment is shown by control_block.pml;
// here it is one step.
//
// MUTANT 1, hangs: a completion takes what was left before the result is visible.
// MUTANT 2, hangs: a waiter looks for results before it leaves word.
// MUTANT 3, hangs: a waiter reads the sequence after it has looked.
// MUTANT 4, hangs: the sequence changes after the wake-up.
// MUTANT 5, hangs: one of those who sleep in a cell is woken.
// MUTANT 6, hangs: who shares a seat takes its bit back.
// MUTANT 7, hangs: a seat is free before its bits are taken back.
// MUTANT 8, hangs: a waiter sets its seat's bit by a load and a store.
// MUTANT 9, hangs: a free seat is seen and then taken.
// MUTANT 10, hangs: who gives up takes back the bits of other seats too.
// MUTANT 11, hangs: a completion looks for sleepers before the sequence changes.
// MUTANT 12, hangs: a waiter counts itself when it is asleep.
// MUTANT 13, hangs: who gives up leaves no sleepers in the count.
// MUTANT 14, asserts: a waiter counts itself by a load and a store.
// MUTANT 15, asserts: who gives up in its sleep stays counted.
// MUTANT 16, hangs: a waiter says that it is counted before it is.
// MUTANT 17, hangs: a waiter says that it is not counted after it is not.
// MUTANT 18, hangs: a completion that finds waiters at the cell seeks no seats.
// MUTANT 19, hangs: a waiter marks its cell or group by a load and a store.
// MUTANT 20, hangs: a waiter marks no group where its seat's bit is set.
// MUTANT 21, hangs: who gives up takes back the mark of its group.

#include "primitives.pml"

#define BLOCKS 3
#define NONE BLOCKS
#define REQUEST_OF(block) (((block) == 1 -> 1 : 0))
#define REQUESTS 2

#define OWNED 0
#define SHARED 1
#define CELL_OF(request) (2 + (request))
#define CELLS 4

// In `waiting`.
#define AT_CELL 1
#define IN_GROUP 2

bool submitted;  // block 2
bool busy[BLOCKS];
byte waiting[REQUESTS];
byte seats[REQUESTS];  // a bit for each

byte free_seats = 1 << OWNED;
byte sequence[CELLS];
byte sleepers[CELLS];  // a count
byte asleep[CELLS];
bool ended_by_handler;

// A count that is too low is 255 in the end; before, it makes somebody hang.
#define STAYS_COUNTED(cell) (sleepers[cell] != 0 && sleepers[cell] != 255)

// Waiters::WakeCell.  Without sleepers there is nobody to wake.
inline WakeCell(cell) {
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
}

inline TakeSeats(request) {
  atomic { mask = seats[request]; seats[request] = 0 };
  if
  :: mask & (1 << OWNED) -> WakeCell(OWNED)
  :: else
  fi;
  if
  :: mask & (1 << SHARED) -> WakeCell(SHARED)
  :: else
  fi
}

inline Take(request) {
  atomic { mask = waiting[request]; waiting[request] = 0 }
}

inline WakeThose(request) {
  in_group = (mask & IN_GROUP) != 0;
  if
  :: mask & AT_CELL ->
#if MUTANT == 18
     in_group = false;
#endif
     WakeCell(CELL_OF(request))
  :: else
  fi;
  if
  :: in_group -> TakeSeats(request)
  :: else
  fi
}

inline Complete(block) {
#if MUTANT == 1
  Take(REQUEST_OF(block));
  busy[block] = false;
#else
  busy[block] = false;
  Take(REQUEST_OF(block));
#endif
  WakeThose(REQUEST_OF(block))
}

proctype Completer(byte block; byte next) {
  byte mask;
  bool in_group;
  Complete(block);
  if
  :: next != NONE ->
     atomic { busy[next] = true; submitted = true };
     Complete(next)
  :: else
  fi
}

inline TakeSeat() {
#if MUTANT == 9
  cell = (free_seats & (1 << OWNED) -> OWNED : SHARED);
  free_seats = 0;
#else
  atomic {
    cell = (free_seats & (1 << OWNED) -> OWNED : SHARED);
    free_seats = 0
  };
#endif
  our_bit = 1 << cell
}

inline Mark(request, bits) {
  if
  :: !(waiting[request] & bits) ->
#if MUTANT == 19
     mask = waiting[request];
     waiting[request] = mask | bits
#else
     waiting[request] = waiting[request] | bits
#endif
  :: else
  fi
}

inline SetBit(request) {
#if MUTANT == 8
  mask = seats[request];
  seats[request] = mask | our_bit
#else
  seats[request] = seats[request] | our_bit
#endif
}

// Waiters::Stay::Enter.
inline Enter(request) {
  if
  :: one ->
     cell = CELL_OF(request);
     seen = sequence[cell];
     Mark(request, AT_CELL)
  :: else ->
     if
     :: !(seats[request] & our_bit) ->
        SetBit(request);
#if MUTANT == 20
        Mark(request, IN_GROUP)
#endif
     :: else
     fi;
#if MUTANT != 20
     Mark(request, IN_GROUP)
#endif
  fi
}

// AnyComplete::Arm.
inline Arm() {
  block = first;
  do
  :: met = !busy[block];
#if MUTANT == 2
     if
     :: !met -> Enter(REQUEST_OF(block))
     :: else
     fi;
#else
     if
     :: !met -> Enter(REQUEST_OF(block)); met = !busy[block]
     :: else
     fi;
#endif
     if
     :: met || one || block == second -> break
     :: else -> block = second
     fi
  od
}

// Waiters::Stay::Withdraw.
inline DisarmOne(block) {
  if
  :: busy[block] ->
     if
     :: seats[REQUEST_OF(block)] & our_bit ->
#if MUTANT == 10
        seats[REQUEST_OF(block)] = 0
#else
        seats[REQUEST_OF(block)] = seats[REQUEST_OF(block)] & ~our_bit
#endif
     :: else
     fi;
#if MUTANT == 21
     waiting[REQUEST_OF(block)] = waiting[REQUEST_OF(block)] & ~IN_GROUP
#endif
  :: else
  fi
}

inline Disarm() {
  DisarmOne(first);
  DisarmOne(second)
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
  if
  :: !one && cell == SHARED -> Disarm()
  :: else
  fi;
#endif
  if
  :: !one && cell == OWNED ->
#if MUTANT == 7
     free_seats = 1 << OWNED;
     Disarm()
#else
     Disarm();
     free_seats = 1 << OWNED
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
  byte block;
  byte cell;
  byte our_bit;
  byte seen;
#if MUTANT == 8 || MUTANT == 19
  byte mask;
#endif
#if MUTANT == 14
  byte count;
#endif
  bool counted;  // Stay::asleep
  bool met;
  bool one = second == NONE;
  first != 2 || submitted;
  if
  :: !one -> TakeSeat()
  :: else
  fi;
look:
  do
  :: if
     :: !one -> seen = sequence[cell]
     :: else
     fi;
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
    if
    :: busy[1] = true;  // and stays so
       run Completer(0, NONE);
       run Waiter(0, 1, false);
       run Waiter(0, NONE, false)
    :: run Completer(0, NONE);
       run Waiter(0, NONE, true);
       run Waiter(0, NONE, false);
       run Waiter(0, NONE, false)
    :: run Completer(0, 2);
       run Waiter(0, NONE, true);
       run Waiter(0, NONE, false);
       run Waiter(2, NONE, false)
    :: run Completer(0, NONE);  // of both, as a list may name a block twice
       run Waiter(0, 0, true);
       run Waiter(0, 0, false);
       run Waiter(0, 0, false)
    :: busy[1] = true;
       run Completer(0, NONE);
       run Completer(1, NONE);
       run Waiter(0, 1, false);
       run Waiter(0, NONE, true)
    :: busy[1] = true;
       run Completer(0, 2);
       run Waiter(0, 1, false);
       run Waiter(2, 1, false)
    fi
  };
  _nr_pr == 1;
  assert(ended_by_handler || !STAYS_COUNTED(OWNED) && !STAYS_COUNTED(SHARED) &&
         !STAYS_COUNTED(CELL_OF(0)) && !STAYS_COUNTED(CELL_OF(1)))
}
