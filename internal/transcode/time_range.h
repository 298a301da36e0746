#ifndef SSEGW_INTERNAL_TRANSCODE_TIME_RANGE_H_
#define SSEGW_INTERNAL_TRANSCODE_TIME_RANGE_H_

#include <cstdint>

namespace ssegw::transcode {

// The range of a google.protobuf.Timestamp: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z
// (timestamp.proto).
inline bool IsTimestamp(int64_t seconds, int32_t nanos) {
  constexpr int64_t kFirst = -62'135'596'800;
  constexpr int64_t kLast = 253'402'300'799;
  return seconds >= kFirst && seconds <= kLast && nanos >= 0 && nanos <= 999'999'999;
}

// The range of a google.protobuf.Duration: 10,000 years, both parts of one sign (duration.proto).
inline bool IsDuration(int64_t seconds, int32_t nanos) {
  constexpr int64_t kLongest = 315'576'000'000;
  const bool one_sign = (seconds >= 0 && nanos >= 0) || (seconds <= 0 && nanos <= 0);
  return one_sign && seconds >= -kLongest && seconds <= kLongest && nanos >= -999'999'999 &&
         nanos <= 999'999'999;
}

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_TIME_RANGE_H_
