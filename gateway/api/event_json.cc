#include "gateway/api/event_json.h"

#include <google/protobuf/type.pb.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver.h>
#include <google/protobuf/util/type_resolver_util.h>

#include "absl/status/status.h"
#include "gateway/api/answers.h"
#include "internal/base/concat.h"
#include "ssegateway/v1/publisher.pb.h"

namespace ssegw::api {
namespace {

namespace pb = google::protobuf;

constexpr std::string_view kUrlPrefix = "type.googleapis.com";

// Finds Event among the compiled-in types, and all others among those of the gateway, whatever
// stands before the last "/" of a type's URL.
class Resolver final : public pb::util::TypeResolver {
 public:
  explicit Resolver(const transcode::SchemaPool& schemas) : schemas_(schemas) {}

  pb::util::Status ResolveMessageType(const std::string& url, pb::Type* type) override {
    const std::string known = Known(url);
    if (known != EventUrl()) return others().ResolveMessageType(known, type);
    *type = EventType();
    return {};
  }
  pb::util::Status ResolveEnumType(const std::string& url, pb::Enum* type) override {
    return others().ResolveEnumType(Known(url), type);
  }

  static const std::string& EventUrl() {
    static const auto& url = *new std::string(
        base::Concat(kUrlPrefix, '/', ssegateway::v1::Event::descriptor()->full_name()));
    return url;
  }

 private:
  static std::string Known(std::string_view url) {
    const size_t slash = url.rfind('/');
    return base::Concat(kUrlPrefix, '/',
                        slash == std::string_view::npos ? url : url.substr(slash + 1));
  }

  static std::unique_ptr<pb::util::TypeResolver> ResolverOf(const pb::DescriptorPool& pool) {
    return std::unique_ptr<pb::util::TypeResolver>(
        pb::util::NewTypeResolverForDescriptorPool(std::string(kUrlPrefix), &pool));
  }

  // Made once: to describe a type takes longer than to parse an event.
  static const pb::Type& EventType() {
    static const auto& type = *[] {
      auto* const made = new pb::Type;
      // Cannot fail: it is compiled in.
      (void)ResolverOf(*pb::DescriptorPool::generated_pool())->ResolveMessageType(EventUrl(), made);
      return made;
    }();
    return type;
  }

  // Few events have anything of another type.
  pb::util::TypeResolver& others() {
    if (others_ == nullptr) others_ = ResolverOf(schemas_.descriptors());
    return *others_;
  }

  const transcode::SchemaPool& schemas_;
  std::unique_ptr<pb::util::TypeResolver> others_;
};

}  // namespace

absl::StatusOr<std::string> EventJson::ToWire(std::string_view json) const {
  const std::shared_ptr<const transcode::SchemaPool> schemas = schemas_();
  Resolver resolver(*schemas);
  std::string wire;
  const pb::util::Status status = pb::util::JsonToBinaryString(
      &resolver, Resolver::EventUrl(), pb::StringPiece(json.data(), json.size()), &wire);
  if (status.ok()) return wire;
  const std::string why(status.message());
  return absl::InvalidArgumentError(base::Concat("event: ", Shown(why)));
}

}  // namespace ssegw::api
