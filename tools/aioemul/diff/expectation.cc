#include "tools/aioemul/diff/expectation.h"

#include <aio.h>
#include <errno.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace aioemul::tools::diff {
namespace {

constexpr std::pair<int, absl::string_view> kErrors[] = {
    {0, "success"},     {EAGAIN, "EAGAIN"},       {EBADF, "EBADF"},
    {EBUSY, "EBUSY"},   {ECANCELED, "ECANCELED"}, {ECONNRESET, "ECONNRESET"},
    {EFAULT, "EFAULT"}, {EFBIG, "EFBIG"},         {EINPROGRESS, "EINPROGRESS"},
    {EINTR, "EINTR"},   {EINVAL, "EINVAL"},       {EIO, "EIO"},
    {ENOMEM, "ENOMEM"}, {ENOSPC, "ENOSPC"},       {ENOSYS, "ENOSYS"},
    {EPIPE, "EPIPE"},   {ESPIPE, "ESPIPE"},
};

std::string ErrorText(long error) {
  for (const auto& [number, name] : kErrors) {
    if (number == error) return std::string(name);
  }
  return absl::StrCat("errno ", error);
}

}  // namespace

std::string NameOf(long value, Naming naming) {
  switch (naming) {
    case Naming::kNumber:
      break;
    case Naming::kError:
      return ErrorText(value);
    case Naming::kNegativeError:
      if (value < 0) return absl::StrCat("-1 with ", ErrorText(-value));
      break;
    case Naming::kCancel:
      if (value == AIO_CANCELED) return "AIO_CANCELED";
      if (value == AIO_NOTCANCELED) return "AIO_NOTCANCELED";
      if (value == AIO_ALLDONE) return "AIO_ALLDONE";
      if (value < 0) return absl::StrCat("-1 with ", ErrorText(-value));
      break;
  }
  return absl::StrCat(value);
}

bool Expectation::Allows(long got) const {
  return (low <= got && got <= high) ||
         std::find(legal.begin(), legal.end(), got) != legal.end();
}

std::string Expectation::LegalText() const {
  std::string text =
      absl::StrJoin(legal, " or ", [this](std::string* out, long value) {
        absl::StrAppend(out, NameOf(value, naming));
      });
  if (low > high) return text;
  const std::string range =
      low == high ? absl::StrCat(low) : absl::StrCat(low, " to ", high);
  return text.empty() ? range : absl::StrCat(text, " or ", range);
}

}  // namespace aioemul::tools::diff
