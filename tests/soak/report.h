#ifndef SSEGW_TESTS_SOAK_REPORT_H_
#define SSEGW_TESTS_SOAK_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "internal/base/time.h"
#include "tests/testing/crowd/crowd.h"
#include "tests/testing/figures.h"

namespace ssegw::soak {

// A report in Markdown, made of pieces; and whether what it reports is as it should be.
class Report {
 public:
  // Begins with the machine and the versions. command: how to run it again.
  Report(const std::string& title, const std::string& command);

  void Heading(const std::string& text);
  void Paragraph(const std::string& text);
  // The first row is the head.
  void Table(const std::vector<std::vector<std::string>>& rows);
  // One row for each group of the crowd.
  void Crowd(const std::vector<testing::CrowdGroup>& groups,
             const std::vector<testing::CrowdReport>& reports);

  // A row of the verdict.
  void Expect(bool holds, const std::string& what, const std::string& figures);
  // What is not judged, since the run is too short for it.
  void Note(const std::string& what, const std::string& figures);

  bool holds() const { return holds_; }
  // All of it, the verdict last.
  std::string Text() const;

 private:
  std::string text_;
  std::vector<std::vector<std::string>> verdict_;
  bool holds_ = true;
};

using testing::Median;
using testing::MiB;
using testing::Milliseconds;
using testing::Number;

// To stderr, with the seconds since the program began.
void Say(const std::string& what);

}  // namespace ssegw::soak

#endif  // SSEGW_TESTS_SOAK_REPORT_H_
