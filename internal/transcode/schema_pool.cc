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

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "internal/base/concat.h"
#include "internal/base/string_map.h"
#include "internal/base/text.h"
#include "internal/transcode/descriptor_set_file.h"
#include "internal/transcode/features.h"
#include "ssegateway/v1/dashboard.pb.h"

namespace ssegw::transcode {

namespace {

using base::Concat;
using google::protobuf::Descriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;

// Protobuf writes its complaints about bytes to stderr, without limit and in its own format. It
// also returns them as errors, so only what ends the process is logged.
void LogOnlyFatal(google::protobuf::LogLevel level, const char* file, int line,
                  const std::string& message) {
  if (level == google::protobuf::LOGLEVEL_FATAL) {
    std::fprintf(stderr, "protobuf: %s:%d: %s\n", file, line, message.c_str());
  }
}

// Once: later loads may run beside threads that use protobuf.
void InstallLogHandler() {
  static auto* const before = google::protobuf::SetLogHandler(&LogOnlyFatal);
  static_cast<void>(before);
}

// Named, so that the linker keeps the classes.
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

// A chain of public imports longer than this is refused: protobuf follows it by recursion.
constexpr int kMaxPublicImports = 1000;
constexpr char kDescriptorProto[] = "google/protobuf/descriptor.proto";

bool Defines(const FileDescriptorProto& file, std::string_view message) {
  return std::ranges::any_of(file.message_type(),
                             [&](const auto& type) { return type.name() == message; });
}

// The .proto files of all descriptor sets. Each is built after its imports, whichever set has them.
class Builder {
 public:
  Builder(google::protobuf::DescriptorPool& pool, std::vector<SchemaFile>& files)
      : pool_(pool), files_(files) {
    for (const FileDescriptor* file : CompiledInFiles()) AddCompiledIn(*file);
  }

  void AddSet(const std::string& path, absl::StatusOr<FileDescriptorSet> set) {
    if (!set.ok()) return AddFault(path, std::string(set.status().message()));
    for (FileDescriptorProto& file : *set->mutable_file()) AddFile(path, file);
  }

  void Build() {
    ChooseDescriptorProto();
    for (const std::string& name : names_) BuildWithImports(name);
  }

  const std::string& faults() const { return faults_; }
  std::vector<std::string>& warnings() { return warnings_; }

 private:
  // kUnsupported: it, or what it imports, is of an edition that protobuf cannot build here.
  enum class State : uint8_t { kNew, kBuilding, kBuilt, kFailed, kUnsupported };
  struct Source {
    FileDescriptorProto proto;
    std::string bytes;  // of proto
    std::string set_path;
    State state = State::kNew;
    bool is_compiled_in = false;
    int edition = 0;
    // Built as proto2, whatever the syntax.
    bool is_lowered = false;
    int public_imports = 0;  // the longest chain of them that begins here
  };

  void AddCompiledIn(const FileDescriptor& file) {
    if (sources_.contains(file.name())) return;
    for (int i = 0; i < file.dependency_count(); ++i) AddCompiledIn(*file.dependency(i));
    Source source;
    source.is_compiled_in = true;
    file.CopyTo(&source.proto);
    source.bytes = source.proto.SerializeAsString();
    names_.push_back(file.name());
    sources_.emplace(file.name(), std::move(source));
  }

  void AddFile(const std::string& path, FileDescriptorProto& file) {
    // Comments and positions are no part of the definition.
    file.clear_source_code_info();
    std::string name = file.name();
    std::string bytes = file.SerializeAsString();
    const auto known = sources_.find(name);
    if (known == sources_.end()) {
      names_.push_back(name);
      Source source;
      source.proto = std::move(file);
      source.bytes = std::move(bytes);
      source.set_path = path;
      sources_.emplace(std::move(name), std::move(source));
    } else if (known->second.is_compiled_in) {
      if (name == kDescriptorProto && bytes.size() > newest_descriptor_proto_.ByteSizeLong()) {
        newest_descriptor_proto_ = std::move(file);
      }
    } else if (known->second.bytes != bytes) {
      AddFault(path, Concat("conflicting definition: ", name, " is different in ",
                            known->second.set_path));
    }
  }

