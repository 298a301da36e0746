#include "tests/testing/metrics.h"

#include <sstream>

#include "absl/strings/numbers.h"
#include "internal/base/concat.h"
#include "tests/testing/failure.h"
#include "tests/testing/http_connection.h"

namespace ssegw::testing {
namespace {

std::string WithPrefix(const std::string& name) {
  return name.starts_with("process_") ? name : base::Concat("sse_gateway_", name);
}

}  // namespace

Metrics::Metrics(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first;
    std::string second;
    std::string family;
    words >> first >> second >> family;
    if (first == "#" && second == "HELP") continue;
    if (first == "#" && second == "TYPE") {
      words >> types_[family];
      continue;
    }
    const size_t space = line.rfind(' ');
    double value = 0;
    const bool is_sample =
        space != std::string::npos && absl::SimpleAtod(line.substr(space + 1), &value);
    if (!is_sample) throw Failure(base::Concat("not a line of metrics: ", line));
    if (!values_.emplace(line.substr(0, space), value).second) {
      throw Failure(base::Concat("a series twice: ", line));
    }
  }
}

Metrics Metrics::Scrape(const std::string& admin_address) {
  return Metrics(HttpGet(admin_address, "/metrics").body);
}

std::optional<double> Metrics::Find(const std::string& series) const {
  const auto it = values_.find(WithPrefix(series));
  return it == values_.end() ? std::nullopt : std::optional(it->second);
}

double Metrics::operator[](const std::string& series) const {
  const std::optional<double> value = Find(series);
  if (!value) throw Failure(base::Concat("no series ", WithPrefix(series)));
  return *value;
}

std::string Metrics::TypeOf(const std::string& family) const {
  const auto it = types_.find(WithPrefix(family));
  return it == types_.end() ? "" : it->second;
}

}  // namespace ssegw::testing
