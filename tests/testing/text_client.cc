#include "tests/testing/text_client.h"

#include "internal/base/concat.h"

namespace ssegw::testing {

void TextClient::Get(std::string_view target) {
  Send(base::Concat("GET ", target, " HTTP/1.1\r\nHost: test\r\n\r\n"));
}

bool TextClient::ReadUntil(std::string_view text) {
  while (received_.find(text) == std::string::npos) {
    if (!ReadSome()) return false;
  }
  return true;
}

bool TextClient::ReadBytes(size_t count) {
  while (received_.size() < count) {
    if (!ReadSome()) return false;
  }
  return true;
}

void TextClient::ReadToEnd() {
  while (ReadSome()) {
  }
}

bool TextClient::ReadSome() {
  const std::string some = socket_.Receive();
  received_ += some;
  return !some.empty();
}

}  // namespace ssegw::testing
