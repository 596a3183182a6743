// The pool of workers: worker_pool.h and worker_pool.cc.
//
// Two submitters announce a request each, on descriptors of their own, to a pool
// of no thread, or of one or two that are idle.  The limit is one thread or two,
// and changes at some moment from one to the other.  One start of a thread may
// fail, and one sleep time out; other sleeps last until somebody wakes the worker,
// so a request that is served only by chance is a hang.
//
// A request that is accepted is served, and whenever the mutex is free: if a
// descriptor stands in a ring and may be served, somebody is searching, or
// nobody is idle and no thread can be added.
//
// What the mutex alone guards is changed in one step.  The number of threads
// and that of the requests in use are read without it.
//
// MUTANT 1, hangs: the last worker counts itself out after it was not needed.
// MUTANT 2, hangs: a submitter is in need of a worker after it has seen one.
// MUTANT 3, asserts: who has found a task does not recruit the next worker.
// MUTANT 4, hangs: a thread that could not be added stays counted as searching.
// MUTANT 5, asserts: when none could be added, nobody who is idle is recruited.
// MUTANT 6, hangs: a worker forgets that it was woken after it is in the list.
// MUTANT 7, hangs: who leaves stays counted as searching.
// MUTANT 8, asserts: who leaves does not recruit another.
// MUTANT 9, hangs: who finds nothing stays counted as searching.
// MUTANT 10, hangs: who was not woken stays in the list of the idle.
// MUTANT 11, hangs: a first thread that could not be had stays counted.

#include "primitives.pml"

#define SUBMITTERS 2
#define WORKERS 2

// Whom to wake: a worker, or
#define NOBODY 2
#define NEW_THREAD 3

bool mutex;  // held for longer than a step
byte max_threads;
byte ring;  // the descriptors that stand in it, a bit for each submitter
byte serving;
byte searching_count;
byte idle;  // a bit for each worker
bool lacks_threads;
bool started[WORKERS];
bool searching[WORKERS];
bool woken[WORKERS];

// Read without the mutex.
byte thread_count;
byte in_use;

bool asleep[WORKERS];
bool served[SUBMITTERS];

// What may yet go wrong.
byte failures = 1;
byte timeouts = 1;

#define MAY_SERVE (ring != 0 && serving < max_threads)

// The end of each time under the mutex.
inline CheckChain() {
  assert(!MAY_SERVE || searching_count > 0 ||
         idle == 0 && (thread_count >= max_threads || lacks_threads))
}

#define NEEDS_SEARCH (MAY_SERVE && searching_count == 0)

// Somebody is idle.
inline RecruitIdle() {
  wake = (idle & 1 -> 0 : 1);
  idle = idle & ~(1 << wake);
  searching[wake] = true;
  searching_count++;
  woken[wake] = true
}

// Nobody is idle.  None is tried for in the time after one could not be had.
inline RecruitNew() {
  if
  :: thread_count < max_threads -> searching_count++; wake = NEW_THREAD
  :: thread_count >= max_threads || lacks_threads -> wake = NOBODY
  fi
}

inline RecruitIfWork() {
  if
  :: !NEEDS_SEARCH -> wake = NOBODY
  :: NEEDS_SEARCH && idle != 0 -> RecruitIdle()
  :: NEEDS_SEARCH && idle == 0 -> RecruitNew()
  fi
}

// Leaves lacks_threads true when no thread could be had.
inline StartThread() {
  if
  :: failures > 0 -> failures--; lacks_threads = true
  :: true ->
     wake = (started[0] -> 1 : 0);
     assert(!started[wake]);
     searching[wake] = true;
     started[wake] = true;
     thread_count++;
     lacks_threads = false
  fi
}

inline TryToGrow() {
  StartThread();
  wake = NOBODY;
  if
  :: lacks_threads && MUTANT != 4 -> searching_count--
  :: else
  fi
}

inline Deliver() {
  if
  :: wake == NEW_THREAD ->
     atomic {
       !mutex;
       TryToGrow();
       if
       :: NEEDS_SEARCH && idle != 0 && MUTANT != 5 -> RecruitIdle()
       :: else
       fi;
       CheckChain()
     }
  :: else
  fi;
  if
  :: wake != NOBODY -> asleep[wake] = false
  :: else
  fi
}

