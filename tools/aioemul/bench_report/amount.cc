#include "tools/aioemul/bench_report/amount.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/types/span.h"

namespace aioemul::bench_report {
namespace {

// From here on three digits round up to the next thousand.
constexpr double kRoundsToThousand = 999.5;

// In the first unit in which three digits tell it; units are a thousand apart.
std::string InUnits(double amount, absl::Span<const char* const> units) {
  size_t unit = 0;
  while (amount >= kRoundsToThousand && unit + 1 < units.size()) {
    amount /= 1000;
    ++unit;
  }
  return absl::StrCat(ThreeDigits(amount), units[unit]);
}

}  // namespace

std::string ThreeDigits(double number) {
  if (number == 0) return "0";
  int decimals = 0;
  // The first place that matters, after rounding.
  for (double limit = 99.95; number < limit && decimals < 6; limit /= 10) {
    ++decimals;
  }
  return absl::StrFormat("%.*f", decimals, number);
}

std::string CountText(double count) {
  return InUnits(count, {"", " k", " M", " G"});
}

std::string TimeText(double nanoseconds) {
  return InUnits(nanoseconds, {" ns", " µs", " ms", " s"});
}

std::string BytesText(int64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB"};
  size_t unit = 0;
  double amount = static_cast<double>(bytes);
  while (amount >= 1024 && unit + 1 < sizeof(kUnits) / sizeof(*kUnits)) {
    amount /= 1024;
    ++unit;
  }
  const bool whole =
      amount == static_cast<double>(static_cast<int64_t>(amount));
  return absl::StrFormat("%.*f %s", whole ? 0 : 1, amount, kUnits[unit]);
}

std::string ChangeText(double before, double now) {
  if (before == 0) return kNoAmount;
  return absl::StrFormat("%+.1f %%", (now / before - 1) * 100);
}

std::string RatioText(double number, double base) {
  return base == 0 ? kNoAmount : CountText(number / base);
}

}  // namespace aioemul::bench_report
