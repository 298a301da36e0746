#ifndef SSEGW_INTERNAL_NET_HTTP_SERVICE_H_
#define SSEGW_INTERNAL_NET_HTTP_SERVICE_H_

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
  // The host that it is for, with its port where it has one: the target's, where that is a URL,
  // otherwise that of the Host field (RFC 9112 section 3.2.2); empty: HTTP/1.0 without either.
  // Whatever else it is, it has the form of one.
  std::string_view host = {};
  // What the request is called in the log, and in the answer that refuses it: the X-Request-Id that
  // it came with if that is sane, otherwise the connection_id.
  std::string_view request_id;
  // A body follows, of any length. It is not read, and the connection is closed after the answer.
  bool has_body = false;

  // The first field of that name, whatever its case; nullopt: none.
  std::optional<std::string_view> Find(std::string_view name) const;
  // Of a field that is a list: its values of all lines, with a comma between them (RFC 9110 section
  // 5.3); empty: there is none.
  std::string FindList(std::string_view name) const;
};

using HttpFields = std::vector<std::pair<std::string, std::string>>;

// Lets whoever gave an answer end it while it is on its way, for others to have its place.
//
// Thread: any.
class AnswerEnd {
 public:
  // The connection's: what ends it. Called at once where End was before.
  void Set(std::function<void()> end);
  // The connection is closed soon, unless the answer has been written.
  void End();

 private:
  base::Mutex mutex_;
  std::function<void()> end_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

// A whole answer. Content-Length, Connection and Date are the connection's business. For HEAD the
// same answer is returned as for GET: the connection leaves out the body.
struct HttpResponse {
  int status = 200;
  HttpFields fields;
  std::string body;
  // Instead of body: bytes that live as long as the process, or as the owner is held.
  std::string_view static_body;
  std::shared_ptr<const void> static_body_owner = nullptr;
  // Of an answer to HEAD without a body: how long that of GET is; nullopt: not known.
  std::optional<size_t> head_length = {};
  std::shared_ptr<AnswerEnd> end = nullptr;
  // Why the request is refused, for the log; empty: it is not. The connection then adds the
  // X-Request-Id and logs it.
  std::string refusal = {};
  // Of a refusal: whose it was; empty: the peer's.
  std::string address = {};
};

// 1 to 64 of [A-Za-z0-9._-]: what is taken over from an X-Request-Id. Proxies make UUIDs and hex.
bool IsRequestId(std::string_view text);

// The connection becomes an event stream: status 200, these fields, then the subscription's frames.
// Transfer-Encoding is the connection's business, and so are retry and the rest of the stream.
struct HttpStream {
  HttpFields fields;
  fanout::SubscriptionRequest subscription;
  // Whose it is, for the limit per address; empty: the peer's.
  std::string address = {};
  // Its address makes too many requests: it is turned away.
  bool over_request_rate = false;
};

// The answer comes later, since it takes what others have to say; the service's thread does not
// wait for it.
struct HttpLater {
  // Called at once, on the connection's thread. ready: to be called by any thread when the answer
  // is there, as often as one likes.
  std::function<void(std::function<void()> ready)> start;
  // The answer: called once after that, or when patience is over with what there is by then; on the
  // connection's thread. Not at all if the connection is gone.
  std::function<HttpResponse()> finish;
  base::Duration patience{0};
  // What is to be done for it on the connection's thread: called again and again, with turns for
  // others in between, for as long as it returns true, also when the connection is gone. Each call
  // takes some 0.1 ms at most. Empty: nothing.
  std::function<bool()> work = {};
};

using HttpReply = std::variant<HttpResponse, HttpStream, HttpLater>;

// What answers requests on one listener.
//
// Thread: every shard's, at the same time; must not block.
class HttpService {
 public:
  virtual ~HttpService() = default;
  virtual HttpReply Handle(const HttpRequest& request) = 0;
  // The answer to what never became a request: 400 malformed, 408 too slow, 413 body, 431 head. The
  // connection is closed after it. detail: for the one who reads it, without control characters.
  virtual HttpResponse Refuse(int status, std::string_view detail) = 0;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_HTTP_SERVICE_H_
