#include "internal/store/jetstream/subject.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace ssegw::store::jetstream {
namespace {

TEST(SubjectTest, WritesTopicAndKeyAsOthersReadThem) {
  EXPECT_EQ(EventSubject("ssegw", "dashboards.eu.42", "host-1"),
            "ssegw.e.dashboards.eu.42.~host-1");
  EXPECT_EQ(EventSubject("n", "t", ""), "n.e.t.~");
  EXPECT_EQ(EventSubject("n", "t", "a.b *>=~\xC3\xA9"), "n.e.t.~a=2Eb=20=2A=3E=3D=7E=C3=A9");
  EXPECT_EQ(LogStream("n"), "n_log");
  EXPECT_EQ(KeysStream("n"), "n_keys");
  EXPECT_EQ(EventSubjects("n"), "n.e.>");
  EXPECT_EQ(MetaSubjects("n"), "n.meta.>");
  EXPECT_EQ(EpochSubject("n"), "n.meta.epoch");
}

TEST(SubjectTest, ReadsBackWhatItWrote) {
  std::mt19937 random(20261130);
  constexpr std::string_view kTopicCharacters = "abcXYZ019_-";
  for (int round = 0; round < 2000; ++round) {
    std::string topic;
    const size_t tokens = 1 + random() % 16;
    for (size_t i = 0; i < tokens; ++i) {
      if (i > 0) topic += '.';
      for (size_t n = 1 + random() % 4; n > 0; --n) {
        topic += kTopicCharacters[random() % kTopicCharacters.size()];
      }
    }
    std::string key;
    for (size_t n = random() % 60; n > 0; --n) {
      const auto c = static_cast<char>(' ' + random() % 95);
      key += random() % 8 == 0 ? std::string("\xE2\x82\xAC") : std::string(1, c);
    }
    const std::string subject = EventSubject("name", topic, key);
    EXPECT_EQ(subject.find_first_of(" \t\r\n*>"), std::string::npos) << subject;
    const auto parsed = ParseEventSubject("name", subject);
    ASSERT_TRUE(parsed) << subject;
    EXPECT_EQ(parsed->topic, topic);
    EXPECT_EQ(parsed->key, key);
  }
}

TEST(SubjectTest, TheLongestFitsALineOfTheProtocol) {
  const std::string subject =
      EventSubject(std::string(32, 'n'), std::string(255, 't'), std::string(255, '.'));
  EXPECT_LE(subject.size(), 1060U);
  EXPECT_TRUE(ParseEventSubject(std::string(32, 'n'), subject));
}

TEST(SubjectTest, TakesNothingElseForAnEvent) {
  const std::string of_key = "n.e.t.~";
  for (const std::string& subject : {
           std::string("n.meta.epoch"),
           std::string("other.e.t.~k"),
           std::string("n.e.~k"),
           std::string("n.e.t"),
           std::string("n.e.t.k"),
           std::string("n.e..t.~k"),
           std::string("n.e.t..~k"),
           std::string("n.e.t.~k.u"),
           std::string("n.e.t~.~k"),
           std::string("n.e.t\xC3\xA9.~k"),
           std::string("n.x.t.~k"),
           std::string("n"),
           // Another spelling of a key would be another subject of it.
           of_key + "=41",
           of_key + "=2e",
           of_key + "a b",
           of_key + "=2",
           of_key + "=",
           of_key + "=ZZ",
           of_key + "a/b",
           // No publisher can have such a key or topic.
           of_key + "=0A",
           of_key + "=FF",
           of_key + std::string(256, 'k'),
           "n.e." + std::string(256, 't') + ".~k",
           std::string("n.e.1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.~k"),
       }) {
    EXPECT_FALSE(ParseEventSubject("n", subject)) << subject;
  }
}

}  // namespace
}  // namespace ssegw::store::jetstream
