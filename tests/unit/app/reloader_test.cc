#include "gateway/app/reloader.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "internal/base/concat.h"
#include "internal/log/capture_for_test.h"

namespace ssegw::app {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr base::TimePoint kStart{1h};

config::ParseResult Read(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv = {"sse-gateway"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  config::ParseResult result = config::Parse(static_cast<int>(argv.size()), argv.data(),
                                             [](const char*) -> const char* { return nullptr; });
  result.has_flagfile = true;
  return result;
}

std::shared_ptr<const transcode::Schemas> Load(const std::vector<std::string>& files) {
  auto schemas = transcode::Schemas::Load(files, transcode::JsonOptions());
  EXPECT_TRUE(schemas.ok()) << schemas.status();
  return *std::move(schemas);
}

// Until what was asked for has been read, on another thread; nullopt: nothing was.
std::optional<Reloaded> TickToEnd(Reloader& reloader, base::TimePoint now) {
  const auto until = base::Now() + 10s;
  std::optional<Reloaded> reloaded = reloader.Tick(now);
  while (!reloaded && reloader.is_reading() && base::Now() < until) {
    std::this_thread::yield();
    reloaded = reloader.Tick(now);
  }
  return reloaded;
}

class ReloaderTest : public testing::Test {
 protected:
  bool Reload(base::TimePoint now = kStart) {
    reloader_.Ask();
    const std::optional<Reloaded> reloaded = TickToEnd(reloader_, now);
    return reloaded && reloaded->flags;
  }

  log::CaptureForTest log_;
  std::vector<std::string> arguments_;
  std::atomic<int> reads_ = 0;
  Reloader reloader_{Read({}), Load({}), {}, [this] {
                       ++reads_;
                       return Read(arguments_);
                     }};
};

TEST_F(ReloaderTest, ReadsOnlyWhenAsked) {
  EXPECT_FALSE(TickToEnd(reloader_, kStart));
  EXPECT_EQ(reads_, 0);
  EXPECT_THAT(log_.lines(), IsEmpty());
}

TEST_F(ReloaderTest, SaysWhatChangedAndWhatNeedsARestart) {
  arguments_ = {"--retry=4s", "--http_listen=0.0.0.0:81"};
  EXPECT_TRUE(Reload());
  EXPECT_EQ(reloader_.config().retry, 4s);
  EXPECT_EQ(reloader_.config().http_listen.port, 8080);
  EXPECT_THAT(
      log_.lines(),
      ElementsAre(HasSubstr("level=info msg=\"flag changed\" flag=retry before=2s after=4s"),
                  HasSubstr("level=warn msg=\"flag needs a restart\" flag=http_listen "
                            "running=:8080 configured=0.0.0.0:81"),
                  HasSubstr("level=info msg=\"configuration reloaded\" changed=1 need_restart=1")));
}

TEST_F(ReloaderTest, FaultChangesNothingAndIsNamed) {
  arguments_ = {"--retry=4s", "--retry=soon", "--threads=many"};
  EXPECT_FALSE(Reload());
  EXPECT_EQ(reloader_.config().retry, 2s);
  EXPECT_THAT(log_.lines(),
              ElementsAre(AllOf(HasSubstr("level=error"), HasSubstr("--retry=soon: expected")),
                          AllOf(HasSubstr("level=error"), HasSubstr("--threads=many: expected")),
                          HasSubstr("msg=\"configuration not reloaded\" faults=2")));
}

TEST_F(ReloaderTest, FlagsThatWouldEndTheProcessAreFaults) {
  for (const std::string flag : {"--check_config", "--help", "--version", "--probe=readyz"}) {
    Reloader reloader(Read({}), Load({}), {}, [&] { return Read({"--retry=4s", flag}); });
    reloader.Ask();
    const std::optional<Reloaded> reloaded = TickToEnd(reloader, kStart);
    EXPECT_TRUE(reloaded && !reloaded->flags) << flag;
    EXPECT_EQ(reloader.config().retry, 2s) << flag;
  }
}

TEST_F(ReloaderTest, FloodOfSignalsIsReadOnceInEachInterval) {
  for (int ms = 0; ms < 3000; ms += 10) {
    reloader_.Ask();
    TickToEnd(reloader_, kStart + std::chrono::milliseconds(ms));
  }
  EXPECT_EQ(reads_, 3);
}

TEST_F(ReloaderTest, SignalWithinTheIntervalIsNotLost) {
  EXPECT_TRUE(Reload());
  arguments_ = {"--retry=4s"};
  reloader_.Ask();
  EXPECT_FALSE(TickToEnd(reloader_, kStart + 999ms));
  EXPECT_TRUE(TickToEnd(reloader_, kStart + 1s));
  EXPECT_EQ(reloader_.config().retry, 4s);
}

TEST_F(ReloaderTest, ChangeOfTheLevelIsSeenWhicheverWayItGoes) {
  arguments_ = {"--log_level=error"};
  Reload();
  EXPECT_EQ(log::GetLevel(), log::Level::kError);
  EXPECT_EQ(log_.lines().size(), 2U);
  arguments_ = {"--log_level=debug"};
  Reload(kStart + 1s);
  EXPECT_EQ(log::GetLevel(), log::Level::kDebug);
  EXPECT_EQ(log_.lines().size(), 4U);
}

TEST(ReloaderWithoutFlagfileTest, SaysThatThereIsNothingToRead) {
  const log::CaptureForTest log;
  config::ParseResult at_start = Read({});
  at_start.has_flagfile = false;
  Reloader reloader(at_start, Load({}), {}, [] { return Read({"--retry=4s"}); });
  reloader.Ask();
  EXPECT_FALSE(TickToEnd(reloader, kStart));
  EXPECT_EQ(reloader.config().retry, 2s);
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("msg=\"nothing to reload\"")));
}

