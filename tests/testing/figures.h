#ifndef SSEGW_TESTS_TESTING_FIGURES_H_
#define SSEGW_TESTS_TESTING_FIGURES_H_

#include <string>
#include <vector>

#include "internal/base/time.h"

namespace ssegw::testing {

// Figures as reports of measurements show them.

std::string Number(double value);  // at most three places: "0.125", "12.5", "1250"
std::string Milliseconds(base::Duration d);
std::string MiB(double bytes);
// The middle value; 0 if there is none.
double Median(std::vector<double> values);

// A table in Markdown; the first row is its head.
std::string MarkdownTable(const std::vector<std::vector<std::string>>& rows);

// The machine of a measurement.
struct Machine {
  std::string cpu;
  int cpus = 0;
  double memory_bytes = 0;
  std::string system = {};  // "Debian GNU/Linux 12 (bookworm)"
  std::string kernel;       // "Linux 6.1.0"
};
Machine ThisMachine();
std::string Describe(const Machine& machine);

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_FIGURES_H_
