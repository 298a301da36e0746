// Whatever the bytes: the gateway and the reference make the same of them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "tests/fuzz/transcode_input.h"
#include "tests/unit/transcode/both_ways.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using ssegw::transcode::kFuzzedTypes;
  if (size < 2) return -1;
  const int option_set = data[0] % ssegw::transcode::kOptionSets;
  const char* type = kFuzzedTypes[data[1] % kFuzzedTypes.size()];
  const std::string_view wire(reinterpret_cast<const char*>(data + 2), size - 2);
  const ssegw::transcode::BothWays both =
      ssegw::transcode::TranscodeBothWays(option_set, type, wire);
  if (!both.difference.empty()) {
    std::cerr << type << " with options " << option_set << ": " << both.json << '\n'
              << both.difference << '\n';
    std::abort();
  }
  return 0;
}
