#include "gateway/app/metrics/exposition.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gateway/app/metrics/family.h"

namespace ssegw::app {
namespace {

std::string OpenMetrics(const std::vector<prometheus::MetricFamily>& families) {
  return SerializeMetrics(families, http::MetricsFormat::kOpenMetrics);
}

std::string Text(const std::vector<prometheus::MetricFamily>& families) {
  return SerializeMetrics(families, http::MetricsFormat::kText);
}

TEST(ExpositionTest, NamesACountersFamilyWithoutTotal) {
  EXPECT_EQ(OpenMetrics({CounterFamily(
                "a_closed_total", "Closed.",
                {{.labels = {{"reason", "drain"}}, .value = 3}, {.labels = {{"reason", "age"}}}})}),
            "# TYPE a_closed counter\n"
            "# HELP a_closed Closed.\n"
            "a_closed_total{reason=\"drain\"} 3\n"
            "a_closed_total{reason=\"age\"} 0\n"
            "# EOF\n");
}

TEST(ExpositionTest, SaysTheUnitThatAFamilyIsNamedAfter) {
  EXPECT_EQ(OpenMetrics({CounterFamily("cpu_seconds_total", "Time.", 0.25)}),
            "# TYPE cpu_seconds counter\n"
            "# UNIT cpu_seconds seconds\n"
            "# HELP cpu_seconds Time.\n"
            "cpu_seconds_total 0.25\n"
            "# EOF\n");
  EXPECT_EQ(UnitOf("window_bytes"), "bytes");
  EXPECT_EQ(UnitOf("busy_ratio"), "ratio");
  EXPECT_EQ(UnitOf("bytes_sent"), "");
  EXPECT_EQ(UnitOf("megabytes"), "");
  EXPECT_EQ(UnitOf("bytes"), "");
}

TEST(ExpositionTest, WritesBoundsAsFloats) {
  EXPECT_EQ(OpenMetrics({HistogramFamily(
                "lag", "Lag.",
                {.bounds = {0, 8e-06, 0.5, 100'000}, .counts = {1, 0, 2, 0, 4}, .sum = 1.5})}),
            "# TYPE lag histogram\n"
            "# HELP lag Lag.\n"
            "lag_bucket{le=\"0.0\"} 1\n"
            "lag_bucket{le=\"8e-06\"} 1\n"
            "lag_bucket{le=\"0.5\"} 3\n"
            "lag_bucket{le=\"100000.0\"} 3\n"
            "lag_bucket{le=\"+Inf\"} 7\n"
            "lag_sum 1.5\n"
            "lag_count 7\n"
            "# EOF\n");
}

TEST(ExpositionTest, WritesGaugesAndWholeNumbersAsTheyAre) {
  EXPECT_EQ(OpenMetrics({GaugeFamily("limit_things", "Limit.", 1099511627776)}),
            "# TYPE limit_things gauge\n"
            "# HELP limit_things Limit.\n"
            "limit_things 1099511627776\n"
            "# EOF\n");
}

TEST(ExpositionTest, EscapesTextAndLabels) {
  EXPECT_EQ(OpenMetrics({GaugeFamily("a", "Says \"so\"\nor \\ not.",
                                     {{.labels = {{"l", "x\"\\\n"}}, .value = 1}})}),
            "# TYPE a gauge\n"
            "# HELP a Says \\\"so\\\"\\nor \\\\ not.\n"
            "a{l=\"x\\\"\\\\\\n\"} 1\n"
            "# EOF\n");
}

TEST(ExpositionTest, TextFormatKeepsTotalHasNoUnitsAndBareBounds) {
  EXPECT_EQ(
      Text({CounterFamily("a_seconds_total", "Closed.",
                          {{.labels = {{"reason", "drain"}}, .value = 3}}),
            GaugeFamily("b", "Gauge.", 2.5),
            HistogramFamily("lag_seconds", "Lag.",
                            {.bounds = {0, 0.5, 100'000}, .counts = {1, 2, 0, 4}, .sum = 1.5})}),
      "# HELP a_seconds_total Closed.\n"
      "# TYPE a_seconds_total counter\n"
      "a_seconds_total{reason=\"drain\"} 3\n"
      "# HELP b Gauge.\n"
      "# TYPE b gauge\n"
      "b 2.5\n"
      "# HELP lag_seconds Lag.\n"
      "# TYPE lag_seconds histogram\n"
      "lag_seconds_bucket{le=\"0\"} 1\n"
      "lag_seconds_bucket{le=\"0.5\"} 3\n"
      "lag_seconds_bucket{le=\"100000\"} 3\n"
      "lag_seconds_bucket{le=\"+Inf\"} 7\n"
      "lag_seconds_sum 1.5\n"
      "lag_seconds_count 7\n");
}

TEST(ExpositionTest, TextFormatEscapesQuotesInLabelsAlone) {
  EXPECT_EQ(Text({GaugeFamily("a", "Says \"so\"\nor \\ not.",
                              {{.labels = {{"l", "x\"\\\n"}}, .value = 1}})}),
            "# HELP a Says \"so\"\\nor \\\\ not.\n"
            "# TYPE a gauge\n"
            "a{l=\"x\\\"\\\\\\n\"} 1\n");
}

}  // namespace
}  // namespace ssegw::app
