// The pool of workers: worker_pool.h and worker_pool.cc.
//
// Two submitters announce requests, on descriptors of their own, to a pool of no
// thread, or of one or two that are idle, with a limit of one thread or two; in
// these settings, each.  Either each has one request; the limit changes at some
// moment from one to two or back, one start of a thread may fail, and one sleep
// time out; the limit only of a pool that has threads.  Or the first has two requests in a lane, and workers may spin: the
// second request waits for the first, and is announced by the worker that completes
// that, which recruits nobody, because it looks for its next task itself.  Other
// sleeps last until somebody wakes the worker, so a request that is served only by
// chance is a hang.
//
// A request that is accepted is served, and whenever the mutex is free: if a
// descriptor stands in a ring and may be served, somebody is searching, or has
// completed a request and looks for the next task, or nobody is idle and a thread
// is being started or none can be added.  At most one worker spins that was not roused.
//
// A thread is started without the mutex, and counted afterwards; so it may run, and
// leave, before it is counted.  Two submitters that find none each start one.
//
// What the mutex alone guards is changed in one step.  The number of threads
// and that of the requests in use are read without it, and an idle worker looks
// at its word without it.
//
// MUTANT 1, hangs: the last worker counts itself out after it was not needed.
// MUTANT 2, hangs: a submitter is in need of a worker after it has seen one.
// MUTANT 3, asserts: who has found a task does not recruit the next worker.
// MUTANT 4, hangs: a thread that could not be added stays counted as searching.
// MUTANT 5, asserts: somebody who is idle waits for a thread that is being started.
// MUTANT 6, hangs: a worker forgets that it was roused after it is in the list.
// MUTANT 7, hangs: who leaves stays counted as searching.
// MUTANT 8, asserts: who leaves does not recruit another.
// MUTANT 9, hangs: who finds nothing stays counted as searching.
// MUTANT 10, hangs: who was not roused stays in the list of the idle.
// MUTANT 11, hangs: a submitter relies on a thread that another is starting.
// MUTANT 12, asserts: submitters recruit nobody either.
// MUTANT 13, asserts: who completes a request idles before it looks.
// MUTANT 14, hangs: a worker is roused by a load and a store.
// MUTANT 15, hangs: a worker goes to sleep by a load and a store.
// MUTANT 16, hangs: a worker that looks no more sleeps without saying so.
// MUTANT 17, asserts: a worker spins although another does.
// MUTANT 18, asserts: whose time has passed does not see that it was roused.
// MUTANT 19, hangs: who completes a request announces nothing.
// MUTANT 20, asserts: a thread that is being started does not count for the limit.
// MUTANT 21, hangs: the last worker relies on a thread that is being started.

#include "primitives.pml"

#define SUBMITTERS 2
#define WORKERS 2

// What a worker's word says while it is idle.
#define AWAKE 0
#define ASLEEP 1
#define ROUSED 2

// Whom to recruit, or to wake: a worker, or
#define NOBODY 2
#define NEW_THREAD 3

bool mutex;  // held for longer than a step
byte max_threads;
byte ring;  // the descriptors that stand in it, a bit for each submitter
byte serving;
byte starting;  // threads that are not counted yet
byte absent;    // of these, those that are not there yet, or will never be
byte searching_count;
byte idle;  // a bit for each worker
byte spinner = NOBODY;
bool lacks_threads;
bool started[WORKERS];
bool searching[WORKERS];

// Read without the mutex.
short thread_count;
byte in_use;

// Each worker's own, while it is idle; changed by exchanges.
byte word[WORKERS];

// The descriptors, a bit for each submitter: those with a request outstanding,
// and those with one that waits for that.
byte busy;
byte held;

bool asleep[WORKERS];
byte unserved[SUBMITTERS];  // requests accepted
bool spinning[WORKERS];
byte looking;   // the workers that announced and look next, a bit for each

// What may yet go wrong.
byte failures;
byte timeouts;

bool may_spin;  // the latest wait was short

#define MAY_SERVE (ring != 0 && serving < max_threads)

// The end of each time under the mutex.
inline CheckChain() {
  assert(!MAY_SERVE || searching_count > absent || looking != 0 ||
         idle == 0 && (searching_count > 0 || lacks_threads ||
                       thread_count + starting >= max_threads))
}

// One that has gone to sleep since does not count.
#define HAS_SPINNER (spinner != NOBODY && word[(spinner == 1 -> 1 : 0)] == AWAKE)
#define SPINS(worker) (spinning[worker] && word[worker] != ROUSED)

