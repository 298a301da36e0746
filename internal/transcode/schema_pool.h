#ifndef SSEGW_INTERNAL_TRANSCODE_SCHEMA_POOL_H_
#define SSEGW_INTERNAL_TRANSCODE_SCHEMA_POOL_H_

#include <google/protobuf/descriptor.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace ssegw::transcode {

// The message types that the gateway can transcode: the compiled-in ones (Dashboard and the
// well-known types) and those of descriptor sets.
//
// A pool of its own, apart from the one of the generated classes: what a descriptor set may define
// does not depend on what else happens to be linked into the program.
//
// Owns:     the descriptors.
// Thread:   Load once at start, before other threads use protobuf (it installs protobuf's log
//           handler); everything else from any thread.
// Lifetime: outlives every transcoder made of it.
class SchemaPool {
 public:
  // files: paths of FileDescriptorSets, as `protoc --descriptor_set_out` and `buf build` write
  // them; with or without their imports, as long as each import is in one of them or compiled in.
  // Where a set brings a compiled-in file along, the compiled-in one counts.
  //
  // Errors: INVALID_ARGUMENT naming every file with a fault: unreadable, not a FileDescriptorSet, a
  // missing import, an import cycle, a definition that is invalid or in conflict with another.
  static absl::StatusOr<std::unique_ptr<SchemaPool>> Load(const std::vector<std::string>& files);

  // By full name; null if there is no such message.
  const google::protobuf::Descriptor* FindMessage(std::string_view full_name) const;

  // Every file, each after those it imports.
  const std::vector<const google::protobuf::FileDescriptor*>& files() const { return files_; }

  SchemaPool(const SchemaPool&) = delete;
  SchemaPool& operator=(const SchemaPool&) = delete;

 private:
  SchemaPool() = default;

  google::protobuf::DescriptorPool pool_;
  std::vector<const google::protobuf::FileDescriptor*> files_;
};

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_SCHEMA_POOL_H_
