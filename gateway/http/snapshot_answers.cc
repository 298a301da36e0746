#include "gateway/http/snapshot_answers.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "gateway/auth/digest.h"
#include "gateway/http/auth_refusals.h"
#include "gateway/http/etag.h"
#include "gateway/http/field_value.h"
#include "gateway/http/problem.h"
#include "internal/base/ascii.h"
#include "internal/base/concat.h"
#include "internal/base/time.h"
#include "internal/sse/event_id.h"

// Implementation notes
//
// A tag of what has been granted is "<epoch>-<newest>.<filters>.<content>": the id of the newest
// event in it, which tells from when on to look for changes, a digest of the filters, and a hash of
// the events. A deletion leaves the newest event as it is and changes the content.

namespace ssegw::http {
namespace {

// Of an If-None-Match; further ones are ignored.
constexpr size_t kMaxTags = 64;

std::string InQuotes(std::string_view text) { return base::Concat('"', text, '"'); }

net::HttpResponse AskAgain(const Problem& problem) {
  net::HttpResponse response = ToResponse(problem);
  response.fields.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

SnapshotAnswers::SnapshotAnswers(const window::Window& window, window::Filters filters, For whom)
    : window_(window),
      filters_(std::move(filters)),
      scope_(whom == For::kGranted ? base::Concat('.', auth::ShortDigest(filters_.canonical()), '.')
                                   : std::string()) {}

std::string SnapshotAnswers::TagOf(const SnapshotDocument& document) const {
  if (scope_.empty()) return InQuotes(document.id);
  return InQuotes(
      base::Concat(sse::FormatEventId(document.epoch, document.newest), scope_, document.content));
}

std::optional<SnapshotAnswers::Place> SnapshotAnswers::PlaceOf(std::string_view tag) const {
  std::string_view text = tag;
  if (!scope_.empty()) {
    const size_t scope = tag.find(scope_);
    if (scope == std::string_view::npos) return std::nullopt;
    const std::string_view content = tag.substr(scope + scope_.size());
    if (!std::all_of(content.begin(), content.end(), base::IsDigit)) return std::nullopt;
    text = tag.substr(0, scope);
  }
  const auto id = sse::ParseEventId(text);
  return id ? std::optional(Place{.epoch = id->epoch, .seq = id->seq}) : std::nullopt;
}

std::optional<std::string> SnapshotAnswers::UnchangedTag(std::string_view if_none_match) const {
  if (if_none_match.empty()) return std::nullopt;
  const window::Position now = window_.position();
  const bool any = TrimSpace(if_none_match) == "*";
  if (any && scope_.empty()) return InQuotes(sse::FormatEventId(now.epoch, now.seq));
  std::optional<uint64_t> newest;
  std::string_view its_tag;
  size_t tags = 0;
  for (std::string_view tag : SplitField(if_none_match, ',')) {
    if (++tags > kMaxTags) break;
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag.size() < 2 || !tag.starts_with('"') || !tag.ends_with('"')) continue;
    const auto place = PlaceOf(tag.substr(1, tag.size() - 2));
    if (!place || place->epoch != now.epoch || place->seq > now.seq) continue;
    if (newest && place->seq < *newest) continue;
    newest = place->seq;
    its_tag = tag;
  }
  if (!newest || window_.MayHaveChanged(filters_, now.epoch, *newest)) return std::nullopt;
  return std::string(its_tag);
}

net::HttpResponse SnapshotAnswers::HeadWith(int status, std::string_view tag) const {
  net::HttpResponse response;
  response.status = status;
  response.fields = {{"Cache-Control", scope_.empty() ? "no-cache" : "private, no-cache"},
                     {"X-Content-Type-Options", "nosniff"},
                     {"ETag", std::string(tag)}};
  if (!scope_.empty()) {
    response.fields.emplace_back("Vary", "Authorization, Cookie");
    KeepFromOtherSites(response.fields);
  }
  return response;
}

net::HttpResponse SnapshotAnswers::NotModified(std::string_view tag) const {
  return HeadWith(304, tag);
}

std::optional<net::HttpResponse> SnapshotAnswers::Head(const SnapshotDocuments::Known& known,
                                                       std::string_view if_none_match) const {
  if (!scope_.empty()) return std::nullopt;
  const std::string tag = InQuotes(known.id);
  if (NoneMatchNames(if_none_match, tag)) return NotModified(tag);
  net::HttpResponse response = HeadWith(200, tag);
  response.fields.emplace_back("Content-Type", "application/json");
  response.head_length = known.length;
  return response;
}

net::HttpResponse SnapshotAnswers::Answer(SnapshotDocuments::Request& asked,
                                          std::string_view if_none_match) const {
  if (!asked.done()) return NoRoom();
  auto held = asked.Take(base::Now());
  if (held == nullptr) return NoRoom();
  const SnapshotDocument& document = held->document();
  const std::string tag = TagOf(document);
  if (NoneMatchNames(if_none_match, tag)) return NotModified(tag);
  net::HttpResponse response = HeadWith(200, tag);
  response.fields.emplace_back("Content-Type", "application/json");
  response.static_body = document.text;
  response.end = held->end();
  response.static_body_owner = std::move(held);
  return response;
}

net::HttpResponse SnapshotAnswers::NoRoom() {
  return AskAgain({.status = 429, .detail = "too many answers are on their way"});
}

net::HttpResponse SnapshotAnswers::Loading() {
  return AskAgain({.status = 503, .detail = "the log is being loaded: not all of it is here yet"});
}

}  // namespace ssegw::http
