// transcode_seeds <directory> <count>: inputs of transcode_fuzz to start from, of every type and
// set of options, half of them damaged. Always the same ones: the generator is seeded.
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include "internal/base/concat.h"
#include "tests/fuzz/transcode_input.h"
#include "tests/unit/transcode/acme.h"
#include "tests/unit/transcode/random_message.h"

int main(int argc, char** argv) {
  using namespace ssegw::transcode;  // NOLINT(google-build-using-namespace): a program of one page
  if (argc != 3) {
    std::cerr << "usage: transcode_seeds <directory> <count>\n";
    return 2;
  }
  const std::filesystem::path directory = argv[1];
  std::filesystem::create_directories(directory);
  Random random(20261124);
  const int count = std::atoi(argv[2]);
  for (int i = 0; i < count; ++i) {
    const size_t type = static_cast<size_t>(i) % kFuzzedTypes.size();
    const std::unique_ptr<google::protobuf::Message> message = NewMessage(kFuzzedTypes[type]);
    FillAtRandom(*message, random);
    std::string wire = message->SerializePartialAsString();
    if (i % 2 == 1) wire = Damage(wire, random);
    std::ofstream file(directory / ssegw::base::Concat("seed-", i), std::ios::binary);
    file << static_cast<char>(random() % 16) << static_cast<char>(type) << wire;
    if (!file.good()) {
      std::cerr << "cannot write into " << directory << '\n';
      return 1;
    }
  }
  return 0;
}
