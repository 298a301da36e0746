#include "tests/testing/fake_nats_bus.h"

namespace ssegw::testing {
namespace {

nats::Message MessageOf(const SentMessage& sent) {
  std::vector<nats::HeaderField> header;
  for (const auto& [name, value] : sent.header) header.push_back({.name = name, .value = value});
  return nats::Message::Make(sent.subject, sent.reply, sent.data, header);
}

}  // namespace

void FakeNatsBus::Add(FakeNats& client) {
  clients_.push_back(&client);
  client.OnSent([this, &client](const SentMessage& message) { OnSent(client, message); });
}

void FakeNatsBus::OnSent(FakeNats& sender, const SentMessage& message) {
  if (!forbidden_.empty() && message.subject.starts_with(forbidden_)) return;
  bool heard = false;
  for (FakeNats* const client : clients_) {
    if (!client->subscribes_to(message.subject)) continue;
    heard = true;
    client->DeliverTo(message.subject, MessageOf(message));
  }
  if (!heard && !message.reply.empty()) sender.AnswerStatus(message, 503);
}

}  // namespace ssegw::testing
