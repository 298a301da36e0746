#include "gateway/keys/https_fetch.h"

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "gateway/auth/key_set.h"
#include "internal/base/concat.h"
#include "internal/base/text.h"

namespace ssegw::keys {
namespace {

constexpr long kConnectTimeoutMs = 5'000;
constexpr long kTimeoutMs = 10'000;
constexpr long kMaxRedirects = 3;
// How often goes_on is asked.
constexpr int kTurnMs = 100;

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, FreeEasy>;
using Multi = std::unique_ptr<CURLM, FreeMulti>;
using List = std::unique_ptr<curl_slist, FreeList>;

struct Answer {
  Fetched fetched;
  bool too_large = false;
};

size_t OnBody(char* data, size_t size, size_t count, void* user) {
  auto& answer = *static_cast<Answer*>(user);
  answer.too_large = answer.fetched.body.size() + size * count > auth::KeySet::kMaxBytes;
  if (answer.too_large) return 0;  // ends the transfer
  answer.fetched.body.append(data, size * count);
  return size * count;
}

size_t OnHeader(char* data, size_t size, size_t count, void* user) {
  auto& answer = *static_cast<Answer*>(user);
  std::string_view line(data, size * count);
  // A redirect has fields of its own, which say nothing of the keys.
  if (line.starts_with("HTTP/")) answer.fetched.max_age = kDefaultAge;
  constexpr std::string_view kName = "cache-control:";
  if (base::EqualsIgnoreCase(line.substr(0, kName.size()), kName)) {
    line.remove_prefix(kName.size());
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    answer.fetched.max_age = MaxAgeOf(line);
  }
  return size * count;
}

class Transfer {
 public:
  Transfer(const std::string& url, const std::string& ca_file)
      : easy_(curl_easy_init()),
        multi_(curl_multi_init()),
        fields_(curl_slist_append(nullptr, "Accept: application/jwk-set+json, application/json")) {
    Set(CURLOPT_URL, url.c_str());
    Set(CURLOPT_PROTOCOLS_STR, "https");
    Set(CURLOPT_REDIR_PROTOCOLS_STR, "https");
    Set(CURLOPT_FOLLOWLOCATION, 1L);
    Set(CURLOPT_MAXREDIRS, kMaxRedirects);
    Set(CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
    Set(CURLOPT_TIMEOUT_MS, kTimeoutMs);
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_USERAGENT, "sse-gateway");
    Set(CURLOPT_HTTPHEADER, fields_.get());
    if (!ca_file.empty()) {
      Set(CURLOPT_CAINFO, ca_file.c_str());
      Set(CURLOPT_CAPATH, nullptr);
    }
    Set(CURLOPT_WRITEFUNCTION, &OnBody);
    Set(CURLOPT_WRITEDATA, &answer_);
    Set(CURLOPT_HEADERFUNCTION, &OnHeader);
    Set(CURLOPT_HEADERDATA, &answer_);
    Set(CURLOPT_ERRORBUFFER, error_.data());
    curl_multi_add_handle(multi_.get(), easy_.get());
  }
  ~Transfer() { curl_multi_remove_handle(multi_.get(), easy_.get()); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  absl::StatusOr<Fetched> Run(const GoesOn& goes_on) {
    int running = 1;
    while (running > 0) {
      if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) break;
      if (running > 0) curl_multi_poll(multi_.get(), nullptr, 0, kTurnMs, nullptr);
      if (!goes_on()) return absl::CancelledError("is not asked any more");
    }
    return Result();
  }

 private:
  template <typename Value>
  void Set(CURLoption option, Value value) {
    curl_easy_setopt(easy_.get(), option, value);
  }

  absl::StatusOr<Fetched> Result() {
    int left = 0;
    const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left);
    const CURLcode code = message == nullptr ? CURLE_FAILED_INIT : message->data.result;
    if (answer_.too_large) {
      return absl::InvalidArgumentError(
          base::Concat("answered with more than ", auth::KeySet::kMaxBytes, " bytes"));
    }
    if (code != CURLE_OK) {
      const std::string_view detail = error_.data();
      return absl::UnavailableError(
          base::Concat("cannot be asked: ",
                       detail.empty() ? std::string_view(curl_easy_strerror(code)) : detail));
    }
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) return absl::UnavailableError(base::Concat("answered with ", status));
    return std::move(answer_.fetched);
  }

  Answer answer_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  Easy easy_;
  Multi multi_;
  List fields_;
};

}  // namespace

Fetch HttpsFetch(std::string url, std::string ca_file) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(initialised);
  return [url = std::move(url), ca_file = std::move(ca_file)](const GoesOn& goes_on) {
    return Transfer(url, ca_file).Run(goes_on);
  };
}

}  // namespace ssegw::keys
