#include "gateway/config/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace ssegw::config {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

CommandLine Read(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv = {"sse-gateway"};
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  return ReadCommandLine(static_cast<int>(argv.size()), argv.data());
}

// "name=text" of each value, in order.
std::vector<std::string> Values(const CommandLine& command_line) {
  std::vector<std::string> values;
  for (const GivenValue& value : command_line.values) {
    values.push_back(value.option->name + "=" + value.text);
  }
  return values;
}

struct CommandLineCase {
  std::string name;
  std::vector<std::string> arguments;
  std::vector<std::string> values;
  std::vector<std::string> faults;
};

void PrintTo(const CommandLineCase& c, std::ostream* out) { *out << c.name; }

class ReadCommandLineTest : public testing::TestWithParam<CommandLineCase> {};

TEST_P(ReadCommandLineTest, GivesValuesAndFaults) {
  const CommandLine command_line = Read(GetParam().arguments);
  EXPECT_EQ(Values(command_line), GetParam().values);
  EXPECT_EQ(command_line.faults, GetParam().faults);
}

INSTANTIATE_TEST_SUITE_P(
    Arguments, ReadCommandLineTest,
    testing::Values(
        CommandLineCase{"None", {}, {}, {}},
        CommandLineCase{"WithEqualsSign", {"--retry=5s"}, {"retry=5s"}, {}},
        CommandLineCase{"AsTwoArguments", {"--retry", "5s"}, {"retry=5s"}, {}},
        CommandLineCase{"OneDash", {"-retry=5s"}, {"retry=5s"}, {}},
        CommandLineCase{"EmptyValue", {"--descriptor_set="}, {"descriptor_set="}, {}},
        CommandLineCase{"EqualsSignInValue", {"--descriptor_set=a=b"}, {"descriptor_set=a=b"}, {}},
        CommandLineCase{"ValueThatLooksLikeAFlag", {"--retry", "-1s"}, {"retry=-1s"}, {}},
        CommandLineCase{
            "LaterStaysLater", {"--retry=1s", "--retry=2s"}, {"retry=1s", "retry=2s"}, {}},
        CommandLineCase{"Bool", {"--console"}, {"console=true"}, {}},
        CommandLineCase{"BoolWithValue", {"--console=false"}, {"console=false"}, {}},
        CommandLineCase{"NegatedBool", {"--noconsole"}, {"console=false"}, {}},
        CommandLineCase{"BoolTakesNoSecondArgument",
                        {"--console", "false"},
                        {"console=true"},
                        {"false: unexpected argument; flags begin with --"}},
        CommandLineCase{"NegatedBoolWithValue",
                        {"--noconsole=true"},
                        {},
                        {"--noconsole: expected no value, or --console=false"}},
        CommandLineCase{"OnlyBoolsAreNegated",
                        {"--noretry"},
                        {},
                        {"--noretry: unknown flag; did you mean --retry?"}},
        CommandLineCase{
            "NoValue", {"--threads"}, {}, {"--threads: expected a value: --threads=0..1024"}},
        CommandLineCase{"UnknownWithNearName",
                        {"--http-listen=:80"},
                        {},
                        {"--http-listen: unknown flag; did you mean --http_listen?"}},
        CommandLineCase{
            "UnknownWithoutNearName", {"--x"}, {}, {"--x: unknown flag; --help lists them all"}},
        CommandLineCase{"NoName", {"--=x"}, {}, {"--: unknown flag; --help lists them all"}},
        CommandLineCase{"NoFlag",
                        {"run", "-"},
                        {},
                        {"run: unexpected argument; flags begin with --",
                         "-: unexpected argument; flags begin with --"}},
        CommandLineCase{"EndOfFlags", {"--console", "--"}, {"console=true"}, {}},
        CommandLineCase{"EveryFault",
                        {"--x", "--retry=1s", "y"},
                        {"retry=1s"},
                        {"--x: unknown flag; --help lists them all",
                         "y: unexpected argument; flags begin with --"}},
        CommandLineCase{"FaultStaysOnOneLine",
                        {"a\nb", "--c\x1b"},
                        {},
                        {R"("a\nb": unexpected argument; flags begin with --)",
                         R"(--"c\u001b": unknown flag; --help lists them all)"}}),
    [](const auto& param) { return param.param.name; });

