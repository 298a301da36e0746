#include "gateway/connections/replicated_connections.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/base/mutex.h"
#include "ssegateway/peers/v1/question.pb.h"

namespace ssegw::connections {
namespace {

namespace v1 = ssegateway::v1;
using PeerSend = ssegateway::peers::v1::SendQuestion;

// So that a page fits into a message of any server.
constexpr size_t kMaxPageBytes = size_t{512} * 1024;
// A deadline that has passed here has passed there a moment earlier: its answer is on its way.
constexpr base::Duration kAnswerSlack = std::chrono::seconds(1);

template <typename T>
absl::StatusOr<T> Parse(std::string_view data) {
  T value;
  if (value.ParseFromArray(data.data(), static_cast<int>(data.size()))) return value;
  return absl::InternalError("a message of another gateway without sense");
}

template <typename T>
absl::StatusOr<T> Parse(const peers::Answer& answer) {
  return answer.ok() ? Parse<T>(std::string_view(*answer)) : absl::StatusOr<T>(answer.status());
}

// Serializes what this gateway answers.
template <typename T>
Done<T> ToPeer(peers::OnAnswer& answer) {
  return [answer = std::move(answer)](absl::StatusOr<T> value) mutable {
    std::move(answer)(value.ok() ? peers::Answer(value->SerializeAsString()) : value.status());
  };
}

template <typename T>
peers::OnAnswer FromPeer(Done<T> done) {
  return [done = std::move(done)](const peers::Answer& answer) mutable {
    std::move(done)(Parse<T>(answer));
  };
}

// What comes after it is on the next page.
void CutPage(v1::ListConnectionsResponse& page) {
  size_t bytes = 0;
  int count = 0;
  for (const v1::Connection& connection : page.connections()) {
    bytes += connection.ByteSizeLong();
    if (bytes > kMaxPageBytes && count > 0) break;
    ++count;
  }
  if (count == page.connections_size()) return;
  page.mutable_connections()->DeleteSubrange(count, page.connections_size() - count);
  page.set_next_page_token(page.connections().rbegin()->id());
}

// A gateway that is not there has no connections.
absl::Status NoSuchConnection(std::string_view id) {
  return absl::NotFoundError(base::Concat("there is no connection ", id));
}

absl::Status DidNotAnswer(std::string_view peer, const absl::Status& why) {
  return absl::UnavailableError(base::Concat(
      "gateway ", peer,
      " did not answer: ", std::string_view(why.message().data(), why.message().size())));
}

// What became of a question about one connection.
absl::Status StatusOfOne(std::string_view peer, std::string_view id, const absl::Status& status) {
  if (absl::IsNotFound(status)) return NoSuchConnection(id);
  return absl::IsUnavailable(status) ? DidNotAnswer(peer, status) : status;
}

// Collects what this gateway and the others answer, and merges it when all have.
//
// Thread: any.
template <typename T>
class Gathering {
 public:
  using Merge = absl::AnyInvocable<T(std::vector<T> parts) &&>;

  // answers: so many are to come.
  Gathering(size_t answers, Merge merge, Done<T> done)
      : left_(answers), merge_(std::move(merge)), done_(std::move(done)) {}

  void Add(std::string_view from, absl::StatusOr<T> part) {
    {
      const base::MutexLock lock(mutex_);
      if (part.ok()) {
        parts_.push_back(*std::move(part));
      } else if (!absl::IsNotFound(part.status()) && fault_.ok()) {
        fault_ = FaultOf(from, part.status());
      }
      if (--left_ != 0) return;
    }
    Finish();
  }

 private:
  // What the asker did wrong is the same at each; all else is the gateway's.
  static absl::Status FaultOf(std::string_view from, const absl::Status& status) {
    if (absl::IsInvalidArgument(status)) return status;
    return DidNotAnswer(from, status);
  }
  // All are there: nobody else looks at it any more.
  void Finish() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (fault_.ok()) {
      std::move(done_)(std::move(merge_)(std::move(parts_)));
    } else {
      std::move(done_)(std::move(fault_));
    }
  }

