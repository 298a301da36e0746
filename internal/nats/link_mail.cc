#include "internal/nats/link_mail.h"

namespace ssegw::nats {

void LinkMail::OnMessage(SubscriptionId subscription, Message message) {
  {
    const base::MutexLock lock(mutex_);
    mail_.emplace_back(subscription, std::move(message));
    if (mail_.size() > 1) return;
  }
  loop_.Post([self = shared_from_this()] { self->Deliver(); });
}

void LinkMail::Deliver() {
  Mail mail;
  {
    const base::MutexLock lock(mutex_);
    mail.swap(mail_);
  }
  for (auto& [subscription, message] : mail) {
    if (!open_) return;
    receiver_.message(subscription, std::move(message));
  }
}

void LinkMail::OnRefused(std::string_view text) {
  loop_.Post([self = shared_from_this(), text = std::string(text)] {
    if (self->open_) self->receiver_.refused(text);
  });
}

void LinkMail::OnClosed(std::string_view reason) {
  loop_.Post([self = shared_from_this(), reason = std::string(reason)] {
    if (self->open_) self->receiver_.closed(reason);
  });
}

}  // namespace ssegw::nats
