#include "internal/nats/message.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "internal/base/concat.h"

namespace ssegw::nats {
namespace {

// The first line of the text, which it loses with its CRLF.
std::string_view TakeLine(std::string_view& text) {
  const size_t end = std::min(text.find("\r\n"), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 2, text.size()));
  return line;
}

std::string_view WithoutSpacesAround(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

Message::Message(std::string_view subject, std::string_view reply, std::string_view header,
                 std::string_view data)
    : subject_size_(subject.size()),
      reply_size_(reply.size()),
      header_size_(header.size()),
      data_size_(data.size()),
      bytes_(std::make_unique_for_overwrite<char[]>(subject_size_ + reply_size_ + header_size_ +
                                                    data_size_)) {
  char* end = bytes_.get();
  for (const std::string_view part : {subject, reply, header, data}) {
    end = std::copy(part.begin(), part.end(), end);
  }
}

Message Message::Make(std::string_view subject, std::string_view reply, std::string_view data,
                      const std::vector<HeaderField>& header) {
  std::string block;
  AppendHeader(header, block);
  return {subject, reply, block, data};
}

Message Message::MakeStatus(std::string_view subject, int status, std::string_view description) {
  return {subject, "",
          base::Concat(kHeaderVersion, " ", status, description.empty() ? "" : " ", description,
                       "\r\n\r\n"),
          ""};
}

std::optional<std::string_view> Message::header(std::string_view name) const {
  std::string_view rest = HeaderBlock();
  for (TakeLine(rest); !rest.empty();) {
    std::string_view line = TakeLine(rest);
    if (!line.starts_with(name)) continue;
    line.remove_prefix(name.size());
    if (line.starts_with(':')) return WithoutSpacesAround(line.substr(1));
  }
  return std::nullopt;
}

std::string_view Message::StatusLine() const {
  std::string_view rest = HeaderBlock();
  const std::string_view line = TakeLine(rest);
  return line.starts_with(kHeaderVersion) ? WithoutSpacesAround(line.substr(kHeaderVersion.size()))
                                          : std::string_view();
}

int Message::status() const {
  const std::string_view line = StatusLine();
  int status = 0;
  std::from_chars(line.data(), line.data() + line.size(), status);
  return status;
}

std::string_view Message::status_text() const {
  const std::string_view line = StatusLine();
  return WithoutSpacesAround(line.substr(std::min(line.find(' '), line.size())));
}

}  // namespace ssegw::nats