  base::Mutex mutex_;
  size_t left_ ABSL_GUARDED_BY(mutex_);
  std::vector<T> parts_ ABSL_GUARDED_BY(mutex_);
  absl::Status fault_ ABSL_GUARDED_BY(mutex_);
  Merge merge_;
  Done<T> done_;
};

// Of each gateway the first connections after a point, in order: the first of all, as far as every
// part reaches that says that there is more of it.
v1::ListConnectionsResponse MergePages(std::vector<v1::ListConnectionsResponse> pages,
                                       size_t page_size) {
  std::vector<v1::Connection*> all;
  std::optional<std::string_view> reach;
  for (v1::ListConnectionsResponse& page : pages) {
    for (v1::Connection& connection : *page.mutable_connections()) all.push_back(&connection);
    if (page.next_page_token().empty()) continue;
    reach =
        std::min<std::string_view>(reach.value_or(page.next_page_token()), page.next_page_token());
  }
  std::sort(all.begin(), all.end(),
            [](const v1::Connection* a, const v1::Connection* b) { return a->id() < b->id(); });
  v1::ListConnectionsResponse merged;
  for (v1::Connection* const connection : all) {
    const bool beyond = reach && connection->id() > *reach;
    const auto size = static_cast<size_t>(merged.connections_size());
    if (beyond || size == page_size) {
      merged.set_next_page_token(size == 0 ? std::string(reach.value_or(std::string_view()))
                                           : merged.connections().rbegin()->id());
      return merged;
    }
    merged.add_connections()->Swap(connection);
  }
  if (reach) merged.set_next_page_token(std::string(*reach));
  return merged;
}

}  // namespace

bool AnswerPeer(Connections& local, std::string_view kind, std::string_view data,
                peers::OnAnswer& answer) {
  if (kind == kListQuestion) {
    const auto request = Parse<v1::ListConnectionsRequest>(data);
    if (!request.ok()) return std::move(answer)(request.status()), true;
    local.List(*request, [done = ToPeer<v1::ListConnectionsResponse>(answer)](
                             absl::StatusOr<v1::ListConnectionsResponse> page) mutable {
      if (page.ok()) CutPage(*page);
      std::move(done)(std::move(page));
    });
  } else if (kind == kGetQuestion) {
    local.Get(std::string(data), ToPeer<v1::Connection>(answer));
  } else if (kind == kCloseQuestion) {
    const auto request = Parse<v1::CloseConnectionsRequest>(data);
    if (!request.ok()) return std::move(answer)(request.status()), true;
    local.Close(*request, ToPeer<v1::CloseConnectionsResponse>(answer));
  } else if (kind == kSendQuestion) {
    const auto question = Parse<PeerSend>(data);
    if (!question.ok()) return std::move(answer)(question.status()), true;
    Message message{.connection_id = question->connection_id(),
                    .text = question->text(),
                    .type = question->type(),
                    .answer_when_queued = question->answer_when_queued()};
    if (question->timeout_ms() != 0) {
      message.deadline = base::Now() + std::chrono::milliseconds(question->timeout_ms());
    }
    local.Send(std::move(message),
               [answer = std::move(answer)](const absl::Status& status) mutable {
                 std::move(answer)(status.ok() ? peers::Answer(std::string()) : status);
               });
  } else {
    return false;
  }
  return true;
}

std::string_view ReplicatedConnections::PeerOf(std::string_view id) const {
  const size_t end = id.find('-');
  if (end == 0 || end == std::string_view::npos) return {};
  const std::string_view name = id.substr(0, end);
  const bool is_name = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  });
  return is_name && name != peers_.name() ? name : std::string_view();
}

