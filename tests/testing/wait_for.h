#ifndef SSEGW_TESTS_TESTING_WAIT_FOR_H_
#define SSEGW_TESTS_TESTING_WAIT_FOR_H_

#include <functional>

#include "internal/base/time.h"

namespace ssegw::testing {

// Long enough for a sanitizer on a busy machine; only a test that fails takes so long.
inline constexpr base::Duration kPatience = std::chrono::seconds(30);

// True as soon as condition holds; false if it does not within patience.
bool WaitFor(const std::function<bool()>& condition, base::Duration patience = kPatience);

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_WAIT_FOR_H_
