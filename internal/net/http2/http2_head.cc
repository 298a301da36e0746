#include "internal/net/http2/http2_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "internal/base/ascii.h"
#include "internal/base/host.h"
#include "internal/base/text.h"
#include "internal/net/service/response_head.h"

namespace ssegw::net {
namespace {

// RFC 9113 section 8.2.2.
constexpr std::array<std::string_view, 5> kOfHttp1Alone = {
    "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"};

}  // namespace

Http2Head::Part Http2Head::Keep(std::string_view text) {
  const Part part{.begin = static_cast<uint32_t>(text_.size()),
                  .size = static_cast<uint32_t>(text.size())};
  text_ += text;
  return part;
}

void Http2Head::Add(std::string_view name, std::string_view value) {
  bytes_ += name.size() + value.size() + kFieldOverhead;
  if (too_large()) {
    base::Release(text_);
    base::Release(cookie_);
    fields_ = {};
    return;
  }
  if (name == ":method") {
    method_ = Keep(value);
  } else if (name == ":path") {
    path_ = Keep(value);
  } else if (name == ":authority") {
    authority_ = Keep(value);
  } else if (name == "cookie") {
    if (!cookie_.empty()) cookie_ += "; ";
    cookie_ += value;
  } else if (!name.starts_with(':')) {
    const Part kept_name = Keep(name);
    fields_.push_back({.name = kept_name, .value = Keep(base::Trim(value, " \t"))});
  }
}

std::optional<std::string_view> Http2Head::Fault() const {
  const std::string_view authority = View(authority_);
  const auto host = Find("host");
  if (!authority.empty() && host && !base::EqualsIgnoreCase(*host, authority)) {
    return "Host and :authority differ";
  }
  if (!base::Host::Parse(authority.empty() ? host.value_or("") : authority)) {
    return ":authority, or the Host field, is not a host";
  }
  return std::nullopt;
}

HttpRequest Http2Head::request() const {
  HttpRequest request;
  request.method = View(method_);
  request.target = View(path_);
  request.host = authority_.size > 0 ? View(authority_) : Find("host").value_or("");
  request.fields.reserve(fields_.size() + 1);
  for (const Field& field : fields_) {
    request.fields.push_back({.name = View(field.name), .value = View(field.value)});
  }
  if (!cookie_.empty()) request.fields.push_back({.name = "cookie", .value = cookie_});
  return request;
}

bool Http2Head::expects_continue() const {
  return base::EqualsIgnoreCase(Find("expect").value_or(""), "100-continue");
}

std::optional<uint64_t> Http2Head::content_length() const {
  const auto text = Find("content-length");
  if (!text) return std::nullopt;
  uint64_t length = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), length);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return length;
}

std::optional<std::string_view> Http2Head::Find(std::string_view name) const {
  for (const Field& field : fields_) {
    if (View(field.name) == name) return View(field.value);
  }
  return std::nullopt;
}

Http2Response ToHttp2(int status, const HttpFields& fields, std::optional<size_t> content_length) {
  Http2Response response{.status = std::to_string(status), .fields = {{"date", HttpDate()}}};
  for (const auto& [name, value] : fields) {
    std::string lower = base::ToLower(name);
    if (std::find(kOfHttp1Alone.begin(), kOfHttp1Alone.end(), lower) != kOfHttp1Alone.end()) {
      continue;
    }
    response.fields.emplace_back(std::move(lower), value);
  }
  if (content_length) {
    response.fields.emplace_back("content-length", std::to_string(*content_length));
  }
  return response;
}

}  // namespace ssegw::net
