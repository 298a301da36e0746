#include "gateway/operators/connection_json.h"

#include <google/protobuf/timestamp.pb.h>

#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

#include "internal/base/concat.h"
#include "internal/base/text.h"
#include "internal/base/time.h"

namespace ssegw::operators {
namespace {

std::string Rfc3339(const google::protobuf::Timestamp& time) {
  const auto since_epoch =
      std::chrono::seconds(time.seconds()) + std::chrono::nanoseconds(time.nanos());
  return base::FormatRfc3339(
      base::WallTime(std::chrono::duration_cast<base::WallTime::duration>(since_epoch)));
}

void AppendText(std::string_view name, std::string_view value, std::string& out) {
  out += base::Concat(",\"", name, "\":");
  base::AppendJsonString(out, value);
}

// uint64 is a string in ProtoJSON.
void AppendInteger(std::string_view name, uint64_t value, std::string& out) {
  out += base::Concat(",\"", name, "\":\"", value, '"');
}

}  // namespace

void AppendJson(const ssegateway::v1::Connection& connection, std::string& out) {
  out += "{\"id\":";
  base::AppendJsonString(out, connection.id());
  AppendText("replica", connection.replica(), out);
  AppendText("subject", connection.subject(), out);
  AppendText("address", connection.address(), out);
  AppendText("userAgent", connection.user_agent(), out);
  out += ",\"filters\":[";
  bool is_first = true;
  for (const std::string& filter : connection.filters()) {
    if (!std::exchange(is_first, false)) out += ',';
    base::AppendJsonString(out, filter);
  }
  out += ']';
  AppendText("mode", connection.mode(), out);
  if (connection.has_opened_at()) AppendText("openedAt", Rfc3339(connection.opened_at()), out);
  if (connection.has_last_write_at()) {
    AppendText("lastWriteAt", Rfc3339(connection.last_write_at()), out);
  }
  AppendText("cursor", connection.cursor(), out);
  AppendInteger("lagEvents", connection.lag_events(), out);
  AppendInteger("frames", connection.frames(), out);
  AppendInteger("bytes", connection.bytes(), out);
  out += '}';
}

void AppendJson(const ssegateway::v1::ListConnectionsResponse& response, std::string& out) {
  out += "{\"connections\":[";
  bool is_first = true;
  for (const auto& connection : response.connections()) {
    if (!std::exchange(is_first, false)) out += ',';
    AppendJson(connection, out);
  }
  out += ']';
  AppendText("nextPageToken", response.next_page_token(), out);
  out += response.partial() ? ",\"partial\":true}" : ",\"partial\":false}";
}

void AppendJson(const ssegateway::v1::WatchConnectionsResponse& event, base::WallTime told_at,
                std::string& out) {
  out += base::Concat("{\"toldAt\":\"", base::FormatRfc3339(told_at), '"');
  if (event.has_opened()) {
    out += ",\"opened\":{\"connection\":";
    AppendJson(event.opened().connection(), out);
    out += '}';
  } else if (event.has_resumed()) {
    out += ",\"resumed\":{\"connection\":";
    AppendJson(event.resumed().connection(), out);
    AppendText("previousId", event.resumed().previous_id(), out);
    out += '}';
  } else if (event.has_closed()) {
    out += ",\"closed\":{\"connection\":";
    AppendJson(event.closed().connection(), out);
    AppendText("reason", event.closed().reason(), out);
    if (event.closed().has_closed_at()) {
      AppendText("closedAt", Rfc3339(event.closed().closed_at()), out);
    }
    out += '}';
  }
  out += '}';
}

}  // namespace ssegw::operators