// A file that hangs holds up nobody, and is read by one thread at most.
TEST(ReloaderThreadTest, OwnerGoesOnWhileItReads) {
  const log::CaptureForTest log;
  std::promise<void> gate;
  std::atomic<int> reads = 0;
  Reloader reloader(Read({}), Load({}), {}, [&, opened = gate.get_future().share()] {
    ++reads;
    opened.wait();
    return Read({"--retry=4s"});
  });
  for (int i = 0; i < 5; ++i) {
    reloader.Ask();
    EXPECT_FALSE(reloader.Tick(kStart + i * 1s));
    EXPECT_TRUE(reloader.is_reading());
  }
  EXPECT_THAT(log.lines(), IsEmpty());
  for (int i = 10; i < 15; ++i) EXPECT_FALSE(reloader.Tick(kStart + i * 1s));
  EXPECT_THAT(
      log.lines(),
      ElementsAre(HasSubstr("level=warn msg=\"configuration is still being read\" seconds=10")));
  gate.set_value();
  EXPECT_TRUE(TickToEnd(reloader, kStart + 15s));
  EXPECT_EQ(reloader.config().retry, 4s);
  EXPECT_TRUE(TickToEnd(reloader, kStart + 15s)) << "asked again meanwhile";
  EXPECT_EQ(reads, 2);
}

// Descriptor sets of one message t.A, with these fields.
class SetsTest : public testing::Test {
 protected:
  SetsTest() {
    std::string folder = testing::TempDir() + "reloader_XXXXXX";
    folder_ = ::mkdtemp(folder.data());
  }
  ~SetsTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + '/' + name; }

  void Write(const std::string& name,
             const std::vector<google::protobuf::FieldDescriptorProto::Type>& types) const {
    google::protobuf::FileDescriptorSet set;
    google::protobuf::FileDescriptorProto& file = *set.add_file();
    file.set_name("t.proto");
    file.set_package("t");
    file.set_syntax("proto3");
    google::protobuf::DescriptorProto& message = *file.add_message_type();
    message.set_name("A");
    for (const auto type : types) {
      google::protobuf::FieldDescriptorProto& field = *message.add_field();
      field.set_number(message.field_size());
      field.set_name(base::Concat("f", field.number()));
      field.set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
      field.set_type(type);
    }
    std::ofstream(Path(name), std::ios::binary) << set.SerializeAsString();
  }

  static constexpr auto kString = google::protobuf::FieldDescriptorProto::TYPE_STRING;
  static constexpr auto kBool = google::protobuf::FieldDescriptorProto::TYPE_BOOL;

  // From the start on the flag names the set "a".
  std::unique_ptr<Reloader> Start() {
    Write("a", {kString});
    arguments_ = {"--descriptor_set=" + Path("a")};
    return std::make_unique<Reloader>(Read(arguments_), Load({Path("a")}), transcode::JsonOptions(),
                                      [this] { return Read(arguments_); });
  }
  static int FieldsOf(const Reloader& reloader) {
    return reloader.schemas()->pool().FindMessage("t.A")->field_count();
  }
  Reloaded Reload(Reloader& reloader) {
    reloader.Ask();
    now_ += 1s;
    return TickToEnd(reloader, now_).value_or(Reloaded());
  }

  log::CaptureForTest log_;
  std::vector<std::string> arguments_;
  base::TimePoint now_ = kStart;

 private:
  std::string folder_;
};

