#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/unit/transcode/acme.h"
#include "tests/unit/transcode/json_value.h"

namespace ssegw::transcode {
namespace {

class ConcurrencyTest : public TranscoderTest {};

// The first messages of a type are the ones that fill what is cached, so each round starts anew.
TEST_P(ConcurrencyTest, ManyThreadsUseOneTranscoder) {
  constexpr int kRounds = 20;
  constexpr int kThreads = 4;
  const std::string wire =
      WireOfText("acme.v1.Everything",
                 R"(child { int64_value: 1 } string_to_child { key: "a" value { timestamp {} } }
         struct { fields { key: "a" value { number_value: 1 } } }
         any { type_url: "a/ssegateway.v1.Dashboard" value: "\012\001x" })");
  constexpr char kJson[] = R"({"child": {"int64Value": 1},
      "stringToChild": {"a": {"timestamp": "1970-01-01T00:00:00Z"}}, "struct": {"a": 1},
      "any": {"@type": "a/ssegateway.v1.Dashboard", "id": "x"}})";
  for (int round = 0; round < kRounds; ++round) {
    const std::unique_ptr<Transcoder> transcoder = Make({.int64_as_numbers = true});
    std::vector<std::string> jsons(kThreads);
    {
      std::vector<std::jthread> threads;
      for (std::string& json : jsons) {
        threads.emplace_back([&] {
          for (int i = 0; i < 3; ++i) {
            const absl::Status status =
                transcoder->ToJson("acme.v1.Everything", wire, &json, nullptr);
            if (!status.ok()) json = status.ToString();
          }
        });
      }
    }
    for (const std::string& json : jsons) EXPECT_THAT(json, IsJson(kJson));
  }
}

INSTANTIATE_TEST_SUITE_P(All, ConcurrencyTest, testing::ValuesIn(Implementations()),
                         ImplementationName);

}  // namespace
}  // namespace ssegw::transcode
