// What a NATS server sends over a link.
#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "internal/base/concat.h"
#include "internal/nats/wire.h"
#include "tests/fuzz/target.h"

namespace ssegw::fuzz {
namespace {

// All that was heard, as text.
class Heard final : public nats::WireListener {
 public:
  void OnWireMessage(nats::SubscriptionId subscription, nats::Message message) override {
    text += base::Concat("message ", subscription, " ", message.subject(), " ", message.reply(),
                         " ", message.status(), " ", message.status_text(), " ",
                         message.header("A").value_or("-"), " ", message.data(), "\n");
  }
  void OnPing() override { text += "ping\n"; }
  void OnInfo(std::string_view json) override { text += base::Concat("info ", json, "\n"); }
  void OnError(std::string_view error) override { text += base::Concat("error ", error, "\n"); }

  std::string text;
};

std::string Read(std::string_view input, size_t piece) {
  nats::WireReader reader;
  Heard heard;
  while (!input.empty()) {
    const std::span<char> room = reader.Room();
    Holds(room.size() >= nats::WireReader::kReadBytes, "there is room");
    const size_t size = std::min({piece, input.size(), room.size()});
    std::copy_n(input.begin(), size, room.begin());
    input.remove_prefix(size);
    if (!reader.Read(size, heard)) return heard.text + "refused";
  }
  return heard.text;
}

}  // namespace

void NatsWire(std::string_view input) {
  const std::string whole = Read(input, input.size() + 1);
  for (const size_t piece : {size_t{1}, size_t{7}}) {
    Same("however it is cut, the same is heard", whole, Read(input, piece));
  }
}

}  // namespace ssegw::fuzz
