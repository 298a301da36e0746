#include "internal/net/service/http_service.h"

#include <algorithm>

#include "internal/base/ascii.h"
#include "internal/base/text.h"

namespace ssegw::net {

std::optional<std::string_view> HttpRequest::Find(std::string_view name) const {
  for (const Field& field : fields) {
    if (base::EqualsIgnoreCase(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::string HttpRequest::FindList(std::string_view name) const {
  std::string list;
  for (const Field& field : fields) {
    if (!base::EqualsIgnoreCase(field.name, name)) continue;
    if (!list.empty()) list += ", ";
    list += field.value;
  }
  return list;
}

void AnswerEnd::Set(std::function<void()> end) {
  {
    base::MutexLock lock(mutex_);
    if (!ended_) {
      end_ = std::move(end);
      return;
    }
  }
  end();
}

void AnswerEnd::End() {
  std::function<void()> end;
  {
    base::MutexLock lock(mutex_);
    ended_ = true;
    end = std::exchange(end_, nullptr);
  }
  if (end) end();
}

bool IsRequestId(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return base::IsLetterOrDigit(c) || c == '.' || c == '_' || c == '-';
  });
}

}  // namespace ssegw::net
