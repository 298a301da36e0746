// The bytes of a descriptor set, also with gzip.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "internal/base/text.h"
#include "internal/transcode/one_pass_transcoder.h"
#include "internal/transcode/plan.h"
#include "internal/transcode/schema_compat.h"
#include "internal/transcode/schema_pool.h"
#include "tests/fuzz/target.h"

namespace ssegw::fuzz {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FileDescriptor;
using transcode::SchemaPool;

constexpr size_t kMaxBytes = 64 * 1024;
// Of a file; more of them say no more.
constexpr int kMaxMessages = 50;

// One fault a line.
void CheckText(std::string_view text, std::string_view promise) {
  for (const std::string_view line : Split(text, '\n')) {
    Holds(base::IsValidUtf8(line) && !base::HasControlCharacter(line), promise);
  }
}

// Nothing of it, a number, and a string in the first fields.
void CheckMessage(const transcode::OnePassTranscoder& transcoder, const Descriptor& message) {
  for (const std::string_view wire : {"", "\x08\x01", "\x0a\x01x\x12\x02\x08\x01\x18\x01"}) {
    std::string json;
    if (!transcoder.ToJson(message.full_name(), wire, &json, nullptr).ok()) continue;
    google::protobuf::Value value;
    Holds(google::protobuf::util::JsonStringToMessage(json, &value).ok(),
          "a message's JSON is JSON");
  }
}

void CheckFiles(const SchemaPool& pool) {
  std::set<const FileDescriptor*> before;
  for (const transcode::SchemaFile& file : pool.files()) {
    for (int i = 0; i < file.descriptor->dependency_count(); ++i) {
      Holds(before.contains(file.descriptor->dependency(i)), "a file stands behind its imports");
    }
    before.insert(file.descriptor);
    for (int i = 0; i < file.descriptor->message_type_count(); ++i) {
      const Descriptor* const message = file.descriptor->message_type(i);
      Holds(pool.FindMessage(message->full_name()) == message, "a message is found by its name");
    }
  }
}

void CheckPlans(const SchemaPool& pool, const transcode::JsonOptions& options) {
  const transcode::Plans plans(pool, options);
  CheckText(plans.faults(), "a fault of the plans is lines of text");
  if (!plans.faults().empty()) return;
  const transcode::OnePassTranscoder transcoder(plans);
  for (const transcode::SchemaFile& file : pool.files()) {
    const int count = std::min(file.descriptor->message_type_count(), kMaxMessages);
    for (int i = 0; i < count; ++i) CheckMessage(transcoder, *file.descriptor->message_type(i));
  }
}

}  // namespace

void DescriptorSets(std::string_view input) {
  if (input.size() > kMaxBytes) return;
  const auto pool = SchemaPool::Parse(input);
  const auto again = SchemaPool::Parse(input);
  Holds(pool.ok() == again.ok(), "a set means the same each time");
  if (!pool.ok()) {
    const absl::string_view message = pool.status().message();
    Holds(pool.status().code() == absl::StatusCode::kInvalidArgument && !message.empty(),
          "a set that is wrong is told so");
    CheckText({message.data(), message.size()}, "a fault is lines of text");
    return;
  }
  for (const std::string& warning : (*pool)->warnings()) CheckText(warning, "a warning is text");
  CheckFiles(**pool);
  Holds(transcode::HaveSameFiles(**pool, **again), "a set has the files that it has");
  for (const bool odd : {false, true}) {
    const transcode::JsonOptions options{.proto_field_names = odd,
                                         .emit_defaults = odd,
                                         .enums_as_numbers = odd,
                                         .int64_as_numbers = odd};
    Holds(transcode::CompatibilityFaults(**pool, **again, options).empty(),
          "a set is compatible with itself");
    CheckPlans(**pool, options);
  }
}

}  // namespace ssegw::fuzz
