#include "tests/testing/metrics.h"

#include <regex>
#include <sstream>

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
  static const std::regex help(R"(# HELP [a-z_]+ .+)");
  static const std::regex type(R"(# TYPE ([a-z_]+) (counter|gauge|histogram))");
  static const std::regex sample(R"(([a-z_]+(?:\{[^{}]*\})?) (\S+))");
  std::istringstream lines(text);
  std::smatch match;
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_match(line, match, type)) {
      types_[match[1]] = match[2];
    } else if (std::regex_match(line, match, sample)) {
      if (!values_.emplace(match[1], std::stod(match[2])).second) {
        throw Failure(base::Concat("a series twice: ", line));
      }
    } else if (!std::regex_match(line, help)) {
      throw Failure(base::Concat("not a line of metrics: ", line));
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
