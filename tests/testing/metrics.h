#ifndef SSEGW_TESTS_TESTING_METRICS_H_
#define SSEGW_TESTS_TESTING_METRICS_H_

#include <map>
#include <optional>
#include <string>

namespace ssegw::testing {

// One scrape of /metrics.
class Metrics {
 public:
  // text: in Prometheus' format. Failure if a line is not.
  explicit Metrics(const std::string& text);
  static Metrics Scrape(const std::string& admin_address);

  // series: without the prefix sse_gateway_, with its labels:
  // R"(connections_shed_total{reason="x"})"; process_* have no prefix.
  std::optional<double> Find(const std::string& series) const;
  // Failure if it is not there.
  double operator[](const std::string& series) const;
  // "counter", "gauge" or "histogram"; empty if there is no such family.
  std::string TypeOf(const std::string& family) const;

  const std::map<std::string, double>& all() const { return values_; }

 private:
  std::map<std::string, double> values_;
  std::map<std::string, std::string> types_;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_METRICS_H_
