#include "internal/store/shared_log_stats.h"

namespace ssegw::store {

std::string_view ToString(PublishRetry reason) {
  switch (reason) {
    case PublishRetry::kNoResponders:
      return "no_responders";
    case PublishRetry::kTimeout:
      return "timeout";
    case PublishRetry::kDisconnected:
      return "disconnected";
  }
  return "";
}

std::string_view ToString(ReaderRestart reason) {
  switch (reason) {
    case ReaderRestart::kHeartbeat:
      return "heartbeat";
    case ReaderRestart::kDeleted:
      return "deleted";
    case ReaderRestart::kConnection:
      return "connection";
  }
  return "";
}

std::string_view ToString(EpochChange reason) {
  switch (reason) {
    case EpochChange::kRecreated:
      return "recreated";
    case EpochChange::kSetBack:
      return "set_back";
  }
  return "";
}

}  // namespace ssegw::store