TEST(ReadCommandLineTest, SaysWhereAValueWasGiven) {
  const CommandLine command_line = Read({"--retry", "5s", "--noconsole"});
  ASSERT_EQ(command_line.values.size(), 2U);
  EXPECT_EQ(command_line.values[0].origin, "--retry=5s");
  EXPECT_EQ(command_line.values[1].origin, "--noconsole");
}

class FlagfileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string path = testing::TempDir() + "/flagfile_test.XXXXXX";
    ASSERT_NE(::mkdtemp(path.data()), nullptr);
    directory_ = path;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name)) << text;
    return Path(name);
  }

 private:
  std::string directory_;
};

TEST_F(FlagfileTest, GivesOneFlagALine) {
  const std::string file = Write("f",
                                 "# how the gateway runs\n"
                                 "--retry=5s\n"
                                 "\n"
                                 "  --noconsole \t\r\n"
                                 "-threads=2");
  const CommandLine command_line = Read({"--flagfile=" + file});
  EXPECT_THAT(Values(command_line), ElementsAre("retry=5s", "console=false", "threads=2"));
  EXPECT_THAT(command_line.faults, IsEmpty());
  EXPECT_EQ(command_line.values[0].origin, file + ":2: --retry=5s");
  EXPECT_EQ(command_line.values[2].origin, file + ":5: --threads=2");
}

TEST_F(FlagfileTest, ItsFlagsTakeThePlaceOfTheFlagfile) {
  const std::string file = Write("f", "--retry=2s\n");
  EXPECT_THAT(Values(Read({"--retry=1s", "--flagfile", file, "--retry=3s"})),
              ElementsAre("retry=1s", "retry=2s", "retry=3s"));
}

TEST_F(FlagfileTest, SeveralAreReadInOrder) {
  const std::string first = Write("first", "--retry=1s\n");
  const std::string second = Write("second", "--retry=2s\n");
  EXPECT_THAT(Values(Read({"--flagfile=" + first + "," + second})),
              ElementsAre("retry=1s", "retry=2s"));
}

TEST_F(FlagfileTest, MayNameAnotherOne) {
  const std::string inner = Write("inner", "--retry=1s\n");
  const std::string outer = Write("outer", "--flagfile=" + inner + "\n--threads=1\n");
  EXPECT_THAT(Values(Read({"--flagfile=" + outer})), ElementsAre("retry=1s", "threads=1"));
}

TEST_F(FlagfileTest, FaultsNameFileAndLine) {
  const std::string file = Write("f",
                                 "# comment\n"
                                 "--retyr=5s\n"
                                 "retry=5s\n"
                                 "--retry\n"
                                 "--retry 5s\n");
  EXPECT_THAT(Read({"--flagfile=" + file}).faults,
              ElementsAre(file + ":2: --retyr: unknown flag; did you mean --retry?",
                          file + ":3: \"retry=5s\": expected --name=value or a # comment",
                          file + ":4: --retry: expected a value: --retry=1ms..24h",
                          file + ":5: \"--retry 5s\": expected --name=value or a # comment"));
}

TEST_F(FlagfileTest, ThatCannotBeReadIsAFault) {
  const std::string file = Path("none");
  EXPECT_THAT(
      Read({"--flagfile=" + file}).faults,
      ElementsAre("--flagfile=" + file + ": cannot read " + file + ": No such file or directory"));
  EXPECT_THAT(
      Read({"--flagfile=" + Path("")}).faults,
      ElementsAre("--flagfile=" + Path("") + ": cannot read " + Path("") + ": Is a directory"));
}

