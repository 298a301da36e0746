// What an Any becomes, and the flags that say how JSON is written.
#include <gmock/gmock.h>
#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>

#include "internal/base/concat.h"
#include "tests/testing/event_builders.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/json.h"
#include "tests/testing/publisher.h"
#include "tests/testing/sse_reader.h"

namespace ssegw::testing {
namespace {

using ssegateway::v1::Event;
using ::testing::HasSubstr;

Event AnyEvent(const std::string& type, const std::string& bytes) {
  Event event;
  event.set_topic("a");
  event.mutable_message()->set_type_url(base::Concat("type.googleapis.com/", type));
  event.mutable_message()->set_value(bytes);
  return event;
}

// acme.v1.Everything{int64_value: 5, string_value: "hi", colour: COLOUR_RED}
constexpr char kEverything[] = "\x20\x05\x72\x02hi\x80\x01\x01";

TEST(PayloadTest, AnyIsResolvedByTheDescriptorSet) {
  const GatewayProcess gateway({base::Concat("--descriptor_set=", SSEGW_DESCRIPTOR_SET)});
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http());
  publisher.MustPublish(AnyEvent("acme.v1.Everything", kEverything));
  EXPECT_TRUE(SameJson(*reader.Event().data,
                       R"({"@type":"type.googleapis.com/acme.v1.Everything",
                           "int64Value":"5","stringValue":"hi","colour":"COLOUR_RED"})"));
}

TEST(PayloadTest, CompiledInTypesNeedNoDescriptorSet) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http());
  google::protobuf::StringValue text;
  text.set_value("hi\n");
  publisher.MustPublish(AnyEvent("google.protobuf.StringValue", text.SerializeAsString()));
  EXPECT_TRUE(SameJson(*reader.Event().data,
                       R"({"@type":"type.googleapis.com/google.protobuf.StringValue",
                           "value":"hi\n"})"));
  publisher.MustPublish(AnyEvent("ssegateway.v1.Dashboard",
                                 NumberedEvent("", "host", 3).dashboard().SerializeAsString()));
  EXPECT_TRUE(SameJson(*reader.Event().data,
                       R"({"@type":"type.googleapis.com/ssegateway.v1.Dashboard",
                           "id":"host","user":3})"));
}

TEST(PayloadTest, UnknownTypeIsRefusedByName) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  const PublishResult result = publisher.Publish(AnyEvent("acme.v1.Everything", kEverything));
  EXPECT_EQ(result.code, kInvalidArgument);
  EXPECT_THAT(result.message, HasSubstr("acme.v1.Everything"));
}

TEST(PayloadTest, FlagsSayHowJsonIsWritten) {
  struct Case {
    std::string flag;
    std::string json;
  };
  const std::string type = R"("@type":"type.googleapis.com/acme.v1.Everything")";
  const Case cases[] = {
      {"--json_field_names=proto",
       R"("int64_value":"5","string_value":"hi","colour":"COLOUR_RED")"},
      {"--json_enums=number", R"("int64Value":"5","stringValue":"hi","colour":1)"},
      {"--json_int64=number", R"("int64Value":5,"stringValue":"hi","colour":"COLOUR_RED")"},
  };
  for (const Case& c : cases) {
    const GatewayProcess gateway({base::Concat("--descriptor_set=", SSEGW_DESCRIPTOR_SET), c.flag});
    Publisher publisher(gateway.grpc());
    publisher.MustPublish(AnyEvent("acme.v1.Everything", kEverything));
    SseReader reader(gateway.http());
    const std::string data = *reader.Event().data;
    EXPECT_TRUE(SameJson(data, base::Concat("{", type, ",", c.json, "}"))) << c.flag << data;
  }
}

TEST(PayloadTest, DefaultsAreWrittenWhereAsked) {
  const GatewayProcess gateway({"--json_defaults=emit"});
  Publisher publisher(gateway.grpc());
  publisher.MustPublish(NumberedEvent("a", "k", 1));
  SseReader reader(gateway.http());
  const auto data = ParseJson(*reader.Event().data);
  EXPECT_EQ(StringAt(data, "title"), "");
  EXPECT_TRUE(At(data, "panels").has_list_value());
}

TEST(PayloadTest, LineEndsInTextNeverReachTheWire) {
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http());  // which refuses a CR, and a field that is none
  Event event = NumberedEvent("a", "k", 1);
  event.mutable_dashboard()->set_title("a\r\n\nid: x\n\ndata: \xE2\x80\xA8");
  publisher.MustPublish(event);
  EXPECT_EQ(StringAt(ParseJson(*reader.Event().data), "title"), event.dashboard().title());
}

// Some readers of event streams end lines there too.
TEST(PayloadTest, LineSeparatorsInTextNeverReachTheWire) {
  const auto has_one = [](std::string_view text) {
    for (const std::string_view separator : {"\u0085", "\u2028", "\u2029"}) {
      if (text.find(separator) != std::string_view::npos) return true;
    }
    return false;
  };
  const std::string text = "a\u0085b\u2028c\u2029\u2028";
  const GatewayProcess gateway;
  Publisher publisher(gateway.grpc());
  SseReader reader(gateway.http(), {.query = "envelope=1"});
  Event event = NumberedEvent("a", text, 1);
  event.mutable_dashboard()->set_title(text);
  (*event.mutable_dashboard()->mutable_labels())[text] = text;
  publisher.MustPublish(event);
  const SseBlock received = reader.Event();
  EXPECT_FALSE(has_one(received.text));
  const auto data = ParseJson(*received.data);
  EXPECT_EQ(StringAt(data, "key"), text);
  EXPECT_EQ(StringAt(data, "data.title"), text);
  EXPECT_EQ(StringAt(data, "data.labels." + text), text);

  const HttpResponse snapshot = HttpGet(gateway.http(), "/v1/snapshot");
  EXPECT_EQ(snapshot.status, 200);
  EXPECT_FALSE(has_one(snapshot.body));

  publisher.MustPublish(Deletion("a", text));
  const SseBlock deleted = reader.Event();
  EXPECT_FALSE(has_one(deleted.text));
  EXPECT_EQ(StringAt(ParseJson(*deleted.data), "key"), text);

  // A refusal quotes what was asked.
  const HttpResponse refused = HttpGet(gateway.http(), "/v1/events?mode=%E2%80%A8");
  EXPECT_EQ(refused.status, 400);
  EXPECT_FALSE(has_one(refused.body));
}

}  // namespace
}  // namespace ssegw::testing
