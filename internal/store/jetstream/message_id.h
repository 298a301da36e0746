#ifndef SSEGW_INTERNAL_STORE_JETSTREAM_MESSAGE_ID_H_
#define SSEGW_INTERNAL_STORE_JETSTREAM_MESSAGE_ID_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The header Nats-Msg-Id, by which the server tells repeats. The first letter says whose it is, so
// that none meets another. Public: others may read the log.
namespace ssegw::store::jetstream {

inline constexpr std::string_view kMessageIdHeader = "Nats-Msg-Id";
inline constexpr size_t kMaxPlainMessageIdBytes = 200;

// A publisher's message_id: "p:" and its bytes, of which white space, control characters and "="
// are
// "=XX"; "h:" and its SHA-256 in hexadecimal if it has more than kMaxPlainMessageIdBytes.
std::string PublisherMessageId(std::string_view message_id);

// The deletion of an event whose ttl has run out, "t:<epoch>-<seq>": the same for every replica.
std::string DeletionMessageId(std::string_view event_id);

// "g:<writer>-<n>": of events that came without one, so that they can be sent again. writer: of the
// process, different for each.
class OwnMessageIds {
 public:
  explicit OwnMessageIds(std::string_view writer) : prefix_("g:" + std::string(writer) + "-") {}

  std::string Next() { return prefix_ + std::to_string(++last_); }

 private:
  const std::string prefix_;
  uint64_t last_ = 0;
};

// 16 characters of [a-z0-9] by chance.
std::string NewWriter();

// "m:" and 16 characters by chance: of a message that is no event.
inline std::string NewMetaMessageId() { return "m:" + NewWriter(); }

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_INTERNAL_STORE_JETSTREAM_MESSAGE_ID_H_
