#include <aio.h>
#include <stdlib.h>
#include <unistd.h>

int aio_read(aiocb* /*block*/) noexcept {
  // The ends of sections and comments in XML, a terminal's escape, no UTF-8.
  constexpr char kText[] =
      "]]> --> </system-out> <&\"' \x1b[31m \xff\n# | ok 1\n";
  if (write(STDOUT_FILENO, kText, sizeof(kText) - 1) < 0) _exit(1);
  abort();
}