TEST_F(SetsTest, ThatAreCompatibleAreTaken) {
  const auto reloader = Start();
  Write("a", {kString, kBool});
  EXPECT_EQ(Reload(*reloader).sets, Reloaded::Sets::kTaken);
  EXPECT_EQ(FieldsOf(*reloader), 2);
  EXPECT_THAT(log_.lines(), Contains(HasSubstr("level=info msg=\"descriptor sets reloaded\"")));
}

TEST_F(SetsTest, ThatAreTheSameAreNoReload) {
  const auto reloader = Start();
  const auto before = reloader->schemas();
  const Reloaded reloaded = Reload(*reloader);
  EXPECT_TRUE(reloaded.flags);
  EXPECT_EQ(reloaded.sets, Reloaded::Sets::kAsBefore);
  EXPECT_EQ(reloader->schemas(), before);
}

TEST_F(SetsTest, ThatAreIncompatibleAreRefusedAndFlagsAreNot) {
  const auto reloader = Start();
  Write("a", {kBool});
  arguments_.push_back("--retry=4s");
  const Reloaded reloaded = Reload(*reloader);
  EXPECT_EQ(reloaded.sets, Reloaded::Sets::kRefused);
  EXPECT_TRUE(reloaded.flags);
  EXPECT_EQ(reloader->config().retry, 4s);
  EXPECT_EQ(reloader->schemas()->pool().FindMessage("t.A")->field(0)->type_name(),
            std::string("string"));
  EXPECT_THAT(
      log_.lines(),
      AllOf(Contains(HasSubstr("error=\"descriptor sets need a restart: field t.A.f1 (1) was "
                               "string and is bool\"")),
            Contains(HasSubstr("level=error msg=\"descriptor sets not reloaded\" faults=1"))));
}

TEST_F(SetsTest, ThatCannotBeReadAreRefused) {
  const auto reloader = Start();
  std::filesystem::remove(Path("a"));
  EXPECT_EQ(Reload(*reloader).sets, Reloaded::Sets::kRefused);
  ASSERT_EQ(::mkfifo(Path("a").c_str(), 0600), 0);
  EXPECT_EQ(Reload(*reloader).sets, Reloaded::Sets::kRefused);
  EXPECT_EQ(FieldsOf(*reloader), 1);
}

TEST_F(SetsTest, PathsChangeWithThem) {
  const auto reloader = Start();
  Write("b", {kString, kBool});
  arguments_ = {"--descriptor_set=" + Path("b")};
  EXPECT_EQ(Reload(*reloader).sets, Reloaded::Sets::kTaken);
  EXPECT_EQ(reloader->config().descriptor_set, std::vector<std::string>{Path("b")});
  // No flag without its sets.
  arguments_ = {"--descriptor_set=" + Path("c")};
  EXPECT_EQ(Reload(*reloader).sets, Reloaded::Sets::kRefused);
  EXPECT_EQ(reloader->config().descriptor_set, std::vector<std::string>{Path("b")});
  // Without sets the type would be gone.
  arguments_ = {"--descriptor_set="};
  EXPECT_EQ(Reload(*reloader).sets, Reloaded::Sets::kRefused);
  EXPECT_EQ(FieldsOf(*reloader), 2);
}

TEST_F(SetsTest, AreNotTakenWithAConfigurationThatHasFaults) {
  const auto reloader = Start();
  Write("a", {kString, kBool});
  arguments_.push_back("--retry=soon");
  const Reloaded reloaded = Reload(*reloader);
  EXPECT_FALSE(reloaded.flags);
  EXPECT_EQ(reloaded.sets, Reloaded::Sets::kAsBefore);
  EXPECT_EQ(FieldsOf(*reloader), 1);
}

TEST_F(SetsTest, AreReadWithoutAFlagfileToo) {
  Write("a", {kString});
  config::ParseResult at_start = Read({"--descriptor_set=" + Path("a")});
  at_start.has_flagfile = false;
  Reloader reloader(at_start, Load({Path("a")}), {}, [&] { return at_start; });
  Write("a", {kString, kBool});
  EXPECT_EQ(Reload(reloader).sets, Reloaded::Sets::kTaken);
}

}  // namespace
}  // namespace ssegw::app
