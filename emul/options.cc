#include "emul/options.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "absl/base/attributes.h"
#include "emul/platform/platform.h"
#include "emul/platform/rights.h"

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

// Its value; null when there is none.
const char* Find(const char* const* environment, const char* name) {
  const size_t length = strlen(name);
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const char* variable = *environment;
    if (strncmp(variable, name, length) == 0 && variable[length] == '=') {
      return variable + length + 1;
    }
  }
  return nullptr;
}

void ApplyVariable(const char* const* environment, const char* name,
                   Setting* setting) {
  const char* text = Find(environment, name);
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

void Options::ApplyEnvironment(const char* const* environment) {
  const int saved_errno = errno;
  ApplyVariable(environment, "AIOEMUL_THREADS", &threads);
  ApplyVariable(environment, "AIOEMUL_NUM", &reserve);
  ApplyVariable(environment, "AIOEMUL_IDLE_TIME", &idle_time);
  ApplyVariable(environment, "AIOEMUL_INLINE", &inline_bytes);
  ApplyVariable(environment, "AIOEMUL_INLINE_WRITES", &inline_write_bytes);
  ApplyVariable(environment, "AIOEMUL_MERGE", &merge_bytes);
  ApplyVariable(environment, "AIOEMUL_SPIN", &spin);
  ApplyVariable(environment, "AIOEMUL_MAX_REQUESTS", &max_requests);
  ApplyVariable(environment, "AIOEMUL_CLASSIC", &classic);
  if (classic.value != 0) {
    // Vectored transfers, and those that do not wait.
    for (Setting* setting :
         {&inline_bytes, &inline_write_bytes, &merge_bytes}) {
      setting->value = 0;
      setting->fixed = true;
    }
  }
  errno = saved_errno;
}

namespace {

// Written once, by whoever is first.
ABSL_CONST_INIT Options at_load;
pthread_once_t loading = PTHREAD_ONCE_INIT;
// Where the C library's own constructors have not run yet, as when the library
// is linked to be initialized before all others, glibc knows of no environment;
// but it passes it to constructors.
char** passed_environment = nullptr;

void Load() {
  if (rights::AreMoreThanTheCallers()) return;
  at_load.ApplyEnvironment(environ != nullptr ? environ : passed_environment);
  if (at_load.classic.value != 0) ChooseClassicCalls();
}

__attribute__((constructor(101))) void LoadEarly(int /*argument_count*/,
                                                 char** /*arguments*/,
                                                 char** environment) {
  passed_environment = environment;
  pthread_once(&loading, &Load);
}

}  // namespace

const Options& OptionsAtLoad() {
  pthread_once(&loading, &Load);
  return at_load;
}

void SetOptionsAtLoadForTesting(const Options& options) {
  OptionsAtLoad();
  at_load = options;
}

}  // namespace aioemul
