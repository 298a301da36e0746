#include "gateway/config/suggestion.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"
#include "gateway/config/options.h"

namespace ssegw::config {

size_t EditDistance(std::string_view a, std::string_view b) {
  // distance[i][j]: between the first i characters of a and the first j of b.
  std::vector<std::vector<size_t>> distance(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) distance[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) distance[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = distance[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      distance[i][j] = std::min({replaced, distance[i - 1][j] + 1, distance[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        distance[i][j] = std::min(distance[i][j], distance[i - 2][j - 2] + 1);
      }
    }
  }
  return distance[a.size()][b.size()];
}

std::string NearestOptionName(std::string_view name) {
  constexpr size_t kLongestName = 64;  // the distance costs the product of the lengths
  if (name.size() > kLongestName) return "";
  std::string lower_case(name);
  absl::AsciiStrToLower(&lower_case);
  std::string nearest;
  // A third of the characters wrong is a typing error; more is another word.
  size_t least = std::max<size_t>(name.size() / 3, 1) + 1;
  for (const Option& option : Options()) {
    const size_t distance = EditDistance(lower_case, option.name);
    if (distance >= least) continue;
    least = distance;
    nearest = option.name;
  }
  return nearest;
}

}  // namespace ssegw::config
