#include "gateway/connections/open_questions.h"

#include <utility>

namespace ssegw::connections {

OpenQuestions::~OpenQuestions() {
  std::vector<Entry> entries;
  {
    const base::MutexLock lock(mutex_);
    entries.swap(entries_);
  }
  for (const Entry& entry : entries) {
    entry.question->GiveUp(absl::UnavailableError("the gateway leaves"));
  }
}

absl::Status OpenQuestions::Add(std::shared_ptr<OpenQuestion> question, base::TimePoint until) {
  const base::MutexLock lock(mutex_);
  if (entries_.size() >= max_) Sweep();
  if (entries_.size() >= max_) {
    return absl::ResourceExhaustedError("too many questions about connections wait for an answer");
  }
  entries_.push_back({.question = std::move(question), .until = until});
  return absl::OkStatus();
}

void OpenQuestions::Tick(base::TimePoint now) {
  std::vector<std::shared_ptr<OpenQuestion>> overdue;
  {
    const base::MutexLock lock(mutex_);
    Sweep();
    std::erase_if(entries_, [&](Entry& entry) {
      if (now < entry.until) return false;
      overdue.push_back(std::move(entry.question));
      return true;
    });
  }
  // Whoever hears it may ask again.
  for (const auto& question : overdue) {
    question->GiveUp(absl::UnavailableError("a part of the gateway did not answer in time"));
  }
}

void OpenQuestions::Sweep() {
  std::erase_if(entries_, [](const Entry& entry) { return !entry.question->is_open(); });
}

}  // namespace ssegw::connections
