// What the models are made of: futexes and mutexes.
//
// Each statement of Promela is one step that nothing comes between; a step
// here stands for one atomic operation, one system call, or one assignment
// under a mutex.  Steps are sequentially consistent; see README.md.

#ifndef MUTANT
#define MUTANT 0
#endif

// Who sleeps on a futex is a set of processes.
#define SELF (1 << _pid)

// Sleeps while `word` holds `expected`, until a wake.  Never wakes for no
// reason: that could only hide a wake-up that was lost.
inline FutexWait(word, expected, asleep) {
  atomic {
    if
    :: word == expected -> asleep = asleep | SELF
    :: else
    fi
  };
  (asleep & SELF) == 0
}

inline FutexWake(asleep) { asleep = 0 }

inline Lock(mutex) { atomic { !mutex -> mutex = true } }
inline Unlock(mutex) { mutex = false }
