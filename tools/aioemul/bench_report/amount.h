// Amounts as a reader wants them: three digits that matter, and a unit.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_AMOUNT_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_AMOUNT_H_

#include <cstdint>
#include <string>

namespace aioemul::bench_report {

// Stands where there is no amount.
inline constexpr char kNoAmount[] = "–";

std::string ThreeDigits(double number);             // "87.4", "412", "0.0312"
std::string CountText(double count);                // "412 k", "1.23 M"
std::string TimeText(double nanoseconds);           // "87.4 µs"
std::string BytesText(int64_t bytes);               // "4 KiB"
std::string ChangeText(double before, double now);  // "+12.0 %"
std::string RatioText(double number, double base);  // "1.23"

}  // namespace aioemul::bench_report

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_AMOUNT_H_