TEST_F(FlagfileTest, ThatIsNoRegularFileIsNotRead) {
  ASSERT_EQ(::mkfifo(Path("fifo").c_str(), 0600), 0);
  for (const auto& [file, fault] :
       {std::pair(Path("fifo"), "it is a FIFO, not a regular file"),
        std::pair(std::string("/dev/zero"), "it is a device, not a regular file")}) {
    EXPECT_THAT(Read({"--flagfile=" + file}).faults,
                ElementsAre("--flagfile=" + file + ": cannot read " + file + ": " + fault));
  }
}

TEST_F(FlagfileTest, IsBounded) {
  const std::string large = Write("large", std::string((1 << 20) + 1, '#'));
  EXPECT_THAT(Read({"--flagfile=" + large}).faults,
              ElementsAre("--flagfile=" + large + ": cannot read " + large +
                          ": it is larger than 1048576 bytes"));
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "this is no flagfile\n";
  const std::string other = Write("other", text);
  const std::vector<std::string> faults = Read({"--flagfile=" + other}).faults;
  ASSERT_EQ(faults.size(), 101U);
  EXPECT_EQ(faults.back(),
            "--flagfile=" + other + ": " + other + " has more faults; is it a flagfile?");
}

TEST_F(FlagfileTest, IsNotReadMoreThanAHundredTimes) {
  // Each reads the next one ten times: a million times in all.
  for (int i = 0; i < 6; ++i) {
    std::string text;
    for (int j = 0; j < 10; ++j) text += "--flagfile=" + Path(std::to_string(i + 1)) + '\n';
    Write(std::to_string(i), text);
  }
  Write("6", "--retry=1s\n");
  const CommandLine command_line = Read({"--flagfile=" + Path("0")});
  EXPECT_THAT(command_line.faults, Contains(testing::EndsWith(": more than 100 flagfiles in all")));
  EXPECT_LE(command_line.values.size(), 100U);
}

TEST_F(FlagfileTest, ThatIncludesItselfIsAFault) {
  const std::string file = Path("f");
  Write("f", "--flagfile=" + file + "\n--retry=1s\n");
  const CommandLine command_line = Read({"--flagfile=" + file});
  EXPECT_THAT(command_line.faults,
              ElementsAre(file + ":1: --flagfile=" + file + ": " + file + " includes itself"));
  EXPECT_THAT(Values(command_line), ElementsAre("retry=1s"));
}

TEST_F(FlagfileTest, MayBeNamedTwice) {
  const std::string file = Write("f", "--retry=1s\n");
  EXPECT_THAT(Values(Read({"--flagfile=" + file, "--flagfile=" + file})),
              ElementsAre("retry=1s", "retry=1s"));
}

TEST_F(FlagfileTest, EmptyFileGivesNothing) {
  const CommandLine command_line = Read({"--flagfile=" + Write("f", "")});
  EXPECT_THAT(command_line.values, IsEmpty());
  EXPECT_THAT(command_line.faults, IsEmpty());
}

TEST(ShownTest, LeavesOutTheUserOfAUrl) {
  EXPECT_EQ(Shown("nats://user:secret@host:4222"), "nats://***@host:4222");
  EXPECT_EQ(Shown("nats://a:b@c:4222,nats://d:e@f:4222"), "nats://***@f:4222");
  EXPECT_EQ(Shown("nats://host:4222"), "nats://host:4222");
  EXPECT_EQ(Shown("a@b://c"), "a@b://c");
}

TEST(ShownTest, QuotesWhatIsNotOneWord) {
  EXPECT_EQ(Shown(""), "");
  EXPECT_EQ(Shown("a b"), R"("a b")");
  EXPECT_EQ(Shown("a\nb"), R"("a\nb")");
}

}  // namespace
}  // namespace ssegw::config
