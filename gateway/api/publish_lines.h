#ifndef SSEGW_GATEWAY_API_PUBLISH_LINES_H_
#define SSEGW_GATEWAY_API_PUBLISH_LINES_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "gateway/api/body_room.h"
#include "gateway/api/event_sink.h"
#include "internal/base/time.h"

namespace ssegw::api {

// The events of one request, one a line (application/x-ndjson), published one after the other: each
// is in the store before the next is looked at, so they have their order whatever the store.
//
// Owns:     the lines, and the answers: a line for each, in order.
// Thread:   the sink's threads, one at a time.
// Lifetime: shared by what it waits for.
class PublishLines : public std::enable_shared_from_this<PublishLines> {
 public:
  static constexpr size_t kMaxLines = 65'536;

  // What a line is as a serialized Event.
  using ToWire = std::function<absl::StatusOr<std::string>(std::string_view line)>;
  struct Request {
    std::string body;
    BodyRoom::Held room;
    ToWire to_wire;
    std::string peer;
    // Lines that have not been begun by then are not published, and their answers say so.
    base::TimePoint until;
  };
  PublishLines(EventSink& sink, Request request, std::function<void(std::string answers)> done)
      : sink_(sink), request_(std::move(request)), done_(std::move(done)) {}

  // Once, on a thread of the sink. done is called by any thread.
  void Work();

  // Lines that are not blank.
  static size_t Count(std::string_view body);

 private:
  // Empty: there is none left.
  std::string_view NextLine();
  // False: the answer comes later, and goes on then.
  bool Publish(std::string_view line);
  void Answer(const store::AppendResult& result);

  EventSink& sink_;
  const Request request_;
  const std::function<void(std::string answers)> done_;
  size_t next_ = 0;
  std::string answers_;
};

// {"id":…,"duplicate":…} or, as ProtoJSON has it in an answer of PublishStream,
// {"error":{"code":…}} with the number of a google.rpc.Code; with a line end.
void AppendResult(const store::AppendResult& result, std::string& json);

}  // namespace ssegw::api

#endif  // SSEGW_GATEWAY_API_PUBLISH_LINES_H_
