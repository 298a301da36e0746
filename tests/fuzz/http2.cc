// What an HTTP/2 client sends behind its preface.
#include <array>
#include <set>
#include <string>
#include <string_view>

#include "internal/base/concat.h"
#include "internal/net/http2/http2_codec.h"
#include "internal/net/http2/http2_frames.h"
#include "tests/fuzz/target.h"

namespace ssegw::fuzz {
namespace {

using What = net::Http2Input::What;

constexpr size_t kMaxPayload = 16 * 1024;
constexpr std::string_view kEvent = "data: 1\n\n";

// One connection, which answers each request with a stream that ends at once.
class Peer {
 public:
  Peer() { codec_.Begin(output_); }

  void Take(std::string_view read) {
    std::string_view rest = read;
    std::string joined;
    while (!rest.empty()) {
      const net::Http2Frames::Piece piece = frames_.Next(rest);
      Holds(!piece.bytes.empty(), "a piece has bytes");
      joined += piece.bytes;
      Act(codec_.Receive(piece.bytes));
      Holds(codec_.head().memory_bytes() <= 8 * net::Http2Head::kMaxBytes, "a head is bounded");
    }
    Same("the pieces are what came", read, joined);
  }

  // Everything that was understood, and everything that was said.
  std::string Outcome() {
    codec_.Pump(output_);
    return base::Concat(seen_, "\n", output_);
  }
  size_t requests() const { return requests_; }
  const std::string& output() const { return output_; }

 private:
  void Act(const net::Http2Input& input) {
    if (input.what == What::kBody) {
      codec_.ConsumeBody(input.body.size());
      seen_ += input.body;
    }
    if (input.what != What::kRequest) return;
    ++requests_;
    const net::Http2Head head = codec_.TakeHead();
    const net::HttpRequest request = head.request();
    seen_ += base::Concat(input.stream, " ", request.method, " ", request.target, " ", request.host,
                          head.Fault() ? " fault\n" : "\n");
    for (const auto& field : request.fields) {
      Holds(field.name.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ \r\n:") == std::string_view::npos,
            "a name is in lower case");
      Holds(field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos,
            "a value is one line");
      seen_ += base::Concat(field.name, "=", field.value, "\n");
    }
    // Something that is attached, as TakeClosed gives it back.
    codec_.Attach(input.stream, this);
    codec_.Respond(input.stream, {.status = "200", .fields = {{"a", "b"}}}, /*ends=*/false,
                   output_);
    const bool fits = codec_.StreamWindow(input.stream) >= kEvent.size() &&
                      codec_.ConnectionWindow() >= kEvent.size();
    const iovec piece{.iov_base = const_cast<char*>(kEvent.data()), .iov_len = kEvent.size()};
    if (fits) codec_.Send(input.stream, {&piece, 1}, 0, kEvent.size(), /*ends=*/false, output_);
    codec_.End(input.stream, output_);
    codec_.TakeClosed();
  }

  net::Http2Frames frames_;
  net::Http2Codec codec_{100};
  std::string seen_;
  std::string output_;
  size_t requests_ = 0;
};

void CheckOutput(std::string_view output) {
  std::set<int32_t> ended;
  while (!output.empty()) {
    Holds(output.size() >= net::Http2FrameHead::kBytes, "the head of a frame is whole");
    std::array<char, net::Http2FrameHead::kBytes> bytes;
    output.copy(bytes.data(), bytes.size());
    const net::Http2FrameHead head = net::Http2FrameHead::Parse(bytes);
    Holds(head.length <= kMaxPayload, "a frame is no longer than every client takes");
    Holds(output.size() >= bytes.size() + head.length, "a frame is whole");
    const bool is_data = head.Is(net::Http2FrameType::kData);
    if (is_data || head.Is(net::Http2FrameType::kHeaders)) {
      Holds(!ended.contains(head.stream), "nothing comes behind the end of a stream");
      if ((head.flags & net::kHttp2EndStream) != 0) ended.insert(head.stream);
    }
    output.remove_prefix(bytes.size() + head.length);
  }
}

}  // namespace

void Http2(std::string_view input) {
  const std::string all = base::Concat(net::Http2Frames::kPreface, input);
  Peer whole;
  whole.Take(all);
  const std::string outcome = whole.Outcome();
  CheckOutput(whole.output());
  // An answer of 100 bytes, GOAWAY with a reason, and 17 bytes for a frame of 9.
  Holds(whole.output().size() <= 1024 + 100 * whole.requests() + 2 * all.size(),
        "what is said is bounded by what came");
  for (const size_t cut : {size_t{1}, size_t{7}, all.size() / 2}) {
    if (cut == 0 || (cut == 1 && all.size() > 1024)) continue;
    Peer peer;
    for (size_t at = 0; at < all.size(); at += cut) {
      peer.Take(std::string_view(all).substr(at, cut));
    }
    Same("a session is the same however it is cut", outcome, peer.Outcome());
  }
}

}  // namespace ssegw::fuzz
