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
      {"quality that is no number", "text/event-stream;q=nan", true},
      {"quality below 0", "text/event-stream;q=-1", true},
      {"nothing readable", "event-stream", true},
      {"comma in a quoted parameter", R"(text/plain;a=",*/*")", false},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(AcceptsEventStream(c.accept), c.accepts) << c.name;
  }
}

TEST(AcceptTest, PrefersOpenMetricsOnlyWhereItIsNamedAndNotRankedLower) {
  struct Case {
    std::string_view name;
    std::string_view accept;
    bool prefers;
  };
  const Case kCases[] = {
      {"none", "", false},
      {"curl", "*/*", false},
      {"browser", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false},
      {"plain", "application/openmetrics-text", true},
      {"Prometheus 2",
       "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
       "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
       true},
      {"Prometheus 3",
       "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
       "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;"
       "escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
       true},
      {"spaces and case", "Application/OpenMetrics-Text ; Version=\"1.0.0\" ; Q=0.5", true},
      {"an older version only", "application/openmetrics-text;version=0.0.1", false},
      {"text is ranked higher", "application/openmetrics-text;q=0.4,text/plain;q=0.5", false},
      {"text is as good", "text/plain,application/openmetrics-text", true},
      {"a range for text is ranked higher", "application/openmetrics-text;q=0.4,text/*", false},
      {"not at all", "application/openmetrics-text;q=0,text/plain;q=0", false},
      {"a range", "application/*", false},
  };
  for (const Case& c : kCases) EXPECT_EQ(PrefersOpenMetrics(c.accept), c.prefers) << c.name;
}

}  // namespace
}  // namespace ssegw::http