// Of two workers, the one that adds the other finds nobody idle after it.
inline DeliverByWorker() {
  if
  :: wake == NEW_THREAD -> atomic { !mutex; TryToGrow(); CheckChain() }
  :: wake != NEW_THREAD && wake != NOBODY -> asleep[wake] = false
  :: else
  fi
}

inline EnsureWorker() {
  if
  :: thread_count > 0
  :: else ->
     atomic {
       !mutex;
       if
       :: thread_count > 0
       :: else ->
          StartThread();
          refused = lacks_threads;
          if
          :: !refused || MUTANT == 11 -> searching_count++
          :: else
          fi
       fi;
       CheckChain()
     }
  fi
}

proctype Submitter(byte self) {
  byte wake;
  bool refused;
#if MUTANT == 2
  EnsureWorker();
  in_use++;
#else
  in_use++;
  EnsureWorker();
#endif
  if
  :: refused -> in_use--
  :: else ->
     atomic { !mutex; ring = ring | (1 << self); RecruitIfWork(); CheckChain() };
     Deliver();
     served[self]
  fi
}

proctype Configurer() {
  byte wake;
  atomic {
    !mutex;
    max_threads = 3 - max_threads;
    woken[0] = woken[0] || idle & 1;
    woken[1] = woken[1] || idle & 2;
    asleep[0] = asleep[0] && !woken[0];
    asleep[1] = asleep[1] && !woken[1];
    idle = 0;
    if
    :: NEEDS_SEARCH -> RecruitNew()
    :: else -> wake = NOBODY
    fi;
    CheckChain()
  };
  Deliver()
}

inline StopSearching() {
  if
  :: searching[self] -> searching[self] = false; searching_count--
  :: else
  fi
}

// The mutex is held.
inline MayLeave() {
#if MUTANT == 1
  leaving = thread_count > 1 || in_use == 0;
  if
  :: leaving -> thread_count--
  :: else
  fi
#else
  thread_count--;
  leaving = thread_count > 0 || in_use == 0;
  if
  :: leaving
  :: else -> thread_count = 1
  fi
#endif
}

proctype Worker(byte self) {
  byte wake;
  byte task;  // a submitter's bit
  bool leaving;
  if
  :: idle & (1 << self) -> goto sleep
  :: else
  fi;
end:
  started[self];
next_task:
  atomic {
    !mutex;
    if
    :: task != 0 -> task = 0; serving--
    :: else
    fi;
    if
    :: thread_count > max_threads -> mutex = true; goto may_leave
    :: thread_count <= max_threads && MAY_SERVE ->
       serving++;
       task = (ring & 1 -> 1 : 2);
       ring = ring & ~task;
       StopSearching();
#if MUTANT == 3
       wake = NOBODY;
#else
       RecruitIfWork();
#endif
       CheckChain()
    :: else ->
#if MUTANT != 9
       StopSearching();
#endif
#if MUTANT != 6
       woken[self] = false;
#endif
       idle = idle | (1 << self);
       CheckChain();
       goto sleep
    fi
  };
  DeliverByWorker();
  served[task >> 1] = true;
  in_use--;
  goto next_task;

sleep:
#if MUTANT == 6
  woken[self] = false;
#endif
  asleep[self] = !woken[self];
end_asleep:
  if
  :: !asleep[self]
  :: atomic { timeouts > 0 -> timeouts--; asleep[self] = false }
  fi;
  atomic {
    !mutex;
    if
    :: woken[self] -> goto next_task
    :: else
    fi;
#if MUTANT != 10
    idle = idle & ~(1 << self);
#endif
    // It wakes to look, or because its time has passed.
    if
    :: goto next_task
    :: mutex = true
    fi
  };

may_leave:
  MayLeave();
  atomic {
    if
    :: leaving ->
#if MUTANT != 7
       StopSearching();
#endif
       started[self] = false;
       if
       :: NEEDS_SEARCH && idle != 0 && MUTANT != 8 ->
          RecruitIdle();
          asleep[wake] = false
       :: else
       fi;
       CheckChain();
       mutex = false;
       goto end
    :: else -> mutex = false; goto next_task
    fi
  }
}

init {
  atomic {
    if
    :: max_threads = 1
    :: max_threads = 2
    fi;
    if
    :: true
    :: started[0] = true; idle = 1; thread_count = 1
    :: max_threads == 2 ->
       started[0] = true;
       started[1] = true;
       idle = 3;
       thread_count = 2
    fi;
    run Submitter(0);
    run Submitter(1);
    run Configurer();
    run Worker(0);
    run Worker(1)
  }
}
