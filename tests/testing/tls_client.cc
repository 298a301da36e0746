#include "tests/testing/tls_client.h"

#include "internal/base/concat.h"

namespace ssegw::testing {

void TlsClient::SendOutput() {
  if (const std::string output = peer_.TakeOutput(); !output.empty()) socket_.Send(output);
}

bool TlsClient::ShakeHands() {
  for (;;) {
    const bool done = peer_.ShakeHands();
    SendOutput();
    if (done || !peer_.error().empty()) return done;
    const std::string bytes = socket_.Receive();
    if (bytes.empty()) return false;
    peer_.Feed(bytes);
  }
}

void TlsClient::Send(std::string_view text) {
  peer_.Write(text);
  SendOutput();
}

void TlsClient::Get(std::string_view target) {
  Send(base::Concat("GET ", target, " HTTP/1.1\r\nHost: localhost\r\n\r\n"));
}

bool TlsClient::ReadSome() {
  const std::string bytes = socket_.Receive();
  peer_.Feed(bytes);
  received_ += peer_.Read();
  SendOutput();
  return !bytes.empty() && !peer_.ended() && peer_.error().empty();
}

bool TlsClient::ReadUntil(std::string_view text) {
  received_ += peer_.Read();
  while (received_.find(text) == std::string::npos) {
    if (!ReadSome()) return received_.find(text) != std::string::npos;
  }
  return true;
}

void TlsClient::ReadToEnd() {
  while (ReadSome()) {
  }
}

}  // namespace ssegw::testing
