#include "gateway/ingest/reflection.h"

#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <utility>

#include "absl/status/status.h"
#include "gateway/ingest/error_text.h"
#include "internal/base/concat.h"

namespace ssegw::ingest {
namespace {

namespace v1 = grpc::reflection::v1;
using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

// Clients take messages of 4 MiB. One file may be larger than this by itself.
constexpr size_t kMaxImportBytes = size_t{1} << 20;

// The generated types of the services, and those of the descriptor sets, as one.
class Types {
 public:
  Types(const std::vector<std::string>& services, const transcode::SchemaPool* schemas)
      : schemas_(schemas) {
    for (const std::string& service : services) {
      const auto* found = DescriptorPool::generated_pool()->FindServiceByName(service);
      if (found != nullptr) own_.push_back(found->file());
    }
  }

  const FileDescriptor* FileByName(const std::string& name) const {
    return First([&](const DescriptorPool& pool) { return pool.FindFileByName(name); });
  }

  const FileDescriptor* FileWithSymbol(std::string_view name) const {
    // Some tools write full names as protoc does within a file, with a dot before them.
    if (name.starts_with('.')) name.remove_prefix(1);
    return First([symbol = std::string(name)](const DescriptorPool& pool) {
      return pool.FindFileContainingSymbol(symbol);
    });
  }

  // Extensions are of descriptor sets alone: no service has any.
  const FieldDescriptor* Extension(const std::string& type, int number) const {
    const Descriptor* extended = Extended(type);
    return extended == nullptr ? nullptr
                               : schemas_->descriptors().FindExtensionByNumber(extended, number);
  }

  // False: there is no such message.
  bool ExtensionNumbers(const std::string& type, std::vector<int>* numbers) const {
    const Descriptor* extended = Extended(type);
    if (extended == nullptr) {
      return DescriptorPool::generated_pool()->FindMessageTypeByName(type) != nullptr;
    }
    std::vector<const FieldDescriptor*> extensions;
    schemas_->descriptors().FindAllExtensions(extended, &extensions);
    for (const FieldDescriptor* extension : extensions) numbers->push_back(extension->number());
    std::ranges::sort(*numbers);
    return true;
  }

  std::string BytesOf(const FileDescriptor& file) const {
    if (schemas_ != nullptr && file.pool() == &schemas_->descriptors()) {
      return schemas_->FileOf(file).bytes;
    }
    google::protobuf::FileDescriptorProto proto;
    file.CopyTo(&proto);
    return proto.SerializeAsString();
  }

 private:
  const Descriptor* Extended(const std::string& type) const {
    return schemas_ == nullptr ? nullptr : schemas_->descriptors().FindMessageTypeByName(type);
  }

  // What find finds in the files of the services, else in the schemas, else in the rest of what is
  // compiled in: what the services' files import, where there are no schemas.
  template <typename Find>
  const FileDescriptor* First(Find find) const {
    const FileDescriptor* generated = find(*DescriptorPool::generated_pool());
    if (generated != nullptr && std::ranges::find(own_, generated) != own_.end()) return generated;
    const FileDescriptor* of_schemas =
        schemas_ == nullptr ? nullptr : find(schemas_->descriptors());
    return of_schemas != nullptr ? of_schemas : generated;
  }

  std::vector<const FileDescriptor*> own_;
  const transcode::SchemaPool* const schemas_;
};

void Fail(absl::StatusCode code, const std::string& message,
          v1::ServerReflectionResponse* response) {
  v1::ErrorResponse& error = *response->mutable_error_response();
  error.set_error_code(static_cast<int>(code));
  error.set_error_message(SendableError(message));
}

void NotFound(std::string_view what, std::string_view name,
              v1::ServerReflectionResponse* response) {
  Fail(absl::StatusCode::kNotFound, base::Concat("there is no ", what, ' ', Quoted(name)),
       response);
}

// The file, then what it imports, nearest first.
void AddFiles(const Types& types, const FileDescriptor& file, Reflection::Sent* sent,
              v1::FileDescriptorResponse* response) {
  size_t import_bytes = 0;
  std::deque<const FileDescriptor*> waiting = {&file};
  std::set<const FileDescriptor*> seen = {&file};
  while (!waiting.empty()) {
    const FileDescriptor& next = *waiting.front();
    waiting.pop_front();
    // What was asked for is sent again: whoever asks has lost it.
    if (&next == &file || !sent->contains(next.name())) {
      std::string bytes = types.BytesOf(next);
      if (&next != &file && (import_bytes += bytes.size()) > kMaxImportBytes) return;
      response->add_file_descriptor_proto(std::move(bytes));
      sent->insert(next.name());
    }
    for (int i = 0; i < next.dependency_count(); ++i) {
      if (seen.insert(next.dependency(i)).second) waiting.push_back(next.dependency(i));
    }
  }
}

}  // namespace

Reflection::Reflection(std::vector<std::string> services, FindSchemas schemas)
    : services_(std::move(services)), schemas_(std::move(schemas)) {}

void Reflection::Answer(const v1::ServerReflectionRequest& request, Sent* sent,
                        v1::ServerReflectionResponse* response) const {
  response->set_valid_host(request.host());
  *response->mutable_original_request() = request;
  const std::shared_ptr<const transcode::SchemaPool> schemas = schemas_ ? schemas_() : nullptr;
  const Types types(services_, schemas.get());
  const auto file_or = [&](const FileDescriptor* file, std::string_view what,
                           std::string_view name) {
    if (file == nullptr) return NotFound(what, name, response);
    AddFiles(types, *file, sent, response->mutable_file_descriptor_response());
  };
  switch (request.message_request_case()) {
    case v1::ServerReflectionRequest::kFileByFilename:
      return file_or(types.FileByName(request.file_by_filename()), "file",
                     request.file_by_filename());
    case v1::ServerReflectionRequest::kFileContainingSymbol:
      return file_or(types.FileWithSymbol(request.file_containing_symbol()), "symbol",
                     request.file_containing_symbol());
    case v1::ServerReflectionRequest::kFileContainingExtension: {
      const v1::ExtensionRequest& wanted = request.file_containing_extension();
      const FieldDescriptor* extension =
          types.Extension(wanted.containing_type(), wanted.extension_number());
      return file_or(extension == nullptr ? nullptr : extension->file(),
                     base::Concat("extension ", wanted.extension_number(), " of"),
                     wanted.containing_type());
    }
    case v1::ServerReflectionRequest::kAllExtensionNumbersOfType: {
      const std::string& type = request.all_extension_numbers_of_type();
      std::vector<int> numbers;
      if (!types.ExtensionNumbers(type, &numbers)) return NotFound("message", type, response);
      v1::ExtensionNumberResponse& answer = *response->mutable_all_extension_numbers_response();
      answer.set_base_type_name(type);
      answer.mutable_extension_number()->Add(numbers.begin(), numbers.end());
      return;
    }
    case v1::ServerReflectionRequest::kListServices:
      for (const std::string& service : services_) {
        response->mutable_list_services_response()->add_service()->set_name(service);
      }
      return;
    case v1::ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
      break;
  }
  Fail(absl::StatusCode::kInvalidArgument, "nothing is asked for", response);
}

}  // namespace ssegw::ingest
