#include "emul/options.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace aioemul {
namespace {

bool ParseWholeNumber(const char* text, int64_t* number) {
  // What is out of range becomes the nearest that is not, as in a setting.
  char* end = nullptr;
  *number = strtoll(text, &end, 10);
  return end != text && *end == '\0';
}

// One system call, so that the line stays whole, and no stdio buffer of the
// program is touched.
void NameMalformed(const char* name, const char* value) {
  char line[256];
  const int length = snprintf(
      line, sizeof(line), "aioemul: %s=%.100s is not a whole number; ignored\n",
      name, value);
  const ssize_t written =
      write(STDERR_FILENO, line, static_cast<size_t>(length));
  static_cast<void>(written);
}

void ApplyVariable(const char* name, Setting* setting) {
  const char* text = getenv(name);
  if (text == nullptr) return;
  int64_t number = 0;
  if (ParseWholeNumber(text, &number)) {
    setting->Set(number);
    setting->fixed = true;
  } else {
    NameMalformed(name, text);
  }
}

}  // namespace

void Setting::Set(int64_t wanted) {
  if (fixed) return;
  value = static_cast<int>(std::clamp<int64_t>(wanted, least, most));
}

void Options::ApplyEnvironment() {
  const int saved_errno = errno;
  ApplyVariable("AIOEMUL_THREADS", &threads);
  ApplyVariable("AIOEMUL_NUM", &reserve);
  ApplyVariable("AIOEMUL_IDLE_TIME", &idle_time);
  ApplyVariable("AIOEMUL_INLINE", &inline_bytes);
  ApplyVariable("AIOEMUL_INLINE_WRITES", &inline_write_bytes);
  ApplyVariable("AIOEMUL_MERGE", &merge_bytes);
  ApplyVariable("AIOEMUL_SPIN", &spin);
  ApplyVariable("AIOEMUL_MAX_REQUESTS", &max_requests);
  errno = saved_errno;
}

}  // namespace aioemul
