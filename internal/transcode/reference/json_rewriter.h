#ifndef SSEGW_INTERNAL_TRANSCODE_REFERENCE_JSON_REWRITER_H_
#define SSEGW_INTERNAL_TRANSCODE_REFERENCE_JSON_REWRITER_H_

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "internal/base/string_map.h"
#include "internal/transcode/schema_pool.h"
#include "internal/transcode/transcoder.h"

namespace ssegw::transcode {

// Changes in the JSON that protobuf wrote what protobuf cannot do itself: writes 64-bit integers
// bare, the default of a NullValue as null, and puts the JSON of each Any in its place. It follows
// the schema, so that text that merely looks like one of them is left alone.
//
// Thread: immutable; any thread. It does not outlive the schemas.
class JsonRewriter {
 public:
  // options: those that the JSON is written with.
  JsonRewriter(const SchemaPool& schemas, const JsonOptions& options);

  // json: a message of this type where each Any is a string, the index of its JSON in anys.
  std::string Rewrite(const google::protobuf::Descriptor& type, std::string_view json,
                      const std::vector<std::string>& anys) const;

 private:
  class Pass;
  // By the field's name as it stands between the quotes; only fields that hold, or lead to,
  // something to rewrite.
  using Fields = base::StringMap<const google::protobuf::FieldDescriptor*>;

  void AddType(const google::protobuf::Descriptor& type);

  const JsonOptions options_;
  absl::flat_hash_map<const google::protobuf::Descriptor*, Fields> fields_;
};

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_REFERENCE_JSON_REWRITER_H_
