// The values of request fields: a line for Accept, one for If-None-Match, the rest for any list.
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/accept.h"
#include "gateway/http/etag.h"
#include "gateway/http/field_value.h"
#include "internal/base/concat.h"
#include "tests/fuzz/target.h"

namespace ssegw::fuzz {
namespace {

constexpr std::string_view kEtag = "\"k3f9x2-1042\"";

bool HasQuote(std::string_view text) {
  return text.find_first_of("\"\\") != std::string_view::npos;
}

void CheckAccept(std::string_view accept) {
  const bool accepts = http::AcceptsEventStream(accept);
  http::PrefersOpenMetrics(accept);
  if (accept.find('/') == std::string_view::npos) {
    Holds(accepts, "without a media range nothing is ruled out");
  }
  // An open quote takes in whatever is behind it.
  if (HasQuote(accept)) return;
  Holds(http::AcceptsEventStream(base::Concat(accept, ", text/event-stream")),
        "whoever names an event stream gets it");
  Holds(http::AcceptsEventStream(base::Concat("text/event-stream;q=1,", accept)),
        "wherever it stands");
  Holds(http::AcceptsEventStream(base::Concat(accept, ",a/b")) ==
            http::AcceptsEventStream(base::Concat("c/d,", accept, ",a/b")),
        "another media type changes nothing");
  Holds(http::PrefersOpenMetrics(base::Concat(accept, ",application/openmetrics-text")),
        "and whoever names OpenMetrics gets that");
}

void CheckIfNoneMatch(std::string_view field) {
  const bool names = http::NoneMatchNames(field, kEtag);
  Holds(!names || field.find(kEtag) != std::string_view::npos || http::TrimSpace(field) == "*",
        "304 is only for who has named the state");
  if (HasQuote(field)) return;
  for (const std::string_view weak : {"", "W/"}) {
    Holds(http::NoneMatchNames(base::Concat(field, " , ", weak, kEtag), kEtag),
          "a tag counts wherever it stands in the list");
  }
}

void CheckSplit(std::string_view value) {
  for (const char separator : {',', ';'}) {
    const char* end = value.data();
    for (const std::string_view part : http::SplitField(value, separator)) {
      Holds(!part.empty() && http::TrimSpace(part) == part, "a part is neither empty nor padded");
      Holds(part.data() >= end && part.data() + part.size() <= value.data() + value.size(),
            "parts are of the value, one after the other");
      end = part.data() + part.size();
      if (!HasQuote(value)) {
        Holds(part.find(separator) == std::string_view::npos,
              "without quotes every separator separates");
      }
    }
  }
}

}  // namespace

void Fields(std::string_view input) {
  const std::vector<std::string_view> lines = Lines(input, 3);
  CheckAccept(lines[0]);
  CheckIfNoneMatch(lines[1]);
  CheckSplit(lines[2]);
}

}  // namespace ssegw::fuzz
