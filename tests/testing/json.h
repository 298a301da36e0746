#ifndef SSEGW_TESTS_TESTING_JSON_H_
#define SSEGW_TESTS_TESTING_JSON_H_

#include <google/protobuf/struct.pb.h>

#include <string>

#include "internal/base/time.h"

namespace ssegw::testing {

// A JSON object or array. Failure if text is not one.
google::protobuf::Value ParseJson(const std::string& text);

// The member of an object at a path of names: "data.panels". Failure if it is not there.
const google::protobuf::Value& At(const google::protobuf::Value& value, const std::string& path);
// The same for a member that is a string, a number.
std::string StringAt(const google::protobuf::Value& value, const std::string& path);
double NumberAt(const google::protobuf::Value& value, const std::string& path);
// The same for a member that is a time of RFC 3339 in UTC, with milliseconds.
base::WallTime TimeAt(const google::protobuf::Value& value, const std::string& path);

// True if both are the same JSON.
bool SameJson(const std::string& a, const std::string& b);

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_JSON_H_
