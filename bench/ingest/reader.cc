#include "bench/ingest/reader.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>

#include "internal/base/time.h"
#include "tests/testing/failure.h"

namespace ssegw::bench {
namespace {

constexpr std::string_view kRequest =
    "GET /v1/events?topic=%3E&mode=all&start=live HTTP/1.1\r\nHost: localhost\r\n\r\n";
// What comes before the first event; and instead of events that were lost.
constexpr std::string_view kLive = "event: gateway.live";
constexpr std::string_view kReset = "event: gateway.reset";
// An event has one of these, and nothing else has any: the id of gateway.hello stands before
// gateway.live.
constexpr std::string_view kId = "\nid: ";

uint64_t CountOf(std::string_view text, std::string_view what) {
  uint64_t count = 0;
  for (size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

}  // namespace

Reader::Reader(const std::string& http_address) : socket_(http_address) {
  socket_.Send(kRequest);
  std::string begin;
  while (begin.find(kLive) == std::string::npos) {
    const std::string bytes = socket_.Receive();
    if (bytes.empty()) throw testing::Failure("the gateway does not serve a reader");
    begin += bytes;
  }
  thread_ = std::thread([this] { Read(); });
}

Reader::~Reader() {
  ending_ = true;
  thread_.join();
}

void Reader::Read() {
  std::string text;
  while (!ending_) {
    const std::optional<std::string> bytes = socket_.ReceiveWithin(std::chrono::milliseconds(50));
    if (!bytes) continue;
    if (bytes->empty()) {
      failed_ = true;
      return;
    }
    text += *bytes;
    if (text.find(kReset) != std::string::npos) failed_ = true;
    count_.fetch_add(CountOf(text, kId), std::memory_order_relaxed);
    // What may be the beginning of one is looked at again.
    text.erase(0, text.size() - std::min(text.size(), kReset.size() - 1));
    text.erase(0, text.rfind(kId) == std::string::npos ? 0 : text.rfind(kId) + kId.size());
  }
}

}  // namespace ssegw::bench