  // descriptor.proto of a newer protobuf, which knows features, comes before the compiled-in one:
  // messages may hold its types.
  void ChooseDescriptorProto() {
    Source& source = sources_.find(kDescriptorProto)->second;
    if (!Defines(newest_descriptor_proto_, "FeatureSet")) return;
    google::protobuf::DescriptorPool trial;
    FirstError ignored;
    if (trial.BuildFileCollectingErrors(newest_descriptor_proto_, &ignored) == nullptr) return;
    source.proto = std::move(newest_descriptor_proto_);
    source.bytes = source.proto.SerializeAsString();
  }

  // Depth first, without recursion: a chain of imports may be as long as the sets are large.
  void BuildWithImports(const std::string& name) {
    struct Step {
      const std::string* name;
      Source* source;
      int next_import = 0;
    };
    std::vector<Step> steps;
    const auto begin = [&](const std::string& file) {
      const auto found = sources_.find(file);
      if (found->second.state != State::kNew) return;
      found->second.state = State::kBuilding;
      steps.push_back({&found->first, &found->second});
    };
    begin(name);
    while (!steps.empty()) {
      Step& step = steps.back();
      if (step.next_import == step.source->proto.dependency_size()) {
        BuildFile(*step.name, *step.source);
        steps.pop_back();
        continue;
      }
      const std::string& import = step.source->proto.dependency(step.next_import++);
      const auto imported = sources_.find(import);
      if (imported == sources_.end()) {
        AddFault(step.source->set_path, Concat("missing import: ", *step.name, " imports ", import,
                                               ", which is in no set"));
      } else if (imported->second.state == State::kBuilding) {
        AddFault(step.source->set_path, Concat("import cycle: ", *step.name, " imports ", import));
      } else {
        begin(import);
      }
    }
  }

  // Its imports have been built, or will never be.
  void BuildFile(const std::string& name, Source& source) {
    source.edition = EditionOf(source.proto);
    const bool is_known = source.edition >= kEditionProto2 && source.edition <= kEdition2024;
    bool imports_lowered = false;
    for (const std::string& import : source.proto.dependency()) {
      const auto imported = sources_.find(import);
      const State state = imported == sources_.end() ? State::kFailed : imported->second.state;
      if (state == State::kUnsupported) {
        source.state = State::kUnsupported;
        return Warn(source, Concat(name, " imports ", import,
                                   ", which cannot be used: its messages are unknown types"));
      }
      if (state != State::kBuilt) {
        source.state = State::kFailed;
        return;
      }
      imports_lowered = imports_lowered || imported->second.is_lowered;
    }
    for (const int index : source.proto.public_dependency()) {
      if (index < 0 || index >= source.proto.dependency_size()) continue;
      const Source& imported = sources_.find(source.proto.dependency(index))->second;
      source.public_imports = std::max(source.public_imports, imported.public_imports + 1);
    }
    if (source.public_imports > kMaxPublicImports) {
      source.state = State::kFailed;
      return AddFault(source.set_path, Concat(name, " is at the end of more than ",
                                              kMaxPublicImports, " public imports"));
    }
    // A message of proto3 cannot hold an enum of what counts as proto2 for protobuf.
    source.is_lowered = source.edition > kEditionProto3 || !is_known ||
                        (source.edition == kEditionProto3 && imports_lowered);
    if (source.is_lowered) LowerToProto2(source.proto);
    RemoveExtensionsOfNewerOptions(source.proto);
    FirstError error;
    const FileDescriptor* file = pool_.BuildFileCollectingErrors(source.proto, &error);
    source.proto.Clear();  // only its bytes are needed from here on
    if (file != nullptr) {
      source.state = State::kBuilt;
      files_.push_back({.descriptor = file,
                        .edition = source.edition,
                        .is_supported = is_known,
                        .bytes = std::move(source.bytes)});
    } else {
      source.state = is_known ? State::kFailed : State::kUnsupported;
      if (is_known) return AddFault(source.set_path, error.text());
    }
    if (!is_known) {
      Warn(source, Concat(name, " is of edition ", source.edition,
                          ", which is not known: its messages are refused"));
    }
  }

