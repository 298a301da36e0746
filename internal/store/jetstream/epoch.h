#ifndef SSEGW_INTERNAL_STORE_JETSTREAM_EPOCH_H_
#define SSEGW_INTERNAL_STORE_JETSTREAM_EPOCH_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "internal/nats/message.h"
#include "internal/nats/open_link.h"
#include "internal/store/jetstream/pull.h"

namespace ssegw::store::jetstream {

// The epoch of a log: eight characters of [a-z0-9], the same for whoever reads it. stream and
// created tell a log from one that was made anew under its name. A log that was set back to an
// earlier state of it, as from a backup, has both as before, and gives its seqs to other events: so
// a gateway that finds it so raises the generation. Without a record it is 0.
std::string EpochOf(std::string_view stream, std::string_view created, uint64_t generation);

// The record of the generation: a message of the log with the number as its text. The newest
// counts, which is the highest; the mirror keeps it when the log has evicted it.
struct Generation {
  uint64_t number = 0;
  // Of the record in the log, which whoever writes the next one has to name; 0: it is not there.
  uint64_t log_seq = 0;
};
std::optional<uint64_t> ParseGeneration(std::string_view data);
std::string FormatGeneration(uint64_t number);

// Reads the record, from the mirror and from the log.
//
// Thread: the loop's. Lifetime: the link outlives it.
class GenerationLook final : public PullListener {
 public:
  // subject: of the record. done is called once, as the last thing that it does: nullopt: a stream
  // is not there, or its consumer was lost.
  using Done = std::function<void(std::optional<Generation>)>;
  GenerationLook(nats::OpenLink& link, std::string keys_stream, std::string log_stream,
                 std::string subject, Done done);

  // A message of subscription().
  void OnMessage(nats::Message message) { pull_->OnMessage(std::move(message)); }
  nats::SubscriptionId subscription() const { return pull_->subscription(); }

 private:
  void OnBegin(uint64_t pending) override;
  void OnDelivery(const Delivery& delivery, nats::Message message) override;
  void OnEnd(PullEnd end) override;
  void Next();

  nats::OpenLink& link_;
  const std::string log_stream_;
  const std::string subject_;
  Done done_;
  bool in_log_ = false;
  Generation found_;
  std::unique_ptr<Pull> pull_;
};

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_INTERNAL_STORE_JETSTREAM_EPOCH_H_
