// The bytes of a session, cut into reads at each kCut, which is not itself passed on.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/field_value.h"
#include "internal/base/concat.h"
#include "internal/base/host.h"
#include "internal/base/text.h"
#include "internal/net/http1/request_parser.h"
#include "tests/fuzz/target.h"

namespace ssegw::fuzz {
namespace {

using Result = net::RequestParser::Result;

constexpr char kCut = '\x1e';
// A pipeline of requests without end is nothing new.
constexpr size_t kMaxRequests = 16;
constexpr size_t kMaxBodyBytes = 100;

bool HasLineEnd(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

bool IsZero(std::string_view digits) {
  return !digits.empty() && digits.find_first_not_of('0') == std::string_view::npos;
}

// What two readers of the same bytes could understand in two ways is not in an accepted head.
void CheckRequest(const net::RequestParser& parser) {
  const net::HttpRequest request = parser.request();
  Holds(http::IsToken(request.method), "a method is a token");
  Holds(!request.target.empty() &&
            std::all_of(request.target.begin(), request.target.end(),
                        [](char c) { return c < 0 || (c > ' ' && c != 0x7f); }),
        "a target has no white space and no control character");
  Holds(request.host.empty() || base::Host::Parse(request.host), "a host has the form of one");
  size_t hosts = 0;
  size_t lengths = 0;
  size_t bytes = 0;
  bool is_empty = true;
  for (const net::HttpRequest::Field& field : request.fields) {
    bytes += field.name.size() + field.value.size();
    Holds(http::IsToken(field.name), "the name of a field is a token");
    Holds(!HasLineEnd(field.value), "a value is one line");
    Holds(http::TrimSpace(field.value) == field.value, "a value has no white space around it");
    if (base::EqualsIgnoreCase(field.name, "Host")) ++hosts;
    if (base::EqualsIgnoreCase(field.name, "Transfer-Encoding")) is_empty = false;
    if (base::EqualsIgnoreCase(field.name, "Content-Length")) {
      ++lengths;
      is_empty = is_empty && IsZero(field.value);
    }
  }
  Holds(hosts <= 1, "there is no second Host");
  Holds(lengths <= 1, "there is no second length");
  Holds(hosts == 1 || !parser.chunked_allowed(), "HTTP/1.1 has a Host");
  Holds(request.has_body != is_empty, "a body is seen");
  Holds(bytes <= net::RequestParser::kMaxHeadBytes, "a head is within its bound");
}

void Append(std::string& outcome, std::string_view text) {
  outcome += base::Concat(text.size(), ':', text, ' ');
}

void AppendRequest(std::string& outcome, const net::RequestParser& parser) {
  const net::HttpRequest request = parser.request();
  Append(outcome, request.method);
  Append(outcome, request.target);
  for (const net::HttpRequest::Field& field : request.fields) {
    Append(outcome, field.name);
    Append(outcome, field.value);
  }
  outcome += parser.chunked_allowed() ? "1.1 " : "1.0 ";
  outcome += parser.keep_alive() ? "kept\n" : "closed\n";
}

// Every request, its body, and the end, in one text.
std::string OutcomeOf(const std::vector<std::string_view>& reads) {
  std::string outcome;
  net::RequestParser parser;
  size_t requests = 0;
  bool reads_body = false;
  for (const std::string_view read : reads) {
    Result result = parser.Feed(read);
    while (result == Result::kRequest || result == Result::kBody) {
      if (result == Result::kBody) {
        const std::string body = parser.TakeBody();
        Holds(body.size() <= kMaxBodyBytes, "a body is within its bound");
        Append(outcome, body);
        reads_body = false;
        result = parser.Next();
        continue;
      }
      CheckRequest(parser);
      AppendRequest(outcome, parser);
      if (++requests == kMaxRequests) return outcome;
      reads_body = parser.request().has_body;
      result = reads_body ? parser.ReadBody(kMaxBodyBytes) : parser.Next();
    }
    if (result != Result::kRefused) continue;
    const int status = parser.refusal();
    Holds(status == 400 || status == 413 || status == 431, "a refusal has one of three statuses");
    Holds(!parser.refusal_detail().empty(), "a refusal says why");
    // If a chunk is malformed, more may be waited for or not.
    if (reads_body && status == 400) break;
    return outcome + base::Concat("refused ", status);
  }
  return outcome + (reads_body ? "no whole body" : "waits");
}

// A head that is both malformed and too long is refused for what is seen first, which depends on
// how it is cut.
std::string WithoutReason(std::string outcome) {
  if (outcome.ends_with("431")) outcome.replace(outcome.size() - 3, 3, "400");
  return outcome;
}

}  // namespace

void HttpHead(std::string_view input) {
  // With an end: of a head that is malformed and not whole, more may be waited for or not.
  constexpr std::string_view kEnd = "\r\n\r\n";
  std::vector<std::string_view> reads = Split(input, kCut);
  reads.push_back(kEnd);
  std::string all;
  for (const std::string_view read : reads) all += read;
  std::vector<std::string_view> bytes;
  for (size_t i = 0; i < all.size(); ++i) bytes.push_back(std::string_view(all).substr(i, 1));

  const std::string outcome = OutcomeOf({all});
  if (all.size() > net::RequestParser::kMaxHeadBytes) {
    Same("a long head is the same however it is cut", WithoutReason(outcome),
         WithoutReason(OutcomeOf(reads)));
    return;
  }
  Same("a head is the same however it is cut", outcome, OutcomeOf(reads));
  // Of long heads it would take long and say no more.
  if (all.size() <= 1024) Same("a head is the same byte by byte", outcome, OutcomeOf(bytes));
}

}  // namespace ssegw::fuzz
