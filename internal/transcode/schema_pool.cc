#include "internal/transcode/schema_pool.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/api.pb.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/empty.pb.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/source_context.pb.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/type.pb.h>
#include <google/protobuf/wrappers.pb.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <system_error>
#include <utility>

#include "internal/base/concat.h"
#include "internal/base/string_map.h"
#include "ssegateway/v1/dashboard.pb.h"

namespace ssegw::transcode {

namespace {

using base::Concat;
using google::protobuf::Descriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;

// Protobuf writes to stderr what it thinks of the bytes it is given, unlimited and out of format;
// all of it comes back to us as an error too. Only what ends the process is worth its line.
void LogOnlyFatal(google::protobuf::LogLevel level, const char* file, int line,
                  const std::string& message) {
  if (level == google::protobuf::LOGLEVEL_FATAL) {
    std::fprintf(stderr, "protobuf: %s:%d: %s\n", file, line, message.c_str());
  }
}

// Naming the classes is what makes the linker keep them.
std::vector<const FileDescriptor*> CompiledInFiles() {
  return {
      google::protobuf::Any::descriptor()->file(),
      google::protobuf::SourceContext::descriptor()->file(),
      google::protobuf::Type::descriptor()->file(),
      google::protobuf::Api::descriptor()->file(),
      google::protobuf::FileDescriptorProto::descriptor()->file(),
      google::protobuf::Duration::descriptor()->file(),
      google::protobuf::Empty::descriptor()->file(),
      google::protobuf::FieldMask::descriptor()->file(),
      google::protobuf::Struct::descriptor()->file(),
      google::protobuf::Timestamp::descriptor()->file(),
      google::protobuf::Int64Value::descriptor()->file(),
      ssegateway::v1::Dashboard::descriptor()->file(),
  };
}

class FirstError : public google::protobuf::DescriptorPool::ErrorCollector {
 public:
  void AddError(const std::string& filename, const std::string& element_name,
                const google::protobuf::Message*, ErrorLocation,
                const std::string& message) override {
    if (text_.empty()) text_ = Concat(filename, ": ", element_name, ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const auto failure = [] {
    return absl::InvalidArgumentError("cannot read it: " + std::generic_category().message(errno));
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                             &std::fclose);
  if (file == nullptr) return failure();
  std::string bytes;
  char buffer[16384];
  size_t size = 0;
  while ((size = std::fread(buffer, 1, sizeof(buffer), file.get())) > 0) bytes.append(buffer, size);
  if (std::ferror(file.get()) != 0) return failure();
  return bytes;
}

// The .proto files of all descriptor sets, built each after its imports, whichever set has them.
class Builder {
 public:
  Builder(google::protobuf::DescriptorPool& pool, std::vector<const FileDescriptor*>& files)
      : pool_(pool), files_(files) {
    for (const FileDescriptor* file : CompiledInFiles()) AddCompiledIn(*file);
  }

  void AddSet(const std::string& path) {
    const absl::StatusOr<std::string> bytes = ReadFile(path);
    if (!bytes.ok()) return AddFault(path, std::string(bytes.status().message()));
    FileDescriptorSet set;
    // Nearly any bytes parse as a message of unknown fields; one with named files is no accident.
    bool valid = set.ParseFromString(*bytes) && set.file_size() > 0;
    for (const FileDescriptorProto& file : set.file()) valid = valid && !file.name().empty();
    if (!valid) {
      return AddFault(path, "not a FileDescriptorSet, as protoc --descriptor_set_out writes it");
    }
    for (FileDescriptorProto& file : *set.mutable_file()) AddFile(path, file);
  }

  void Build() {
    for (const std::string& name : names_) BuildFile(name);
  }

  const std::string& faults() const { return faults_; }

 private:
  enum class State : uint8_t { kNew, kBuilding, kBuilt, kFailed };
  struct Source {
    FileDescriptorProto proto;
    std::string set_path;
    State state = State::kNew;
  };

  void AddCompiledIn(const FileDescriptor& file) {
    if (compiled_in_.contains(file.name())) return;
    for (int i = 0; i < file.dependency_count(); ++i) AddCompiledIn(*file.dependency(i));
    FileDescriptorProto proto;
    file.CopyTo(&proto);
    files_.push_back(pool_.BuildFile(proto));
    compiled_in_.emplace(file.name(), true);
  }

  void AddFile(const std::string& path, FileDescriptorProto& file) {
    if (compiled_in_.contains(file.name())) return;
    // Comments and positions are no part of the definition.
    file.clear_source_code_info();
    std::string name = file.name();
    const auto known = sources_.find(name);
    if (known == sources_.end()) {
      names_.push_back(name);
      sources_.emplace(std::move(name), Source{std::move(file), path});
    } else if (known->second.proto.SerializeAsString() != file.SerializeAsString()) {
      AddFault(path, Concat("conflicting definition: ", name, " is different in ",
                            known->second.set_path));
    }
  }

  // True if name is in the pool then. Recursion goes as deep as the chain of imports.
  bool BuildFile(const std::string& name) {
    if (compiled_in_.contains(name)) return true;
    Source& source = sources_.find(name)->second;
    if (source.state != State::kNew) return source.state == State::kBuilt;
    source.state = State::kBuilding;
    bool imports_built = true;
    for (const std::string& import : source.proto.dependency()) {
      const auto imported = sources_.find(import);
      if (imported == sources_.end() && !compiled_in_.contains(import)) {
        AddFault(source.set_path,
                 Concat("missing import: ", name, " imports ", import, ", which is in no set"));
        imports_built = false;
      } else if (imported != sources_.end() && imported->second.state == State::kBuilding) {
        AddFault(source.set_path, Concat("import cycle: ", name, " imports ", import));
        imports_built = false;
      } else {
        imports_built = BuildFile(import) && imports_built;
      }
    }
    const FileDescriptor* file = nullptr;
    if (imports_built) {
      FirstError error;
      file = pool_.BuildFileCollectingErrors(source.proto, &error);
      if (file != nullptr) {
        files_.push_back(file);
      } else {
        AddFault(source.set_path, error.text());
      }
    }
    source.state = file != nullptr ? State::kBuilt : State::kFailed;
    return file != nullptr;
  }

  void AddFault(const std::string& path, const std::string& fault) {
    if (!faults_.empty()) faults_ += "; ";
    faults_ += Concat("descriptor set ", path, ": ", fault);
  }

  google::protobuf::DescriptorPool& pool_;
  std::vector<const FileDescriptor*>& files_;
  base::StringMap<bool> compiled_in_;
  std::vector<std::string> names_;
  base::StringMap<Source> sources_;
  std::string faults_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SchemaPool>> SchemaPool::Load(
    const std::vector<std::string>& files) {
  google::protobuf::SetLogHandler(&LogOnlyFatal);
  std::unique_ptr<SchemaPool> schemas(new SchemaPool());
  Builder builder(schemas->pool_, schemas->files_);
  for (const std::string& file : files) builder.AddSet(file);
  builder.Build();
  if (!builder.faults().empty()) return absl::InvalidArgumentError(builder.faults());
  return schemas;
}

const Descriptor* SchemaPool::FindMessage(std::string_view full_name) const {
  const Descriptor* type = pool_.FindMessageTypeByName(std::string(full_name));
  // The entry of a map has a descriptor, but is not a message that anybody could send.
  return type != nullptr && !type->options().map_entry() ? type : nullptr;
}

}  // namespace ssegw::transcode
