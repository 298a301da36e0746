#ifndef SSEGW_INTERNAL_NET_SERVICE_HTTP_SERVICE_H_
#define SSEGW_INTERNAL_NET_SERVICE_HTTP_SERVICE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "internal/base/mutex.h"
#include "internal/base/time.h"
#include "internal/fanout/subscription_request.h"
#include "internal/sse/control.h"

namespace ssegw::net {

// The head of an HTTP request, as views that live as long as the call it is passed to.
struct HttpRequest {
  std::string_view method;
  // Path and query as sent, percent-encoded; of a target that is a URL, what follows its host, from
  // a "/" on.
  std::string_view target;
  struct Field {
    std::string_view name;
    std::string_view value;  // without surrounding white space
  };
  std::vector<Field> fields;
  // Numeric address of the peer, without port.
  std::string_view peer_address;
  // Unique in this process, [A-Za-z0-9-]: for X-Connection-Id.
  std::string_view connection_id;
  // The host that it is for, with its port if it has one: from the target if that is a URL,
  // otherwise from the Host field (RFC 9112 section 3.2.2). It has the form of a host; empty for
  // HTTP/1.0 without either.
  std::string_view host = {};
  // What the request is called in the log, and in the answer that refuses it: the X-Request-Id that
  // it came with if that is sane, otherwise the connection_id.
  std::string_view request_id;
  // A body follows, of any length. Unless the answer wants it, it is not read, and the session
  // closes after the answer.
  bool has_body = false;

  // The first field of that name, whatever its case; nullopt if there is none.
  std::optional<std::string_view> Find(std::string_view name) const;
  // The values of all lines of a list field, with a comma between them (RFC 9110 section 5.3);
  // empty if there is none.
  std::string FindList(std::string_view name) const;
};

using HttpFields = std::vector<std::pair<std::string, std::string>>;

// Lets whoever gave an answer end it while it is on its way, so that others have its place.
//
// Thread: any.
class AnswerEnd {
 public:
  // For the session: what ends it. Called at once if End was called before.
  void Set(std::function<void()> end);
  // The session closes soon, unless the answer has been written.
  void End();

 private:
  base::Mutex mutex_;
  std::function<void()> end_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

// A whole answer. The session adds Content-Length, Connection and Date. A service returns the same
// answer for HEAD as for GET: the session leaves out the body.
struct HttpResponse {
  int status = 200;
  HttpFields fields = {};
  std::string body = {};
  // Instead of body: bytes that live as long as the process, or as long as the owner is held.
  std::string_view static_body = {};
  std::shared_ptr<const void> static_body_owner = nullptr;
  // For HEAD, if body is left out: the length of GET's body; nullopt if it is not known.
  std::optional<size_t> head_length = {};
  std::shared_ptr<AnswerEnd> end = nullptr;
  // Why the request is refused, for the log; empty: it is not. The session adds the X-Request-Id
  // and logs it.
  std::string refusal = {};
  // The address that a refusal is logged under; empty: the peer's.
  std::string address = {};
  // Who is refused, as far as it has been told; empty: unknown.
  std::string identity = {};
};

// 1 to 64 of [A-Za-z0-9._-]: what is taken over from an X-Request-Id. Proxies make UUIDs and hex.
bool IsRequestId(std::string_view text);

// An event stream: status 200, these fields, then what the subscription gets. The session adds
// Transfer-Encoding, the connection everything that the stream says of itself.
struct HttpStream {
  HttpFields fields;
  fanout::SubscriptionRequest subscription;
  // Whose it is, for the limit per address; empty: the peer's.
  std::string address = {};
  // Its address makes too many requests: it is shed.
  bool over_request_rate = false;
  // When it ends at the latest, with gateway.bye and that reason; max: never.
  base::TimePoint ends_at = base::TimePoint::max();
  sse::ByeReason end_reason = sse::ByeReason::kAuthExpired;
  // Who its client is, as far as it has been told; empty: unknown.
  std::string identity = {};
  // What its client calls itself: UTF-8, of which kMaxUserAgentBytes are kept. Empty: nothing.
  std::string user_agent = {};
  static constexpr size_t kMaxUserAgentBytes = 256;
};

struct HttpReply;

// The answer comes later: it needs something from elsewhere, and the shard's thread does not wait.
struct HttpLater {
  // Called at once, on the session's thread. ready: may be called by any thread, any number of
  // times, when the answer is there.
  std::function<void(std::function<void()> ready)> start;
  // Gives the answer, of any kind. Called once on the session's thread, after ready or when
  // patience is over; never if the session is gone.
  std::function<HttpReply()> finish;
  base::Duration patience{0};
  // What has to be done for it on the session's thread: called again and again, with turns for
  // others in between, for as long as it returns true, also when the session is gone. Each call
  // takes some 0.1 ms at most. Empty: nothing.
  std::function<bool()> work = {};
};

// The answer depends on the request's body. The session reads it whole: 408 if it takes too long,
// 413 if it is longer, 400 if it is malformed.
struct HttpWantsBody {
  size_t max_bytes = 0;
  // Gives the answer, of any kind but this one. Called once on the session's thread; never if the
  // body does not come whole, or the session is gone.
  std::function<HttpReply(std::string body)> then;
};

struct HttpReply : std::variant<HttpResponse, HttpStream, HttpLater, HttpWantsBody> {
  using variant::variant;
};

// What answers requests on one listener.
//
// Thread: every shard's, at the same time; must not block.
class HttpService {
 public:
  virtual ~HttpService() = default;
  virtual HttpReply Handle(const HttpRequest& request) = 0;
  // The answer to what never became a request: 400 malformed, 408 too slow, 413 body, 431 head. The
  // session closes after it. detail: for a human reader, without control characters.
  virtual HttpResponse Refuse(int status, std::string_view detail) = 0;
  // Its sessions may speak HTTP/2 as well as HTTP/1.1.
  virtual bool speaks_http2() const { return false; }
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SERVICE_HTTP_SERVICE_H_
