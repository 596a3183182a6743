// The engine behind the C interface, and what becomes of it when the process
// forks (contract H1).
//
// Every function here first sees whether the process is a child that nobody
// told (one of _Fork, or of the system call), and then makes it its own.
//
// A forked child has one thread and a copy of everything else, as the other
// threads left it in the middle of whatever they did.  So the child *abandons*
// the engine: it takes no lock of it and frees none of its memory, since a call
// that was interrupted by the handler that forked may still go back to it.  The
// first call that submits in the child makes another engine, its *successor*;
// until then, and where there is no memory for one, the abandoned engine
// answers: nothing is outstanding, and what was reads ECANCELED.

#ifndef AIOEMUL_EMUL_PROCESS_H_
#define AIOEMUL_EMUL_PROCESS_H_

#include <atomic>

#include "emul/engine.h"

namespace aioemul {

// For what only looks: the engine as it is, perhaps an abandoned one, which has
// nothing outstanding.  Any thread; async-signal-safe.
Engine& ProcessEngine();

// Where that engine is noted; null while there is none.  Makes nothing.
const std::atomic<Engine*>& ProcessEngineSlot();

// For what submits or tunes: an engine that works, if there is memory for one.
// Any thread; not async-signal-safe.
Engine& WorkingProcessEngine();

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_PROCESS_H_
