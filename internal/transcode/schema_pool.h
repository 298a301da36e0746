#ifndef SSEGW_INTERNAL_TRANSCODE_SCHEMA_POOL_H_
#define SSEGW_INTERNAL_TRANSCODE_SCHEMA_POOL_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"

namespace ssegw::transcode {

// A .proto file of the pool.
struct SchemaFile {
  // The file as protobuf can hold it: a file of an edition becomes one of proto2 (features.h).
  const google::protobuf::FileDescriptor* descriptor = nullptr;
  int edition = 0;
  // False if its edition is not known: then the meaning of its messages is not known either.
  bool is_supported = true;
  // The FileDescriptorProto as it came, without comments and positions.
  std::string bytes;
};

// The message types that the gateway can transcode: the compiled-in ones (Dashboard and the
// well-known types) and those of descriptor sets.
//
// It is separate from the pool of the generated classes, so that a descriptor set may define any
// type, whatever else is linked into the program.
//
// Owns:     the descriptors.
// Thread:   the first Load at start, before other threads use protobuf (it installs protobuf's log
//           handler); later ones and everything else from any thread.
// Lifetime: outlives every transcoder that uses it.
class SchemaPool {
 public:
  // files: paths of FileDescriptorSets, as `protoc --descriptor_set_out` and `buf build` write
  // them, also with gzip; with or without their imports, as long as each import is in one of them
  // or compiled in. If a set contains a compiled-in file, the compiled-in one counts; of
  // descriptor.proto the newest counts.
  //
  // Errors: INVALID_ARGUMENT naming every file with a fault: unreadable, not a FileDescriptorSet, a
  // missing import, an import cycle, a definition that is invalid or in conflict with another.
  static absl::StatusOr<std::unique_ptr<SchemaPool>> Load(const std::vector<std::string>& files);
  // The same for the bytes of one set.
  static absl::StatusOr<std::unique_ptr<SchemaPool>> Parse(std::string_view set);

  // Faults that do not prevent loading, a line each: files of an edition that is not known.
  const std::vector<std::string>& warnings() const { return warnings_; }

  // By full name; null if there is no such message.
  const google::protobuf::Descriptor* FindMessage(std::string_view full_name) const;

  // Every file, each after those it imports.
  const std::vector<SchemaFile>& files() const { return files_; }
  // Of a file of this pool.
  const SchemaFile& FileOf(const google::protobuf::FileDescriptor& file) const;
  const google::protobuf::DescriptorPool& descriptors() const { return pool_; }

  SchemaPool(const SchemaPool&) = delete;
  SchemaPool& operator=(const SchemaPool&) = delete;

 private:
  // Its path, and what was found there.
  using Set = std::pair<std::string, absl::StatusOr<google::protobuf::FileDescriptorSet>>;

  SchemaPool() = default;
  static absl::StatusOr<std::unique_ptr<SchemaPool>> Build(std::vector<Set> sets);

  google::protobuf::DescriptorPool pool_;
  std::vector<SchemaFile> files_;
  absl::flat_hash_map<const google::protobuf::FileDescriptor*, const SchemaFile*> by_descriptor_;
  std::vector<std::string> warnings_;
};

}  // namespace ssegw::transcode

#endif  // SSEGW_INTERNAL_TRANSCODE_SCHEMA_POOL_H_
