#include "internal/net/service/response_head.h"

#include <array>
#include <ctime>
#include <string_view>

#include "internal/base/concat.h"

namespace ssegw::net {
namespace {

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 421:
      return "Misdirected Request";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "";
  }
}

}  // namespace

// An IMF-fixdate, in the C locale, which the process never leaves.
std::string HttpDate() {
  const std::time_t now = std::time(nullptr);
  std::tm utc;
  gmtime_r(&now, &utc);
  std::array<char, 32> text;
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

std::string Serialize(const ResponseHead& head) {
  std::string text = base::Concat("HTTP/1.1 ", head.status, " ", ReasonPhrase(head.status),
                                  "\r\nDate: ", HttpDate(), "\r\n");
  for (const auto& [name, value] : head.fields) text += base::Concat(name, ": ", value, "\r\n");
  if (head.content_length) text += base::Concat("Content-Length: ", *head.content_length, "\r\n");
  if (head.chunked) text += "Transfer-Encoding: chunked\r\n";
  if (head.close) text += "Connection: close\r\n";
  text += "\r\n";
  return text;
}

}  // namespace ssegw::net
