#ifndef TESTS_UNIT_EXAMPLES_VALUE_OF_H_
#define TESTS_UNIT_EXAMPLES_VALUE_OF_H_

#include <gtest/gtest.h>

#include <optional>
#include <utility>

namespace host_dashboard {

// The value; where there is none, the test fails and goes on with an empty one.
template <typename T>
T ValueOf(std::optional<T> value) {
  EXPECT_TRUE(value.has_value());
  return std::move(value).value_or(T());
}

}  // namespace host_dashboard

#endif  // TESTS_UNIT_EXAMPLES_VALUE_OF_H_
