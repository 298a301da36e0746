#ifndef SSEGW_TESTS_TESTING_FAILURE_H_
#define SSEGW_TESTS_TESTING_FAILURE_H_

#include <stdexcept>

namespace ssegw::testing {

// Thrown by a fixture when the gateway does not do what the test needs in order to continue.
// GoogleTest reports it as the test's failure.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_FAILURE_H_
