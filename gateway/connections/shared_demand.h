#ifndef SSEGW_GATEWAY_CONNECTIONS_SHARED_DEMAND_H_
#define SSEGW_GATEWAY_CONNECTIONS_SHARED_DEMAND_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/connections/demand.h"
#include "gateway/connections/demand_table.h"
#include "internal/base/mutex.h"
#include "internal/base/time.h"
#include "internal/peers/peers.h"
#include "internal/window/filter.h"
#include "ssegateway/peers/v1/news.pb.h"

namespace ssegw::connections {

// Tells the gateways that share a log how many connections each of them has for which filters, so
// that the demand at each of them is of all.
//
// A gateway at which publishers watch says so once a second. Whoever hears it tells of all its
// rows, and from then on of those that change, until nobody has said so for kWantedFor. Who misses
// a message says that too, and is told all again.
//
// Owns:     a table of this gateway's connections, and one of each other's.
// Thread:   Change, OnNews, OnPeerGone: any. Tick: one.
// Lifetime: demand and peers outlive it.
// Cost:     a look-up for each connection that opens or closes; while somebody watches, a row of
//           each other gateway for connections with equal filters.
class SharedDemand {
 public:
  static constexpr std::string_view kWanted = "demandwanted";
  static constexpr std::string_view kLost = "demandlost";  // data: whose
  static constexpr std::string_view kRows = "demand";
  static constexpr base::Duration kInterval = std::chrono::seconds(1);
  static constexpr base::Duration kWantedFor = std::chrono::seconds(3);
  // Rows in one message, and messages in one tick.
  static constexpr size_t kRowsPerMessage = 500;
  static constexpr size_t kMessagesPerTick = 20;

  SharedDemand(Demand& demand, peers::Peers& peers) : demand_(demand), peers_(peers) {}
  SharedDemand(const SharedDemand&) = delete;
  SharedDemand& operator=(const SharedDemand&) = delete;

  // Of this gateway; the demand is told by whoever calls this.
  void Change(const window::Filters& filters, base::Duration min_interval, int64_t by) {
    table_.Change(filters, min_interval, by);
  }

  // Tells what has changed. Call ten times a second.
  void Tick(base::TimePoint now);

  // False: it is not for this.
  bool OnNews(const std::string& from, std::string_view kind, std::string_view data,
              base::TimePoint now);
  void OnPeerGone(const std::string& name);

  // What it takes of memory, about.
  size_t memory_bytes() const;

 private:
  using Key = std::pair<std::string, int64_t>;  // filters, nanoseconds
  struct Row {
    window::Filters filters;
    int64_t connections = 0;
    // Of which telling of all rows it is.
    uint64_t telling = 0;
  };
  // What another gateway has told.
  struct Other {
    uint64_t next = 0;  // the number of what it tells next; 0: it has to begin again
    uint64_t telling = 0;
    // When it was last asked to begin again.
    base::TimePoint asked_at = base::TimePoint::min();
    std::map<Key, Row> rows = {};
  };
  // How far it has come with all its rows.
  enum class Telling : uint8_t { kNothing, kAll, kChanges };

  void SayWanted(base::TimePoint now);
  void TellRows(base::TimePoint now);
  // Some of all rows, or of those that changed. False: there are no more for now.
  bool TellAll();
  bool TellChanges();
  void Tell(ssegateway::peers::v1::DemandRows& rows, const std::vector<DemandTable::Row>& of);
  // False: something was missed, and it has to be asked to begin again.
  bool Take(Other& other, const ssegateway::peers::v1::DemandRows& rows, base::TimePoint now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Take(Other& other, const ssegateway::peers::v1::DemandRow& row)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // All rows, or those that are not of the last telling.
  void Forget(Other& other, bool all) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Demand& demand_;
  peers::Peers& peers_;
  DemandTable table_;

  // Tick's own.
  Telling telling_ = Telling::kNothing;
  uint32_t slot_ = 0;
  bool began_ = false;
  uint64_t next_ = 1;
  base::TimePoint say_wanted_at_;
  base::TimePoint tell_at_;

  mutable base::Mutex mutex_;
  // Somebody elsewhere watches, until then.
  base::TimePoint wanted_until_ ABSL_GUARDED_BY(mutex_);
  bool tell_anew_ ABSL_GUARDED_BY(mutex_) = false;
  // Somebody watches here.
  bool wants_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, Other, std::less<>> others_ ABSL_GUARDED_BY(mutex_);
  size_t row_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace ssegw::connections

#endif  // SSEGW_GATEWAY_CONNECTIONS_SHARED_DEMAND_H_
