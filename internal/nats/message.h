#ifndef SSEGW_INTERNAL_NATS_MESSAGE_H_
#define SSEGW_INTERNAL_NATS_MESSAGE_H_

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

// libnats' natsMsg: who includes this header gets none of the library's.
struct __natsMsg;  // NOLINT(bugprone-reserved-identifier)

namespace ssegw::nats {

struct HeaderField {
  std::string_view name;
  std::string_view value;
};

// A message that has come. Views are good for as long as it lives; moving keeps them.
//
// Thread: one at a time.
class Message {
 public:
  // For tests, and whoever has no server to get one from.
  static Message Make(std::string_view subject, std::string_view reply, std::string_view data,
                      const std::vector<HeaderField>& header = {});
  // A message without data whose header has a status alone, as servers answer:
  // "NATS/1.0 503\r\n\r\n", "NATS/1.0 409 Consumer Deleted\r\n\r\n".
  static Message MakeStatus(std::string_view subject, int status, std::string_view description);

  // Takes it over.
  explicit Message(__natsMsg* message) : message_(message) {}

  std::string_view subject() const;
  std::string_view reply() const;
  std::string_view data() const;
  // Absent: no such field.
  std::optional<std::string_view> header(std::string_view name) const;
  // 100: a heartbeat; 404, 408, 409: the end of a pull request; 503: nobody answers. 0: none, so it
  // is a message with data.
  int status() const;
  std::string_view status_text() const;

 private:
  struct Free {
    void operator()(__natsMsg* message) const;
  };
  std::unique_ptr<__natsMsg, Free> message_;
};

}  // namespace ssegw::nats

#endif  // SSEGW_INTERNAL_NATS_MESSAGE_H_
