// The growth of a table of slots: SlotTable (Acquire, Grow) in slot_table.h.
//
// Two threads each take a slot and give it back, twice, in a table of one chunk,
// which has a slot for each of them.  No second chunk is added, and nobody is
// refused.  The free list is a count here (slot_table.pml has the list).
//
// MUTANT 1, asserts: the chunk is counted before its slots are free.
// MUTANT 2, asserts: what was counted is looked at after the search for a slot.
// MUTANT 3, asserts: the table grows without a look at what others added.
// MUTANT 4, asserts: two threads may add a chunk at once.

#include "primitives.pml"

#define CHUNK_SLOTS 2
#define MAX_SLOTS CHUNK_SLOTS

byte free;
byte capacity;
bool growing;

#if MUTANT == 4
#define LockGrowing() skip
#define UnlockGrowing() skip
#else
#define LockGrowing() Lock(growing)
#define UnlockGrowing() Unlock(growing)
#endif

inline Push(slots) { atomic { free = free + slots } }

inline AddChunk() {
#if MUTANT == 1
  capacity = counted + CHUNK_SLOTS;
  Push(CHUNK_SLOTS)
#else
  Push(CHUNK_SLOTS);
  capacity = counted + CHUNK_SLOTS
#endif
}

inline Grow(wanted) {
  LockGrowing();
  counted = capacity;
  if
  :: counted >= wanted && MUTANT != 3
  :: else ->
     assert(counted < MAX_SLOTS);  // or the thread would be refused
     AddChunk()
  fi;
  UnlockGrowing()
}

inline Acquire() {
  found = false;
  do
  :: found -> break
  :: else ->
#if MUTANT != 2
     seen = capacity;
#endif
     atomic {
       if
       :: free > 0 -> free--; found = true
       :: else
       fi
     };
     if
     :: found
     :: else ->
#if MUTANT == 2
        seen = capacity;
#endif
        Grow(seen + 1)
     fi
  od
}

proctype Thread() {
  byte seen;
  byte counted;
  bool found;
  byte rounds;
  do
  :: rounds < 2 -> rounds++; Acquire(); Push(1)
  :: else -> break
  od;
  assert(capacity <= MAX_SLOTS && free <= CHUNK_SLOTS)
}

init {
  atomic {
    run Thread();
    run Thread()
  }
}