#define NEEDS_SEARCH (MAY_SERVE && searching_count == 0)
// Somebody who is idle does not wait for a thread that is being started.
#define NEEDS_IDLE (MAY_SERVE && idle != 0 && \
                    searching_count <= (MUTANT == 5 -> 0 : starting))

// Takes a worker out of the list.
inline Dismiss(worker) {
  assert(idle & (1 << worker));
  idle = idle & ~(1 << worker);
  spinner = (spinner == worker -> NOBODY : spinner)
}

// Somebody is idle, and has yet to be roused.
inline RecruitIdle() {
  recruit = (idle & 1 -> 0 : 1);
  recruit = (HAS_SPINNER -> spinner : recruit);
  Dismiss(recruit);
  searching[recruit] = true;
  searching_count++
}

// Nobody is idle.  None is tried for in the time after one could not be had.
inline RecruitNew() {
  if
  :: (MUTANT == 20 -> 0 : starting) + thread_count < max_threads ->
     searching_count++;
     starting++;
     absent++;
     recruit = NEW_THREAD
  :: (MUTANT == 20 -> 0 : starting) + thread_count >= max_threads ||
     lacks_threads -> recruit = NOBODY
  fi
}

inline RecruitIfWork() {
  if
  :: !NEEDS_SEARCH && !NEEDS_IDLE -> recruit = NOBODY
  :: NEEDS_IDLE -> RecruitIdle()
  :: NEEDS_SEARCH && !NEEDS_IDLE -> RecruitNew()
  fi
}

// Ends the rest of the worker recruited, and tells whether it must be woken.
inline RouseWorker() {
  wake = (word[recruit] == ASLEEP -> recruit : NOBODY);
  word[recruit] = ROUSED
}

inline Rouse() {
  if
  :: recruit < WORKERS -> RouseWorker()
  :: else -> wake = recruit
  fi
}

// It is counted as starting and as searching.
inline StartThread() {
  atomic {
    if
    :: failures > 0 -> failures--; refused = true
    :: true ->
       recruit = (started[0] -> 1 : 0);
       assert(!started[recruit]);
       searching[recruit] = true;
       started[recruit] = true;
       absent--;
       refused = false
    fi;
    recruit = NOBODY
  }
}

// Under the mutex.
inline CountThread() {
  starting--;
  lacks_threads = refused;
  if
  :: !refused -> thread_count++
  :: refused -> absent--; searching_count = searching_count - (MUTANT != 4)
  fi
}

// What these variables held matters no more, and would only make states differ.
inline Forget() {
  recruit = NOBODY;
  wake = NOBODY
}

inline Deliver() {
  if
  :: wake == NEW_THREAD ->
     StartThread();
     atomic {
       !mutex;
       CountThread();
       CheckChain();
       Forget()
     }
  :: atomic { wake < WORKERS -> asleep[wake] = false; Forget() }
  :: wake == NOBODY
  fi
}

inline EnsureWorker() {
  refused = false;
  if
  :: thread_count > 0 || MUTANT == 11 && starting > 0
  :: else ->
     atomic {
       !mutex;
       if
       :: thread_count > 0
       :: else ->
          searching_count++;
          starting++;
          absent++;
          wake = NEW_THREAD
       fi
     };
     Deliver()
  fi
}

// DescriptorQueue::Accept.
inline Accept() {
  atomic {
    !mutex;
    unserved[self]++;
    if
    :: busy & (1 << self) -> held = held | (1 << self)
    :: else ->
       busy = busy | (1 << self);
       ring = ring | (1 << self);
#if MUTANT != 12
       RecruitIfWork();
#endif
#if MUTANT == 14
       mutex = true;
#else
       Rouse();
#endif
       CheckChain()
    fi
  };
#if MUTANT == 14
  if
  :: recruit < WORKERS -> wake = (word[recruit] == ASLEEP -> recruit : NOBODY)
  :: else -> wake = recruit
  fi;
  if
  :: recruit < WORKERS -> word[recruit] = ROUSED
  :: else
  fi;
  mutex = false
#endif
}

proctype Submitter(byte self; byte requests) {
  byte recruit = NOBODY;
  byte wake = NOBODY;
  bool refused;
  do
  :: requests > 0 ->
     requests--;
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
        Accept();
        Deliver();
        refused = false
     fi
  :: else -> break
  od;
  unserved[self] == 0
}