void ReplicatedConnections::Get(const std::string& id, Done<v1::Connection> done) {
  const std::string_view peer = PeerOf(id);
  if (peer.empty()) return local_.Get(id, std::move(done));
  peers_.Ask(peer, kGetQuestion, id, kPatience,
             [id, peer = std::string(peer),
              done = FromPeer<v1::Connection>(std::move(done))](peers::Answer answer) mutable {
               if (!answer.ok()) answer = StatusOfOne(peer, id, answer.status());
               std::move(done)(std::move(answer));
             });
}

void ReplicatedConnections::Send(Message message, absl::AnyInvocable<void(absl::Status) &&> done) {
  const std::string_view peer = PeerOf(message.connection_id);
  if (peer.empty()) return local_.Send(std::move(message), std::move(done));
  const bool has_deadline = message.deadline != base::TimePoint::max();
  const base::Duration left = has_deadline ? message.deadline - base::Now() : kSendPatience;
  if (left <= base::Duration::zero()) {
    return std::move(done)(absl::DeadlineExceededError("the deadline is over"));
  }
  PeerSend question;
  question.set_connection_id(message.connection_id);
  question.set_text(std::move(message.text));
  question.set_type(std::move(message.type));
  question.set_answer_when_queued(message.answer_when_queued);
  question.set_timeout_ms(static_cast<uint32_t>(
      std::max<int64_t>(1, std::chrono::duration_cast<std::chrono::milliseconds>(left).count())));
  peers_.Ask(peer, kSendQuestion, question.SerializeAsString(), left + kAnswerSlack,
             [id = message.connection_id, peer = std::string(peer),
              done = std::move(done)](const peers::Answer& answer) mutable {
               std::move(done)(StatusOfOne(peer, id, answer.status()));
             });
}

void ReplicatedConnections::List(const v1::ListConnectionsRequest& request,
                                 Done<v1::ListConnectionsResponse> done) {
  constexpr size_t kDefaultPageSize = 100;
  const size_t page_size = request.page_size() == 0 ? kDefaultPageSize : request.page_size();
  const std::vector<std::string> others = peers_.others();
  const bool partial = !peers_.reachable();
  const auto gathering = std::make_shared<Gathering<v1::ListConnectionsResponse>>(
      others.size() + 1,
      [page_size, partial](std::vector<v1::ListConnectionsResponse> pages) {
        v1::ListConnectionsResponse merged = MergePages(std::move(pages), page_size);
        merged.set_partial(partial);
        return merged;
      },
      std::move(done));
  const std::string question = request.SerializeAsString();
  for (const std::string& peer : others) {
    peers_.Ask(peer, kListQuestion, question, kPatience,
               [gathering, peer](const peers::Answer& answer) {
                 gathering->Add(peer, Parse<v1::ListConnectionsResponse>(answer));
               });
  }
  local_.List(request,
              [name = peers_.name(), gathering](absl::StatusOr<v1::ListConnectionsResponse> page) {
                gathering->Add(name, std::move(page));
              });
}

void ReplicatedConnections::Close(const v1::CloseConnectionsRequest& request,
                                  Done<v1::CloseConnectionsResponse> done) {
  const std::vector<std::string> others = peers_.others();
  const bool partial = !peers_.reachable();
  const auto gathering = std::make_shared<Gathering<v1::CloseConnectionsResponse>>(
      others.size() + 1,
      [partial](const std::vector<v1::CloseConnectionsResponse>& parts) {
        v1::CloseConnectionsResponse merged;
        for (const v1::CloseConnectionsResponse& part : parts) {
          merged.set_closed(merged.closed() + part.closed());
        }
        merged.set_partial(partial);
        return merged;
      },
      std::move(done));
  const std::string question = request.SerializeAsString();
  for (const std::string& peer : others) {
    peers_.Ask(peer, kCloseQuestion, question, kPatience,
               [gathering, peer](const peers::Answer& answer) {
                 gathering->Add(peer, Parse<v1::CloseConnectionsResponse>(answer));
               });
  }
  local_.Close(request, [name = peers_.name(),
                         gathering](absl::StatusOr<v1::CloseConnectionsResponse> part) {
    gathering->Add(name, std::move(part));
  });
}

}  // namespace ssegw::connections
