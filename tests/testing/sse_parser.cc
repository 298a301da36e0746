#include "tests/testing/sse_parser.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "internal/base/concat.h"
#include "tests/testing/failure.h"

namespace ssegw::testing {
namespace {

struct IdParts {
  std::string epoch;
  std::string seq;
};

IdParts SplitId(const std::string& id) {
  const size_t dash = id.find('-');
  IdParts parts;
  if (dash != std::string::npos) parts = {.epoch = id.substr(0, dash), .seq = id.substr(dash + 1)};
  const bool epoch_is_good =
      !parts.epoch.empty() &&
      std::all_of(parts.epoch.begin(), parts.epoch.end(), absl::ascii_isalnum);
  const bool seq_is_good =
      !parts.seq.empty() && std::all_of(parts.seq.begin(), parts.seq.end(), absl::ascii_isdigit);
  if (!epoch_is_good || !seq_is_good || (parts.seq.size() > 1 && parts.seq[0] == '0')) {
    throw Failure(base::Concat("not an id: ", id));
  }
  return parts;
}

void SetOnce(std::optional<std::string>& field, std::string_view name, std::string value) {
  if (field) throw Failure(base::Concat("a second field ", name, " in one event"));
  field = std::move(value);
}

void AddLine(const std::string& line, SseBlock& block) {
  if (line.starts_with(':')) throw Failure(base::Concat("a comment inside an event: ", line));
  // Some libraries take an id when its line comes, whether or not the event becomes whole.
  if (block.id) throw Failure(base::Concat("a line after the id: ", line));
  const size_t colon = line.find(": ");
  if (colon == std::string::npos) throw Failure(base::Concat("not a field: ", line));
  const std::string name = line.substr(0, colon);
  std::string value = line.substr(colon + 2);
  if (name == "id") {
    SetOnce(block.id, name, std::move(value));
  } else if (name == "retry") {
    if (value.empty() || value.find_first_not_of("0123456789") != std::string::npos) {
      throw Failure(base::Concat("not a reconnection time: ", value));
    }
    SetOnce(block.retry, name, std::move(value));
  } else if (name == "data") {
    SetOnce(block.data, name, std::move(value));
  } else if (name == "event") {
    if (!block.event.empty() || value.empty()) throw Failure(base::Concat("bad field: ", line));
    block.event = std::move(value);
  } else {
    throw Failure(base::Concat("unknown field: ", line));
  }
}

SseBlock ParseBlock(const std::string& text) {
  SseBlock block;
  if (text.starts_with(':')) {
    block.text = text;
    return block;
  }
  size_t begin = 0;
  // The last line is the blank one.
  while (begin + 1 < text.size()) {
    const size_t end = text.find('\n', begin);
    AddLine(text.substr(begin, end - begin), block);
    begin = end + 1;
  }
  // Some libraries make an empty message of it.
  if (!block.data) throw Failure(base::Concat("a block without data: ", text));
  block.text = text;
  return block;
}

}  // namespace

std::string SseBlock::epoch() const { return SplitId(id.value_or("")).epoch; }

uint64_t SseBlock::seq() const { return std::stoull(SplitId(id.value_or("")).seq); }

std::vector<SseBlock> SseParser::Parse(std::string_view text) {
  buffer_ += text;
  if (text.find('\r') != std::string_view::npos) throw Failure("a CR in the stream");
  std::vector<SseBlock> blocks;
  size_t begin = 0;
  while (begin < buffer_.size()) {
    if (buffer_[begin] == '\n') throw Failure("a blank line by itself");
    const std::string_view end = buffer_[begin] == ':' ? "\n" : "\n\n";
    const size_t at = buffer_.find(end, begin);
    if (at == std::string::npos) break;
    const std::string block = buffer_.substr(begin, at + end.size() - begin);
    begin += block.size();
    blocks.push_back(ParseBlock(block));
  }
  buffer_.erase(0, begin);
  return blocks;
}

}  // namespace ssegw::testing
