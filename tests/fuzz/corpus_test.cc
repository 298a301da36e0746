// The committed corpora, and damaged copies of each input: what ./dev fuzz looks for at length,
// wherever the tests run. An input that breaks a promise ends this process, which prints it.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/target.h"

namespace ssegw::fuzz {
namespace {

struct Target {
  const char* name;
  void (*run)(std::string_view input);
  // How many damaged copies of each input.
  int copies = 200;
};

std::vector<std::filesystem::path> FilesOf(const Target& target) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(SSEGW_FUZZ_CORPUS) / target.name)) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string Read(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

using Random = std::mt19937_64;

size_t Below(size_t limit, Random& random) {
  return std::uniform_int_distribution<size_t>(0, limit - 1)(random);
}

// One to four changes: a byte is another, is gone, is twice there; a part is there again, or comes
// from another input.
std::string Damaged(std::string text, const std::vector<std::string>& others, Random& random) {
  for (size_t changes = 1 + Below(4, random); changes > 0 && !text.empty(); --changes) {
    const size_t at = Below(text.size(), random);
    const size_t length = 1 + Below(std::min<size_t>(text.size() - at, 32), random);
    switch (Below(5, random)) {
      case 0:
        text[at] = static_cast<char>(random());
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(Below(text.size(), random), length));
        break;
      case 3:
        text[at] = text[Below(text.size(), random)];
        break;
      default: {
        const std::string& other = others[Below(others.size(), random)];
        if (!other.empty()) text.insert(at, other.substr(Below(other.size(), random), length));
      }
    }
  }
  return text;
}

// What runs, for the handler below.
std::string& Current() {
  static auto& current = *new std::string();
  return current;
}

// A promise that is broken ends the process: this tells with which bytes.
void ShowCurrent(int) {
  std::string text;
  for (const char c : Current()) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    text += c >= ' ' && c <= '~' && c != '\\'
                ? std::string(1, c)
                : std::string("\\x") + kDigits[byte >> 4] + kDigits[byte & 15];
  }
  std::cerr << "input: " << text << '\n';
}

class CorpusTest : public testing::TestWithParam<Target> {};

TEST_P(CorpusTest, Holds) {
  const Target& target = GetParam();
  Random random(20261129);
  std::vector<std::string> inputs;
  std::signal(SIGABRT, ShowCurrent);
  for (const std::filesystem::path& file : FilesOf(target)) {
    Current() = Read(file);
    target.run(Current());
    inputs.push_back(Current());
  }
  ASSERT_GE(inputs.size(), 5u);
  for (const std::string& input : inputs) {
    for (int copy = 0; copy < target.copies; ++copy) {
      Current() = Damaged(input, inputs, random);
      target.run(Current());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    EveryTarget, CorpusTest,
    testing::Values(Target{"http_head", HttpHead}, Target{"subscription", Subscription},
                    Target{"fields", Fields}, Target{"forwarded", Forwarded},
                    Target{"event_ids", EventIds}, Target{"filters", Filters, 60},
                    Target{"event", Event}, Target{"flags", Flags, 40},
                    Target{"nats_wire", NatsWire}, Target{"probe_answer", ProbeAnswer, 40},
                    Target{"descriptor_sets", DescriptorSets, 20}, Target{"tokens", Tokens, 60},
                    Target{"grants", Grants, 200}, Target{"http2", Http2, 60},
                    Target{"json_text", JsonText, 500}),
    [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace ssegw::fuzz
