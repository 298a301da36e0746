#ifndef SSEGW_INTERNAL_STORE_JETSTREAM_STREAMS_H_
#define SSEGW_INTERNAL_STORE_JETSTREAM_STREAMS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "internal/base/time.h"
#include "internal/nats/requests.h"
#include "internal/store/jetstream/api.h"

namespace ssegw::store::jetstream {

struct StreamsOptions {
  std::string name;  // --nats_stream
  // Of streams that are made here.
  int64_t replicas = 1;
  bool in_memory = false;
  // Of the log: those of the window. Streams that are there may have others.
  size_t max_events = 100'000;
  size_t max_bytes = 64 * 1024 * 1024;
  base::Duration max_age = std::chrono::minutes(5);
  base::Duration dedup_window = std::chrono::minutes(2);
  // The mirror has twice as many subjects, since a deleted key keeps one.
  size_t max_keys = 100'000;
  // An event is sent again for as long as publish_timeout, so ids have to be remembered for twice
  // that.
  base::Duration publish_timeout = std::chrono::seconds(10);
};

// The two streams of a log, as the server has them.
struct LogStreams {
  StreamInfo log;
  StreamInfo keys;
  // The log was not there: this is a new one.
  bool log_created = false;
};

// Looks for the two streams of a log, makes what is missing, and checks what is there. A mirror
// that is older than its log belongs to another one, whose content it keeps for good, and says
// "lag: 0": it is deleted and made anew. Several gateways may do this at once.
//
// Thread:   the loop's.
// Lifetime: it may end before its answer comes: then that is not called.
// Errors:   FAILED_PRECONDITION: a server below 2.9 or without JetStream, a stream that cannot be
//           used, or that the server refuses to make: one line, and nothing that waiting changes.
//           Otherwise it may work later: UNAVAILABLE, or what a request ends with.
class Streams {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<LogStreams>) &&>;

  explicit Streams(StreamsOptions options);
  ~Streams();
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  // One at a time; done is called once. What differs from the options is warned of the first time.
  void Find(nats::Requests& requests, Done done);

  // In how many searches a stream may be in the way of one that is to be made, and not be found:
  // another gateway may be making it.
  static constexpr int kMaxInTheWay = 5;

 private:
  enum class Which { kLog, kKeys };

  // The steps, in this order.
  void AskForJetStream();
  void AskForVersion();
  void AskFor(Which which);
  void Create(Which which);
  void DeleteKeys();

  void OnInfo(Which which, std::string_view answer);
  void OnCreated(Which which, std::string_view answer);
  // The server says that a stream is in its way, and has none of that name.
  void EndInTheWay(Which which, const ApiError& error);
  absl::Status Check(Which which, const StreamInfo& info) const;
  void Take(Which which, StreamInfo info);
  StreamConfig Wanted(Which which) const;
  // Servers of 2.9 number messages differently after one of them was killed.
  static void WarnOfCopies(const StreamInfo& log);
  void WarnOfDifferences(Which which, const StreamConfig& found);

  void Ask(const std::string& subject, const std::string& data, base::Duration timeout,
           absl::AnyInvocable<void(std::string_view) &&> on_answer);
  void End(absl::StatusOr<LogStreams> result);

  const StreamsOptions options_;
  // For callbacks that come when this is gone.
  const std::shared_ptr<Streams*> self_;
  bool warned_ = false;
  int in_the_way_ = 0;

  // Of the search that is going on.
  nats::Requests* requests_ = nullptr;
  Done done_;
  LogStreams found_;
  bool keys_deleted_ = false;
  // Why the one that is looked for was not made.
  std::optional<ApiError> refusal_;
};

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_INTERNAL_STORE_JETSTREAM_STREAMS_H_
