#ifndef SSEGW_INTERNAL_TRANSCODE_FEATURES_H_
#define SSEGW_INTERNAL_TRANSCODE_FEATURES_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <cstdint>

namespace ssegw::transcode {

// The editions of descriptor.proto that are known here; proto2 and proto3 count as two of them.
inline constexpr int kEditionProto2 = 998;
inline constexpr int kEditionProto3 = 999;
inline constexpr int kEdition2023 = 1000;
inline constexpr int kEdition2024 = 1001;

// What the features of a field come to (https://protobuf.dev/editions/features), as far as it
// matters for JSON. How repeated values are packed does not: a parser takes both.
struct FieldFeatures {
  bool has_presence = true;
  bool is_required = false;
  // A number that its enum has no name for is an unknown field.
  bool is_closed_enum = false;
  // On the wire a group.
  bool is_delimited = false;
};

// edition: of the field's file. The enum of a field of proto2 is closed whatever the enum's own
// file says, as in protobuf's C++.
FieldFeatures FeaturesOf(const google::protobuf::FieldDescriptor& field, int edition,
                         int enum_edition);

// Of a file as it stands in a descriptor set; 0 where its syntax is none of the three that exist.
int EditionOf(const google::protobuf::FileDescriptorProto& file);

// Rewrites a file of proto3 or of an edition as one of proto2, which is what the descriptors of
// protobuf 3.21 can hold of it. Its meaning is then in what FeaturesOf reads from the options,
// given the file's own edition.
void LowerToProto2(google::protobuf::FileDescriptorProto& file);

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_FEATURES_H_
