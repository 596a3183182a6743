#include "emul/request.h"

#include "emul/check.h"

namespace aioemul {
namespace {

bool MayFollow(RequestState state, RequestState next) {
  switch (state) {
    case RequestState::kFree:
      return next == RequestState::kHeld || next == RequestState::kQueued ||
             next == RequestState::kWaiting || next == RequestState::kComplete;
    case RequestState::kHeld:
      return next == RequestState::kQueued || next == RequestState::kWaiting ||
             next == RequestState::kComplete;
    case RequestState::kQueued:
    case RequestState::kWaiting:
      return next == RequestState::kRunning || next == RequestState::kComplete;
    case RequestState::kRunning:
      return next == RequestState::kWaiting || next == RequestState::kComplete;
    case RequestState::kComplete:
      return next == RequestState::kFree;
  }
  return false;
}

}  // namespace

void Request::MoveTo(RequestState next) {
  Check(MayFollow(state, next), "illegal transition of a request");
  state = next;
}

}  // namespace aioemul
