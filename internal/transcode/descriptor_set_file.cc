#include "internal/transcode/descriptor_set_file.h"

#include <algorithm>
#include <string_view>

#include "internal/base/ascii.h"
#include "internal/base/inflate.h"
#include "internal/base/read_file.h"

namespace ssegw::transcode {

namespace {

using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;

// The beginning of a gzip file (RFC 1952 section 2.3.1).
constexpr std::string_view kGzip = "\x1F\x8B";

// Nearly any bytes parse as a message of unknown fields; files with names are no accident.
bool Parse(std::string_view bytes, FileDescriptorSet* set) {
  return bytes.size() <= kMaxDescriptorSetBytes &&
         set->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) &&
         set->file_size() > 0 &&
         std::ranges::all_of(set->file(),
                             [](const FileDescriptorProto& file) { return !file.name().empty(); });
}

bool IsText(std::string_view bytes) {
  return std::ranges::all_of(bytes, [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\r' || c == '\t';
  });
}

bool IsBase64(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return base::IsLetterOrDigit(c) ||
           std::string_view("+/-_=\r\n").find(c) != std::string_view::npos;
  });
}

bool IsSingleFile(std::string_view bytes) {
  FileDescriptorProto file;
  return file.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) &&
         !file.name().empty() && (file.message_type_size() > 0 || file.enum_type_size() > 0);
}

// A guess what bytes that are no set are, and what to do; empty if there is none.
std::string_view Guess(std::string_view bytes) {
  struct Magic {
    std::string_view begin;
    std::string_view what;
  };
  using std::string_view_literals::operator""sv;
  static constexpr Magic kMagics[] = {
      {"\x89PNG"sv, "it is a picture (PNG)"},
      {"\xFF\xD8\xFF"sv, "it is a picture (JPEG)"},
      {"GIF8"sv, "it is a picture (GIF)"},
      {"%PDF"sv, "it is a PDF"},
      {"PK\x03\x04"sv, "it is a zip archive: unpack it"},
      {"\x28\xB5\x2F\xFD"sv, "it is compressed with zstd: unpack it, or use gzip"},
      {"BZh"sv, "it is compressed with bzip2: unpack it, or use gzip"},
      {"\xFD"
       "7zXZ"sv,
       "it is compressed with xz: unpack it, or use gzip"},
      {"\x7F"
       "ELF"sv,
       "it is a program or library (ELF)"},
  };
  if (bytes.empty()) return "it is empty";
  for (const Magic& magic : kMagics) {
    if (bytes.starts_with(magic.begin)) return magic.what;
  }
  if (!IsText(bytes)) {
    return IsSingleFile(bytes) ? "it is a single FileDescriptorProto: wrap it into a set" : "";
  }
  const size_t begin = bytes.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return "it is blank";
  const std::string_view text = bytes.substr(begin);
  if (text[0] == '{' || text[0] == '[') {
    return "it is JSON: a set is binary, as buf build -o image.binpb writes it";
  }
  if (text[0] == '<') return "it is HTML or XML, such as the page of an error";
  for (const std::string_view word : {"syntax", "edition", "package ", "message ", "import "}) {
    if (text.starts_with(word) || text.find("\n" + std::string(word)) != std::string_view::npos) {
      return "it is a .proto source: compile it with protoc --include_imports "
             "--descriptor_set_out=FILE";
    }
  }
  if (text.starts_with("file {") || text.starts_with("file{")) {
    return "it is protobuf's text format: a set is binary";
  }
  if (IsBase64(text)) {
    return "it is base64: decode it (in a ConfigMap such text belongs under binaryData)";
  }
  return "it is text";
}

}  // namespace

absl::StatusOr<FileDescriptorSet> ParseDescriptorSet(std::string_view bytes) {
  FileDescriptorSet set;
  if (Parse(bytes, &set)) return set;
  const std::string_view guess = Guess(bytes);
  std::string fault = "not a FileDescriptorSet, as protoc --descriptor_set_out writes it";
  if (!guess.empty()) fault.append(": ").append(guess);
  return absl::InvalidArgumentError(fault);
}

absl::StatusOr<FileDescriptorSet> ReadDescriptorSet(const std::string& path) {
  absl::StatusOr<std::string> bytes = base::ReadRegularFile(path, kMaxDescriptorSetBytes);
  if (!bytes.ok()) return bytes.status();
  if (bytes->starts_with(kGzip)) {
    std::string inflated;
    absl::Status status =
        base::Inflate(base::Codec::kGzip, *bytes, kMaxDescriptorSetBytes, &inflated);
    if (!status.ok()) return status;
    return ParseDescriptorSet(inflated);
  }
  return ParseDescriptorSet(*bytes);
}

}  // namespace ssegw::transcode
