#include "emul/check.h"

#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace aioemul {
namespace {

// Nothing can be done about a failure to say why.
void Say(const char* text) {
  const ssize_t written = write(STDERR_FILENO, text, strlen(text));
  static_cast<void>(written);
}

}  // namespace

void Fail(const char* what) {
  Say("aioemul: internal error: ");
  Say(what);
  Say("\n");
  abort();
}

}  // namespace aioemul
