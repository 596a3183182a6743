// The free list of a table of slots: SlotTable (Pop, Push) in slot_table.h.
//
// Two threads each take two slots, and give back and take one of them again, so
// that a head may leave and come back while the other thread is about to take it.
// No slot has two users, and in the end all are free.
//
// MUTANT 1, asserts: the head has no count of its changes.
// MUTANT 2, asserts: a slot is taken by a load and a store.
// MUTANT 3, asserts: a slot is given back by a load and a store.
// MUTANT 4, asserts: the head is the slot before the slot names the next one.

#include "primitives.pml"

#define THREADS 2
#define SLOTS 3
#define NONE 0  // slots are numbered from 1 in the list

byte head = 1;  // the first slot
byte changes;   // in the same word
byte next_free[SLOTS + 1];
bool used[SLOTS + 1];
byte finished;

#if MUTANT == 1
#define UNCHANGED (head == seen)
#else
#define UNCHANGED (head == seen && changes == seen_changes)
#endif

inline LoadHead() { atomic { seen = head; seen_changes = changes } }

inline StoreHead(slot) {
  head = slot;
  changes++
}

// Null, that is NONE, when there is none.
inline Pop(slot) {
  do
  :: LoadHead();
     slot = seen;
     if
     :: slot == NONE -> break
     :: else
     fi;
     next = next_free[slot];
     atomic {
       if
       :: UNCHANGED || MUTANT == 2 -> StoreHead(next); break
       :: else
       fi
     }
  od;
  atomic {
    assert(slot == NONE || !used[slot]);
    used[slot] = slot != NONE
  }
}

inline Push(slot) {
  used[slot] = false;
  do
  :: LoadHead();
#if MUTANT != 4
     next_free[slot] = seen;
#endif
     atomic {
       if
       :: UNCHANGED || MUTANT == 3 -> StoreHead(slot); break
       :: else
       fi
     }
  od;
#if MUTANT == 4
  next_free[slot] = seen;
#endif
  slot = NONE
}

proctype Thread() {
  byte seen;
  byte seen_changes;
  byte next;
  byte one;
  byte other;
  Pop(one);
  Pop(other);
  if
  :: one != NONE -> Push(one)
  :: other != NONE -> Push(other)
  :: else
  fi;
  if
  :: one == NONE -> Pop(one)
  :: else
  fi;
  if
  :: one != NONE -> Push(one)
  :: else
  fi;
  if
  :: other != NONE -> Push(other)
  :: else
  fi;
  finished++
}

init {
  byte slot;
  byte count;
  atomic {
    next_free[1] = 2;
    next_free[2] = 3;
    run Thread();
    run Thread()
  };
  finished == THREADS;
  atomic {
    slot = head;
    do
    :: slot != NONE && count < SLOTS -> count++; slot = next_free[slot]
    :: else -> break
    od;
    assert(slot == NONE && count == SLOTS)
  }
}
