// Requests that are queued and not announced: DescriptorQueue (Accept, Take,
// HandOn, Complete, Cancel).
//
// A request that may join a run, or that those who write already will see to, is
// left to the runs under way: the next to be complete announces what waits, and
// its worker looks for it.  Here any request may be so left while there is a run,
// and a worker that takes some may leave the others.  Three requests of two levels
// are accepted, and perhaps then a barrier, and one that has not started cancelled;
// one or two workers serve them, and sleep until they are recruited.
//
// In another setting nothing is left to the runs, and a transfer that has to wait
// ends when no other request is queued: so one that waits must hold up none.
// There are two reads and two workers.
//
// A request that is accepted and not served is a hang.
//
// The pool is one ring with the levels of this descriptor.  That somebody who is
// recruited gets there is shown by worker_pool.pml.
//
// MUTANT 1, hangs: a request is left although there is no run.
// MUTANT 2, hangs: a run that is complete announces nothing.
// MUTANT 3, hangs: a run counts until it has announced.
// MUTANT 4, hangs: a worker that takes nothing counts as a run.
// MUTANT 5, hangs: a worker that takes nothing announces nothing.
// MUTANT 6, hangs: a worker that takes does not forget what was announced.
// MUTANT 7, hangs: a worker that has completed a run does not look again.
// MUTANT 8, hangs: a worker hands nothing on before it waits.
// MUTANT 9, hangs: a worker that hands on recruits nobody.
// MUTANT 10, hangs: submitters recruit nobody.

#include "primitives.pml"

#define NO_LEVEL 0
#define LOW 1
#define HIGH 2

// Guarded by the mutex of the queue.
byte ready[3];  // how many, by level
byte announced;
byte runs;
byte outstanding;
bool held;  // the barrier, until it is alone
byte submitting;

// Guarded by that of the pool.
byte ring;  // the level of the ring in which the descriptor stands
byte idle;
bool recruited;  // somebody is, and has yet to look

bool apart;  // nothing is left to the runs

#define TOP_LEVEL (ready[HIGH] > 0 -> HIGH : (ready[LOW] > 0 -> LOW : NO_LEVEL))

inline Recruit() {
  if
  :: idle > 0 && !recruited -> idle--; recruited = true
  :: else
  fi
}

inline Announce() {
  if
  :: TOP_LEVEL > announced ->
     announced = TOP_LEVEL;
     if
     :: ring < announced -> ring = announced; Recruit()
     :: else
     fi
  :: else
  fi
}

// The same without recruiting.
inline AnnounceToNobody() {
  announced = (TOP_LEVEL > announced -> TOP_LEVEL : announced);
  ring = (ring < announced -> announced : ring)
}

// After a request has ended.
inline ReleaseBarrier() {
  if
  :: held && outstanding == 1 -> held = false; ready[LOW]++
  :: else
  fi
}

proctype Submitter(byte level) {
  atomic {
    outstanding++;
    ready[level]++;
    submitting--;
    if
    :: !apart && (runs > 0 || MUTANT == 1)
#if MUTANT == 10
    :: AnnounceToNobody()
#else
    :: Announce()
#endif
    fi
  };
  outstanding == 0
}

proctype Synchronizer() {
  atomic {
    submitting == 0;
    outstanding++;
    held = true;
    ReleaseBarrier();
    Announce()
  };
  outstanding == 0
}

proctype Canceller() {
  atomic {
    if
    :: ready[LOW] > 0 -> ready[LOW]--; outstanding--; ReleaseBarrier()
    :: ready[HIGH] > 0 -> ready[HIGH]--; outstanding--; ReleaseBarrier()
    :: held -> held = false; outstanding--
    :: true
    fi;
    Announce()
  }
}

// DescriptorQueue::Take, of as many as go out together.
inline Take() {
  atomic {
#if MUTANT != 6
    announced = NO_LEVEL;
#endif
    count = 0;
    if
    :: TOP_LEVEL >= level ->
       level = TOP_LEVEL;
       do
       :: ready[level] > 0 && (count == 0 || !apart) -> ready[level]--; count++
       :: count > 0 -> break
       od;
       runs++
    :: else ->
#if MUTANT == 4
       runs++;
#endif
       skip
    fi;
    level = NO_LEVEL;
    owes_hand_on = false;
    if
    :: count > 0 && TOP_LEVEL != NO_LEVEL -> owes_hand_on = true
    :: runs > 0 && !apart
#if MUTANT == 5
    :: count == 0
    :: count > 0 -> Announce()
#else
    :: Announce()
#endif
    fi
  }
}

inline Complete() {
  atomic {
#if MUTANT != 3
    runs--;
#endif
    outstanding = outstanding - count;
    ReleaseBarrier();
#if MUTANT != 2
    AnnounceToNobody()
#endif
  };
#if MUTANT == 3
  runs--
#endif
}

proctype Worker() {
  byte level;
  byte count;
  bool owes_hand_on;
end:
  atomic { recruited -> recruited = false };
look:
  atomic {
    if
    :: ring != NO_LEVEL -> level = ring; ring = NO_LEVEL
    :: ring == NO_LEVEL -> idle++; goto end
    fi
  };
  Take();
  if
  :: count == 0 -> goto look
  :: count > 0
  fi;
  if
  :: owes_hand_on ->
     // It need not wait, or it does.
     if
     :: goto complete
#if MUTANT == 8
     :: true
#elif MUTANT == 9
     :: atomic { AnnounceToNobody() }
#else
     :: atomic { Announce() }
#endif
     fi
  :: !owes_hand_on
  fi;
  !apart || TOP_LEVEL == NO_LEVEL;
complete:
  Complete();
#if MUTANT == 7
  atomic { idle++; goto end };
#endif
  goto look
}

init {
  atomic {
    if
    :: apart = true;
       idle = 2;
       submitting = 2
    :: submitting = 3;
       run Submitter(HIGH);
       if
       :: idle = 1
       :: idle = 2
       fi;
       if
       :: true
       :: run Synchronizer(); run Canceller()
       fi
    fi;
    run Submitter(LOW);
    run Submitter(LOW);
    run Worker();
    if
    :: idle == 2 -> run Worker()
    :: idle == 1
    fi
  }
}
