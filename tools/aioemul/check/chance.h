// That something does not happen cannot be waited for.  A check that forbids
// something gives it a chance first, and then looks.

#ifndef AIOEMUL_TOOLS_AIOEMUL_CHECK_CHANCE_H_
#define AIOEMUL_TOOLS_AIOEMUL_CHECK_CHANCE_H_

namespace aioemul::tools::check {

class Trial;

// Gives the backend every chance to do what it must not: has it carry out
// requests on another file, one after the other, as far as it can.  How many of
// them it carries out, and how fast, decides nothing, so no backend fails by
// being slow, or by having one worker that is busy.
void GiveChance(Trial& trial);

}  // namespace aioemul::tools::check

#endif  // AIOEMUL_TOOLS_AIOEMUL_CHECK_CHANCE_H_
