#include "gateway/http/accept.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string_view>
#include <system_error>
#include <vector>

#include "gateway/http/field_value.h"
#include "internal/base/text.h"

namespace ssegw::http {
namespace {

// The qvalue among the parameters of a media range; 1 where there is none that can be read.
double Quality(const std::vector<std::string_view>& parts) {
  for (size_t i = 1; i < parts.size(); ++i) {
    const size_t equals = parts[i].find('=');
    if (equals == std::string_view::npos) continue;
    if (!base::EqualsIgnoreCase(TrimSpace(parts[i].substr(0, equals)), "q")) continue;
    const std::string_view text = TrimSpace(parts[i].substr(equals + 1));
    double q = 1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), q);
    const bool readable = error == std::errc() && end == text.data() + text.size();
    return readable ? q : 1;
  }
  return 1;
}

}  // namespace

bool AcceptsEventStream(std::string_view accept) {
  bool any_range = false;
  int specificity = 0;
  double quality = 0;
  for (const std::string_view range : SplitField(accept, ',')) {
    const std::vector<std::string_view> parts = SplitField(range, ';');
    if (parts.empty() || parts[0].find('/') == std::string_view::npos) continue;
    any_range = true;
    int rank = 0;
    if (parts[0] == "*/*") rank = 1;
    if (base::EqualsIgnoreCase(parts[0], "text/*")) rank = 2;
    if (base::EqualsIgnoreCase(parts[0], "text/event-stream")) rank = 3;
    if (rank == 0 || rank < specificity) continue;
    const double q = Quality(parts);
    quality = rank > specificity ? q : std::max(quality, q);
    specificity = rank;
  }
  return !any_range || quality > 0;
}

}  // namespace ssegw::http