  // What extends messages of descriptor.proto that only newer ones have, such as FeatureSet, has no
  // meaning for JSON: they are options.
  void RemoveExtensionsOfNewerOptions(FileDescriptorProto& file) const {
    RemoveUnknownExtensions(*file.mutable_extension());
    for (auto& type : *file.mutable_message_type()) {
      RemoveUnknownExtensions(*type.mutable_extension());
    }
  }

  void RemoveUnknownExtensions(
      google::protobuf::RepeatedPtrField<google::protobuf::FieldDescriptorProto>& extensions)
      const {
    constexpr std::string_view kPrefix = ".google.protobuf.";
    for (int i = extensions.size() - 1; i >= 0; --i) {
      const std::string& extendee = extensions[i].extendee();
      if (extendee.starts_with(kPrefix) &&
          pool_.FindMessageTypeByName(extendee.substr(1)) == nullptr) {
        extensions.DeleteSubrange(i, 1);
      }
    }
  }

  // Names in a set may hold any bytes; the message is one line of text all the same.
  static std::string OneLine(std::string text) {
    const bool is_utf8 = base::IsValidUtf8(text);
    for (char& c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !is_utf8)) c = '?';
    }
    return text;
  }

  static std::string Prefix(const std::string& path) {
    return Concat("descriptor set ", path, ": ");
  }

  void Warn(const Source& source, const std::string& warning) {
    warnings_.push_back(OneLine(Prefix(source.set_path) + warning));
  }

  void AddFault(const std::string& path, const std::string& fault) {
    if (!faults_.empty()) faults_ += "; ";
    faults_ += OneLine(Prefix(path) + fault);
  }

  google::protobuf::DescriptorPool& pool_;
  std::vector<SchemaFile>& files_;
  std::vector<std::string> names_;
  base::StringMap<Source> sources_;
  FileDescriptorProto newest_descriptor_proto_;
  std::string faults_;
  std::vector<std::string> warnings_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SchemaPool>> SchemaPool::Load(
    const std::vector<std::string>& files) {
  InstallLogHandler();
  std::vector<Set> sets;
  for (const std::string& file : files) sets.emplace_back(file, ReadDescriptorSet(file));
  return Build(std::move(sets));
}

absl::StatusOr<std::unique_ptr<SchemaPool>> SchemaPool::Parse(std::string_view set) {
  InstallLogHandler();
  std::vector<Set> sets;
  sets.emplace_back("bytes", ParseDescriptorSet(set));
  return Build(std::move(sets));
}

absl::StatusOr<std::unique_ptr<SchemaPool>> SchemaPool::Build(std::vector<Set> sets) {
  std::unique_ptr<SchemaPool> schemas(new SchemaPool());
  Builder builder(schemas->pool_, schemas->files_);
  for (auto& [path, set] : sets) builder.AddSet(path, std::move(set));
  builder.Build();
  if (!builder.faults().empty()) return absl::InvalidArgumentError(builder.faults());
  schemas->warnings_ = std::move(builder.warnings());
  for (const SchemaFile& file : schemas->files_) {
    schemas->by_descriptor_.emplace(file.descriptor, &file);
  }
  return schemas;
}

const Descriptor* SchemaPool::FindMessage(std::string_view full_name) const {
  const Descriptor* type = pool_.FindMessageTypeByName(std::string(full_name));
  // The entry of a map has a descriptor, but nobody can send it as a message.
  return type != nullptr && !type->options().map_entry() ? type : nullptr;
}

const SchemaFile& SchemaPool::FileOf(const FileDescriptor& file) const {
  return *by_descriptor_.find(&file)->second;
}

}  // namespace ssegw::transcode
