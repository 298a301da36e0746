#include "gateway/http/parameter_name.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace ssegw::http {
namespace {

bool Means(std::string_view given, std::string_view plain) { return PlainName(given).Means(plain); }

TEST(PlainNameTest, IsWhatItIsButForWhatPeopleAndLibrariesAdd) {
  for (const std::string_view given :
       {"topic",     "Topic",     "TOPIC",         "topics",     "Topics", "topic[]",
        "topics[]",  "topic[0]",  "topic[12]",     "to_pic",     "to-pic", "_topic",
        "topic_",    "topic[][]", "topic[a]",      "topic[a-b]", " topic", "topic  ",
        "amp;topic", "?topic",    "amp;Topics[3]", "Topic_s[1]"}) {
    EXPECT_TRUE(Means(given, "topic")) << given;
  }
  for (const std::string_view given :
       {"maxrate", "max_rate", "max-rate", "MaxRate", "maxRates", "MAX_RATE[]"}) {
    EXPECT_TRUE(Means(given, "maxrate")) << given;
  }
  EXPECT_TRUE(Means("heart_beat_interval", "heartbeatinterval"));
  EXPECT_FALSE(Means("heartbeats_interval", "heartbeatinterval"));
}

TEST(PlainNameTest, IsNotWhatIsAnotherName) {
  for (const std::string_view given :
       {"",           "_",       "t",      "ts",      "top",      "topi",       "topicss",
        "topic2",     "topic.",  "topic[", "topic]",  "topi[c]",  "topic[a b]", "topic[\xFF]",
        "topic:",     "$topic",  "filter", "token",   "state",    "topicname",  "mytopic",
        "t\u00F6pic", "topic\n", "[]",     "[topic]", "x[topic]", "amp;",       "topic[\"]"}) {
    EXPECT_FALSE(Means(given, "topic")) << given;
  }
  EXPECT_FALSE(Means(std::string(60, '_') + "topic", "topic")) << "longer than what is quoted";
  EXPECT_FALSE(Means(std::string(40, 'a'), std::string(40, 'a')));
}

}  // namespace
}  // namespace ssegw::http
