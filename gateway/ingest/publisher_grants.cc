#include "gateway/ingest/publisher_grants.h"

#include "gateway/auth/grants.h"
#include "gateway/ingest/error_text.h"
#include "internal/base/concat.h"
#include "internal/window/filter_intersection.h"

namespace ssegw::ingest {
namespace {

constexpr std::string_view kOthers = "*";
constexpr std::string_view kBlank = " \t\r";

std::string_view NextWord(std::string_view& line) {
  const size_t begin = line.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return line = {};
  line.remove_prefix(begin);
  const std::string_view word = line.substr(0, line.find_first_of(kBlank));
  line.remove_prefix(word.size());
  return word;
}

absl::Status AtLine(size_t number, const absl::Status& status) {
  return absl::InvalidArgumentError(base::Concat("line ", number, ": ", MessageOf(status)));
}

}  // namespace

absl::StatusOr<PublisherGrants::Line> PublisherGrants::ParseLine(std::string_view line) {
  std::vector<window::Filter> filters;
  bool connections = false;
  for (std::string_view word = NextWord(line); !word.empty() && word.front() != '#';
       word = NextWord(line)) {
    if (word == auth::kConnectionsWord) {
      connections = true;
      continue;
    }
    absl::StatusOr<window::Filter> filter = window::Filter::Parse(word);
    if (!filter.ok()) return filter.status();
    filters.push_back(*std::move(filter));
  }
  return Line{.filters = window::Filters(std::move(filters)), .connections = connections};
}

absl::StatusOr<PublisherGrants> PublisherGrants::Parse(std::string_view text) {
  PublisherGrants grants;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::string_view name = NextWord(line);
    if (name.empty() || name.front() == '#') continue;
    absl::StatusOr<Line> parsed = ParseLine(line);
    if (!parsed.ok()) return AtLine(number, parsed.status());
    const absl::Status added = grants.Add(name, *std::move(parsed));
    if (!added.ok()) return AtLine(number, added);
  }
  return grants;
}

absl::Status PublisherGrants::Add(std::string_view name, Line line) {
  const bool is_new =
      name == kOthers ? !others_.has_value() : by_name_.try_emplace(std::string(name), line).second;
  // Of two lines, one may be thought to be the only one.
  if (!is_new) return absl::InvalidArgumentError("the name has a line already");
  if (name == kOthers) others_ = std::move(line);
  return absl::OkStatus();
}

bool PublisherGrants::Any(const std::vector<std::string>& names, const auto& test) const {
  bool has_line = false;
  for (const std::string& name : names) {
    const auto line = by_name_.find(std::string_view(name));
    if (line == by_name_.end()) continue;
    if (test(line->second)) return true;
    has_line = true;
  }
  return !has_line && others_ && test(*others_);
}

bool PublisherGrants::Allow(const std::vector<std::string>& names, std::string_view topic) const {
  return Any(names, [&](const Line& line) { return line.filters.Matches(topic); });
}

bool PublisherGrants::AllowAll(const std::vector<std::string>& names,
                               const window::Filter& filter) const {
  return Any(names, [&](const Line& line) { return window::Covers(line.filters, filter); });
}

bool PublisherGrants::AllowConnections(const std::vector<std::string>& names) const {
  return Any(names, [](const Line& line) { return line.connections; });
}

}  // namespace ssegw::ingest
