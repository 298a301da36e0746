// What an idle TLS connection takes of memory, by OpenSSL's own calls for it.
#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/net/tls_fixture.h"

namespace ssegw::net {
namespace {

std::atomic<size_t> in_use = 0;

// Each block has its size in front, in as much room as malloc aligns to.
constexpr size_t kHead = alignof(std::max_align_t);

void* Allocate(size_t size, const char*, int) {
  auto* const block = static_cast<std::byte*>(std::malloc(size + kHead));
  if (block == nullptr) return nullptr;
  *reinterpret_cast<size_t*>(block) = size;
  in_use += size;
  return block + kHead;
}

void Free(void* memory, const char*, int) {
  if (memory == nullptr) return;
  std::byte* const block = static_cast<std::byte*>(memory) - kHead;
  in_use -= *reinterpret_cast<size_t*>(block);
  std::free(block);
}

void* Reallocate(void* memory, size_t size, const char* file, int line) {
  if (memory == nullptr) return Allocate(size, file, line);
  std::byte* const block = static_cast<std::byte*>(memory) - kHead;
  in_use -= *reinterpret_cast<size_t*>(block);
  auto* const moved = static_cast<std::byte*>(std::realloc(block, size + kHead));
  *reinterpret_cast<size_t*>(moved) = size;
  in_use += size;
  return moved + kHead;
}

// Before anything of OpenSSL is used.
const int set = CRYPTO_set_mem_functions(Allocate, Reallocate, Free);

// What of that many server's sides is there after they have shaken hands, read and written.
// The clients are gone by then.
size_t BytesOfIdle(const TlsContext& context, int version) {
  constexpr size_t kConnections = 20;
  const auto connect = [&] {
    auto pair =
        std::make_unique<TlsPair>(context, testing::TlsClientOptions{.max_version = version});
    EXPECT_EQ(pair->ShakeHands(), TlsChannel::Handshake::kDone);
    pair->ClientSends("question");
    std::string text;
    EXPECT_EQ(pair->Read(text), Received::kBytes);
    EXPECT_EQ(pair->Write("answer"), 6);
    pair->FromServer();
    EXPECT_EQ(pair->client().Read(), "answer");
    pair->DropClient();
    return pair;
  };
  connect();  // what the first one makes stays
  std::vector<std::unique_ptr<TlsPair>> pairs;
  const size_t before = in_use;
  for (size_t i = 0; i < kConnections; ++i) pairs.push_back(connect());
  return (in_use - before) / kConnections;
}

class TlsMemoryTest : public ::testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Versions, TlsMemoryTest, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& tested) {
                           return tested.param == TLS1_2_VERSION ? "Tls12" : "Tls13";
                         });

// OpenSSL alone takes 13.9 KB with released buffers, of which its SSL object is 7.6, and 46 KB
// without. An idle connection may take 15 KiB in all.
TEST_P(TlsMemoryTest, AnIdleConnectionHoldsNoBuffer) {
  ASSERT_EQ(set, 1);
  const size_t bytes = BytesOfIdle(*MakeContext(), GetParam());
  RecordProperty("bytes", static_cast<int>(bytes));
  EXPECT_GT(bytes, 1000U) << "nothing was counted";
  EXPECT_LT(bytes, 14U * 1024);
}

TEST_P(TlsMemoryTest, AClosedOneHoldsNothing) {
  const auto context = MakeContext();
  {
    TlsPair first(*context, {.max_version = GetParam()});
    first.ShakeHands();
  }
  const size_t before = in_use;
  {
    TlsPair pair(*context, {.max_version = GetParam()});
    ASSERT_EQ(pair.ShakeHands(), TlsChannel::Handshake::kDone);
  }
  EXPECT_EQ(in_use, before);
}

}  // namespace
}  // namespace ssegw::net
