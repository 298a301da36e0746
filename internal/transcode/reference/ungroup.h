#ifndef SSEGW_INTERNAL_TRANSCODE_REFERENCE_UNGROUP_H_
#define SSEGW_INTERNAL_TRANSCODE_REFERENCE_UNGROUP_H_

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>

namespace ssegw::transcode {

// The same message with its groups written as length-delimited submessages: protobuf's JSON writer
// leaves groups out. wire was serialized by protobuf, without unknown fields and extensions.
std::string Ungroup(const google::protobuf::Descriptor& type, std::string_view wire);

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_REFERENCE_UNGROUP_H_
