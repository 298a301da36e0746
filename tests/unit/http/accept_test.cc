#include "gateway/http/accept.h"

#include <gtest/gtest.h>

namespace ssegw::http {
namespace {

TEST(AcceptTest, RulesOutOnlyWhatItSays) {
  struct Case {
    std::string_view name;
    std::string_view accept;
    bool accepts;
  };
  const Case kCases[] = {
      {"none", "", true},
      {"EventSource", "text/event-stream", true},
      {"curl", "*/*", true},
      {"address bar", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true},
      {"range of the type", "text/*", true},
      {"other case", "Text/Event-Stream", true},
      {"with a parameter", "text/event-stream;charset=utf-8", true},
      {"low quality", "text/event-stream;q=0.001", true},
      {"one of several", "application/json, text/event-stream;q=0.5", true},
      {"only another", "application/json", false},
      {"another of the type", "text/plain", false},
      {"quality 0", "text/event-stream;q=0", false},
      {"quality 0.000 with spaces", "text/event-stream ; q = 0.000", false},
      {"capital Q", "text/event-stream;Q=0", false},
      {"quality after a parameter", "text/event-stream;charset=utf-8;q=0", false},
      {"any with quality 0", "*/*;q=0", false},
      {"specific beats any", "*/*, text/event-stream;q=0", false},
      {"specific beats any, whatever the order", "text/event-stream;q=0, */*", false},
      {"specific beats range", "text/*;q=0, text/event-stream", true},
      {"range beats any", "*/*, text/*;q=0", false},
      {"range beats any the other way", "*/*;q=0, text/*", true},
      {"the better of two alike", "text/event-stream;q=0, text/event-stream", true},
      {"the better of two alike, first", "text/event-stream, text/event-stream;q=0", true},
      {"unreadable quality", "text/event-stream;q=x", true},
      {"nothing readable", "event-stream", true},
      {"comma in a quoted parameter", R"(text/plain;a=",*/*")", false},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(AcceptsEventStream(c.accept), c.accepts) << c.name;
  }
}

}  // namespace
}  // namespace ssegw::http
