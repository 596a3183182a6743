// Lets a command end cleanly when it is interrupted.

#ifndef AIOEMUL_TOOLS_AIOEMUL_STOP_SIGNALS_H_
#define AIOEMUL_TOOLS_AIOEMUL_STOP_SIGNALS_H_

namespace aioemul::tools {

// From now on SIGINT, SIGTERM and SIGHUP are only noted, those among them that
// are ignored excepted (nohup).  SIGPIPE and SIGXFSZ are ignored, so that what
// they tell of arrives as EPIPE and EFBIG.  To be called once, early.
void CatchStopSignals();

// The first stop signal that came, or 0.
int StopSignalReceived();

// Ends the process as the signal would have without CatchStopSignals, so that
// the parent knows of it (a shell shows 128 plus its number).
[[noreturn]] void DieOfSignal(int signal_number);

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_STOP_SIGNALS_H_
