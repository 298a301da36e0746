#include "gateway/http/accept.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "gateway/http/field_value.h"
#include "internal/base/text.h"

namespace ssegw::http {
namespace {

// The value of the parameter of a media range, unquoted; nullopt if there is none.
std::optional<std::string_view> Parameter(const std::vector<std::string_view>& parts,
                                          std::string_view name) {
  for (size_t i = 1; i < parts.size(); ++i) {
    const size_t equals = parts[i].find('=');
    if (equals == std::string_view::npos) continue;
    if (!base::EqualsIgnoreCase(TrimSpace(parts[i].substr(0, equals)), name)) continue;
    std::string_view value = TrimSpace(parts[i].substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return value;
  }
  return std::nullopt;
}

// The qvalue of a media range; 1 where there is none in 0..1. ("nan" too reads as a number.)
double Quality(const std::vector<std::string_view>& parts) {
  const std::string_view text = Parameter(parts, "q").value_or("");
  double q = 1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), q);
  const bool readable = error == std::errc() && end == text.data() + text.size();
  return readable && q >= 0 && q <= 1 ? q : 1;
}

// The quality of one media type by the most specific range that covers it.
class Ranking {
 public:
  explicit Ranking(std::string_view type) : type_(type) {}

  void Add(const std::vector<std::string_view>& parts) {
    int rank = 0;
    if (parts[0] == "*/*") rank = 1;
    if (base::EqualsIgnoreCase(parts[0], "text/*")) rank = 2;
    if (base::EqualsIgnoreCase(parts[0], type_)) rank = 3;
    if (rank == 0 || rank < specificity_) return;
    const double q = Quality(parts);
    quality_ = rank > specificity_ ? q : std::max(quality_, q);
    specificity_ = rank;
  }
  double quality() const { return quality_; }

 private:
  const std::string_view type_;  // text/…
  int specificity_ = 0;
  double quality_ = 0;
};

}  // namespace

bool AcceptsEventStream(std::string_view accept) {
  bool any_range = false;
  Ranking event_stream("text/event-stream");
  for (const std::string_view range : SplitField(accept, ',')) {
    const std::vector<std::string_view> parts = SplitField(range, ';');
    if (parts.empty() || parts[0].find('/') == std::string_view::npos) continue;
    any_range = true;
    event_stream.Add(parts);
  }
  return !any_range || event_stream.quality() > 0;
}

bool PrefersOpenMetrics(std::string_view accept) {
  double open_metrics = 0;
  Ranking text("text/plain");
  for (const std::string_view range : SplitField(accept, ',')) {
    const std::vector<std::string_view> parts = SplitField(range, ';');
    if (parts.empty()) continue;
    text.Add(parts);
    if (!base::EqualsIgnoreCase(parts[0], "application/openmetrics-text")) continue;
    if (Parameter(parts, "version").value_or("1.0.0") != "1.0.0") continue;
    open_metrics = std::max(open_metrics, Quality(parts));
  }
  return open_metrics > 0 && open_metrics >= text.quality();
}

}  // namespace ssegw::http
