#include "tests/stress/reopened_subjects.h"

#include <utility>

namespace aioemul::stress {
namespace {

constexpr size_t kMostAtOnce = 4096;

std::unique_ptr<Subject> MakeAny(Random& random, const Place& place) {
  const uint64_t key = random.Next();
  const int choice = random.Below(4);
  if (choice == 0) return std::make_unique<AppendFile>(key, place);
  if (choice == 1) {
    auto file = std::make_shared<SharedFile>(Random(random.Next()),
                                             /*owners=*/1, place);
    return std::make_unique<BlockFile>(std::move(file), /*owner=*/0, key,
                                       place);
  }
  auto channel = std::make_shared<Channel>(
      Random(random.Next()), Channel::Ends::kOfOneThread, place.failures);
  if (choice == 2) return std::make_unique<LoneReader>(std::move(channel));
  return std::make_unique<LoneWriter>(std::move(channel), key);
}

}  // namespace

void LoneWriter::Idle(Random& random) {
  channel().ReadPlain(random.Size(kMostBytes));
}

void LoneReader::Idle(Random& random) {
  channel().WritePlain(random, random.Size(kMostAtOnce));
}

std::unique_ptr<Subject> OpenAny(Random& random, const Place& place) {
  std::unique_ptr<Subject> subject = MakeAny(random, place);
  subject->AllowClosing();
  return subject;
}

}  // namespace aioemul::stress
