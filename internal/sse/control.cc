#include "internal/sse/control.h"

#include <array>
#include <charconv>

#include "internal/base/concat.h"
#include "internal/sse/event_id.h"

namespace ssegw::sse {

std::string_view ToString(ResetReason reason) {
  switch (reason) {
    case ResetReason::kUnknownId:
      return "unknown_id";
    case ResetReason::kOtherEpoch:
      return "other_epoch";
    case ResetReason::kExpired:
      return "expired";
  }
  return "";
}

std::string_view ToString(ByeReason reason) {
  switch (reason) {
    case ByeReason::kDrain:
      return "drain";
    case ByeReason::kMaxAge:
      return "max_age";
    case ByeReason::kAuthExpired:
      return "auth_expired";
    case ByeReason::kClosed:
      return "closed";
    case ByeReason::kBusy:
      return "busy";
  }
  return "";
}

std::string Cut(std::string_view presented_id, bool keeps_half_events) {
  std::string text = ":\nevent: gateway.cut\ndata: {}\n";
  if (ParseEventId(presented_id)) {
    text += base::Concat("id: ", presented_id, "\n");
  } else if (keeps_half_events) {
    text += "id:\n";
  }
  text += '\n';
  return text;
}

std::string Hello(const HelloContent& content) {
  std::string_view resumed = "null";
  if (content.resumed) resumed = *content.resumed ? "true" : "false";
  std::string text = base::Concat("event: gateway.hello\nretry: ", content.retry.count(),
                                  "\ndata: {\"connection\":\"", content.connection,
                                  "\",\"resumed\":", resumed, "}\n");
  if (!content.id.empty()) text += base::Concat("id: ", content.id, "\n");
  text += '\n';
  return text;
}

std::string Reset(ResetReason reason, std::optional<uint64_t> missed) {
  return base::Concat("event: gateway.reset\ndata: {\"reason\":\"", ToString(reason),
                      "\",\"missed\":", missed ? std::to_string(*missed) : "null", "}\n\n");
}

std::string Stale(base::WallTime since) {
  return base::Concat("event: gateway.stale\ndata: {\"since\":\"", base::FormatRfc3339(since),
                      "\"}\n\n");
}

std::string Bye(ByeReason reason, std::chrono::milliseconds retry) {
  return base::Concat("event: gateway.bye\nretry: ", retry.count(), "\ndata: {\"reason\":\"",
                      ToString(reason), "\"}\n\n");
}

std::string Event(std::string_view type, std::string_view text) {
  std::string event;
  event.reserve(type.size() + text.size() + 32);
  if (!type.empty()) event += base::Concat("event: ", type, "\n");
  while (true) {
    const size_t end = text.find_first_of("\r\n");
    event += "data: ";
    event += text.substr(0, end);
    event += '\n';
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
  }
  event += '\n';
  return event;
}

std::string AsChunk(std::string_view text) {
  std::array<char, 16> hex;
  const char* const end = std::to_chars(hex.begin(), hex.end(), text.size(), 16).ptr;
  return base::Concat(std::string_view(hex.data(), static_cast<size_t>(end - hex.data())), "\r\n",
                      text, "\r\n");
}

}  // namespace ssegw::sse
