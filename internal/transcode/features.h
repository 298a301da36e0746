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

// The features of a field (https://protobuf.dev/editions/features) that matter for JSON. Whether
// repeated values are packed does not matter: a parser takes both.
struct FieldFeatures {
  bool has_presence = true;
  bool is_required = false;
  // A number without a name in the enum is an unknown field.
  bool is_closed_enum = false;
  // A group on the wire.
  bool is_delimited = false;
};

// edition: of the field's file. The enum of a field of proto2 is closed whatever the enum's own
// file says, as in protobuf's C++.
FieldFeatures FeaturesOf(const google::protobuf::FieldDescriptor& field, int edition,
                         int enum_edition);

// The edition of a file in a descriptor set; 0 if its syntax is none of the three that exist.
int EditionOf(const google::protobuf::FileDescriptorProto& file);

// Rewrites a file of proto3 or of an edition as one of proto2, which the descriptors of protobuf
// 3.21 can hold. FeaturesOf then reads its meaning from the options, given the file's own edition.
void LowerToProto2(google::protobuf::FileDescriptorProto& file);

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_FEATURES_H_
