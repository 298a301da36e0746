#ifndef SSEGW_TESTS_INTEGRATION_METRICS_DRIVEN_SERIES_H_
#define SSEGW_TESTS_INTEGRATION_METRICS_DRIVEN_SERIES_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "tests/testing/metrics.h"

namespace ssegw::testing {

// Which series the tests of this program have driven: compared with what really happened, at a
// value that a gateway that nobody has used does not have. When all tests have passed, each series
// of /metrics must be among them, so one that is new, and that no test drives, is a failure.
class DrivenSeries {
 public:
  static DrivenSeries& Get();

  // value: what the gateway says, and has been found to be right.
  void Compared(const std::string& series, double value);
  // What is known from elsewhere, and may be what it is in a fresh gateway.
  void ComparedConstant(const std::string& series);
  // Series of a fresh gateway that are not driven, but for those that cannot be.
  std::set<std::string> Missing();

 private:
  DrivenSeries();

  // Without prefix; the bounds of buckets left out.
  const std::map<std::string, double> fresh_;
  std::set<std::string> driven_;
};

template <typename Matcher>
void ExpectSeries(const Metrics& metrics, const std::string& series, const Matcher& matcher) {
  const double value = metrics[series];
  EXPECT_THAT(value, matcher) << series;
  if (::testing::Matches(matcher)(value)) DrivenSeries::Get().Compared(series, value);
}

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_INTEGRATION_METRICS_DRIVEN_SERIES_H_
