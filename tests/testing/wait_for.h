#ifndef SSEGW_TESTS_TESTING_WAIT_FOR_H_
#define SSEGW_TESTS_TESTING_WAIT_FOR_H_

#include <functional>

#include "internal/base/time.h"

namespace ssegw::testing {

// What is to happen, happens within this time also under a sanitizer on a busy machine; only a test
// that fails takes so long.
inline constexpr base::Duration kPatience = std::chrono::seconds(30);

// True as soon as condition holds; false if it does not in that time.
bool WaitFor(const std::function<bool()>& condition, base::Duration patience = kPatience);

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_WAIT_FOR_H_
