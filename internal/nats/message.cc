#include "internal/nats/message.h"

#include <nats/nats.h>

#include <charconv>
#include <string>

#include "internal/base/concat.h"

namespace ssegw::nats {
namespace {

// The library keeps the status line of a header under these names.
constexpr char kStatus[] = "Status";
constexpr char kDescription[] = "Description";

// Memory alone can make it fail.
natsMsg* NewMessage(std::string_view subject, std::string_view reply, std::string_view data) {
  // The library must be open where a message ends; a connection would open it.
  static const natsStatus opened = nats_Open(-1);
  natsMsg* message = nullptr;
  if (opened != NATS_OK) return message;
  const std::string reply_text(reply);
  natsMsg_Create(&message, std::string(subject).c_str(),
                 reply_text.empty() ? nullptr : reply_text.c_str(), data.data(),
                 static_cast<int>(data.size()));
  return message;
}

std::string_view ViewOf(const char* text) { return text == nullptr ? std::string_view() : text; }

}  // namespace

void Message::Free::operator()(__natsMsg* message) const { natsMsg_Destroy(message); }

Message Message::Make(std::string_view subject, std::string_view reply, std::string_view data,
                      const std::vector<HeaderField>& header) {
  natsMsg* message = NewMessage(subject, reply, data);
  for (const HeaderField& field : header) {
    natsMsgHeader_Set(message, std::string(field.name).c_str(), std::string(field.value).c_str());
  }
  return Message(message);
}

Message Message::MakeStatus(std::string_view subject, int status, std::string_view description) {
  natsMsg* message = NewMessage(subject, "", "");
  natsMsgHeader_Set(message, kStatus, base::Concat(status).c_str());
  if (!description.empty()) {
    natsMsgHeader_Set(message, kDescription, std::string(description).c_str());
  }
  return Message(message);
}

std::string_view Message::subject() const { return ViewOf(natsMsg_GetSubject(message_.get())); }
std::string_view Message::reply() const { return ViewOf(natsMsg_GetReply(message_.get())); }
std::string_view Message::data() const {
  return {natsMsg_GetData(message_.get()),
          static_cast<size_t>(natsMsg_GetDataLength(message_.get()))};
}

std::optional<std::string_view> Message::header(std::string_view name) const {
  const char* value = nullptr;
  if (natsMsgHeader_Get(message_.get(), std::string(name).c_str(), &value) != NATS_OK ||
      value == nullptr) {
    return std::nullopt;
  }
  return value;
}

int Message::status() const {
  // Looking for a header costs; what has data has no status.
  if (natsMsg_GetDataLength(message_.get()) > 0) return 0;
  const std::string_view text = header(kStatus).value_or("");
  int status = 0;
  std::from_chars(text.data(), text.data() + text.size(), status);
  return status;
}

std::string_view Message::status_text() const { return header(kDescription).value_or(""); }

}  // namespace ssegw::nats
