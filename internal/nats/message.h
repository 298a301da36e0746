#ifndef SSEGW_INTERNAL_NATS_MESSAGE_H_
#define SSEGW_INTERNAL_NATS_MESSAGE_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "internal/nats/header.h"

namespace ssegw::nats {

// A message that has come. Views are good for as long as it lives; moving keeps them.
//
// Thread: one at a time.
// Cost:   one allocation, and a copy of its bytes.
class Message {
 public:
  // header: as it is on the wire, "NATS/1.0\r\nName: value\r\n\r\n"; empty: none.
  Message(std::string_view subject, std::string_view reply, std::string_view header,
          std::string_view data);

  // For tests, and whoever has no server to get one from.
  static Message Make(std::string_view subject, std::string_view reply, std::string_view data,
                      const std::vector<HeaderField>& header = {});
  // A message without data whose header has a status alone, as servers answer:
  // "NATS/1.0 503\r\n\r\n", "NATS/1.0 409 Consumer Deleted\r\n\r\n".
  static Message MakeStatus(std::string_view subject, int status, std::string_view description);

  std::string_view subject() const { return Part(0, subject_size_); }
  std::string_view reply() const { return Part(subject_size_, reply_size_); }
  std::string_view data() const {
    return Part(subject_size_ + reply_size_ + header_size_, data_size_);
  }
  // Absent: no such field.
  std::optional<std::string_view> header(std::string_view name) const;
  // 100: a heartbeat; 404, 408, 409: the end of a pull request; 503: nobody answers. 0: none, so it
  // is a message with data.
  int status() const;
  std::string_view status_text() const;

 private:
  std::string_view Part(size_t begin, size_t size) const { return {bytes_.get() + begin, size}; }
  std::string_view HeaderBlock() const { return Part(subject_size_ + reply_size_, header_size_); }
  // What the first line of the header has after the version.
  std::string_view StatusLine() const;

  size_t subject_size_;
  size_t reply_size_;
  size_t header_size_;
  size_t data_size_;
  // Subject, reply, header and data, one after the other.
  std::unique_ptr<char[]> bytes_;
};

}  // namespace ssegw::nats

#endif  // SSEGW_INTERNAL_NATS_MESSAGE_H_