inline WakeIfIdle(worker) {
  if
  :: idle & (1 << worker) ->
     recruit = worker;
     Dismiss(worker);
     RouseWorker();
     if
     :: wake != NOBODY -> asleep[wake] = false
     :: else
     fi
  :: else
  fi
}

proctype Configurer() {
  byte recruit = NOBODY;
  byte wake = NOBODY;
  bool refused;
  atomic {
    !mutex;
    max_threads = 3 - max_threads;
    WakeIfIdle(0);
    WakeIfIdle(1);
    recruit = NOBODY;
    if
    :: NEEDS_SEARCH -> RecruitNew()
    :: else
    fi;
    wake = recruit;
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
  leaving = thread_count + (MUTANT == 21 -> starting : 0) > 0 || in_use == 0;
  if
  :: leaving
  :: else -> thread_count++
  fi
#endif
}

// DescriptorQueue::Complete.
inline Complete() {
  atomic {
    !mutex;
    unserved[task >> 1]--;
    if
    :: held & task ->
       held = held & ~task;
#if MUTANT != 19
       ring = ring | task;
#endif
       looking = looking | (1 << self)
    :: else -> busy = busy & ~task
    fi;
    CheckChain()
  }
}

proctype Worker(byte self) {
  byte recruit = NOBODY;
  byte wake = NOBODY;
  bool refused;
  byte task;  // a submitter's bit
  bool leaving;
  if
  :: idle & (1 << self) -> goto rest
  :: else
  fi;
end:
  started[self];
next_task:
  atomic {
    !mutex;
#if MUTANT == 13
    leaving = task != 0;
#endif
    if
    :: task != 0 -> task = 0; serving--
    :: else
    fi;
    looking = looking & ~(1 << self);
    if
    :: thread_count > max_threads -> mutex = true; goto may_leave
    :: thread_count <= max_threads && MAY_SERVE && (MUTANT != 13 || !leaving) ->
       serving++;
       task = (ring & 1 -> 1 : 2);
       ring = ring & ~task;
       StopSearching();
#if MUTANT == 3
       recruit = NOBODY;
#else
       RecruitIfWork();
#endif
       Rouse();
       CheckChain()
    :: else ->
#if MUTANT != 9
       StopSearching();
#endif
#if MUTANT != 6
       word[self] = AWAKE;
#endif
       idle = idle | (1 << self);
       if
       :: may_spin && (!HAS_SPINNER || MUTANT == 17) ->
          spinner = self;
          spinning[self] = true;
          assert(!SPINS(0) || !SPINS(1))
       :: true
       fi;
       CheckChain();
       goto rest
    fi
  };
  Deliver();
  refused = false;
  Complete();
  in_use--;
  goto next_task;

rest:
#if MUTANT == 6
  word[self] = AWAKE;
#endif
  // Who spins does so up to here.
#if MUTANT == 15
  if
  :: word[self] == ROUSED -> goto rested
  :: else
  fi;
  word[self] = ASLEEP;
#elif MUTANT != 16
  atomic {
    spinning[self] = false;
    if
    :: word[self] == AWAKE -> word[self] = ASLEEP
    :: else -> goto rested
    fi
  };
#endif
  atomic { asleep[self] = word[self] != ROUSED };
end_asleep:
  if
  :: !asleep[self]
  :: atomic { timeouts > 0 -> timeouts--; asleep[self] = false }
  fi;
rested:
  atomic {
    !mutex;
    if
    :: word[self] == ROUSED && MUTANT != 18 -> goto next_task
    :: else
    fi;
#if MUTANT != 10
    Dismiss(self);
    word[self] = ROUSED;  // as if somebody had: nobody looks at it any more
#endif
    // It looks again, or its time has passed.
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
       :: NEEDS_IDLE && MUTANT != 8 ->
          RecruitIdle();
          RouseWorker();
          if
          :: wake != NOBODY -> asleep[wake] = false
          :: else
          fi
       :: else
       fi;
       Forget();
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
    run Submitter(1, 1);
    if
    :: thread_count == 0 -> run Submitter(0, 1); failures = 1; timeouts = 1
    :: thread_count > 0 ->
       run Submitter(0, 1);
       run Configurer();
       failures = 1;
       timeouts = 1
    :: run Submitter(0, 2); may_spin = true
    fi;
    run Worker(0);
    run Worker(1)
  }
}
