#include "bench/micro/dashboards.h"

#include "internal/base/concat.h"

namespace ssegw::bench {

namespace {

using base::Concat;
using ssegateway::v1::Dashboard;
using ssegateway::v1::Panel;

constexpr int64_t kNow = 1'700'000'000;

Dashboard Titled(const char* title) {
  Dashboard dashboard;
  dashboard.set_id("host-1");
  dashboard.set_user(7);
  dashboard.set_title(title);
  dashboard.mutable_observed_at()->set_seconds(kNow);
  dashboard.mutable_observed_at()->set_nanos(120'000'000);
  (*dashboard.mutable_labels())["zone"] = "eu-west-1";
  (*dashboard.mutable_labels())["role"] = "database";
  return dashboard;
}

void AddSeries(Dashboard& dashboard, const char* id, int points) {
  Panel& panel = *dashboard.add_panels();
  panel.set_id(id);
  for (int i = 0; i < points; ++i) {
    ssegateway::v1::Point& point = *panel.mutable_series()->add_points();
    point.mutable_time()->set_seconds(kNow + i);
    point.set_value(0.25 * i + 0.01);
  }
}

}  // namespace

Dashboard UsualDashboard() {
  Dashboard dashboard = Titled("Host one in the rack");
  for (int i = 0; i < 6; ++i) {
    Panel& panel = *dashboard.add_panels();
    panel.set_id(Concat("cpu", i));
    panel.set_title("CPU usage");
    panel.set_unit("%");
    if (i % 2 == 1) {
      panel.set_gauge(12.25 * i + 0.1);
    } else {
      panel.set_counter(12'345'678'901'234 + static_cast<uint64_t>(i));
    }
    panel.set_status(ssegateway::v1::STATUS_OK);
  }
  AddSeries(dashboard, "load", 3);
  return dashboard;
}

Dashboard DashboardOfSeries() {
  Dashboard dashboard = Titled("Four series");
  for (const char* id : {"user", "system", "wait", "idle"}) AddSeries(dashboard, id, 85);
  return dashboard;
}

Dashboard DashboardOfText() {
  Dashboard dashboard = Titled("Störungen – 障害 – Помехи");
  Panel& panel = *dashboard.add_panels();
  panel.set_id("log");
  for (const char* column : {"où", "что", "何"}) panel.mutable_table()->add_columns(column);
  for (int i = 0; i < 24; ++i) {
    ssegateway::v1::Row& row = *panel.mutable_table()->add_rows();
    row.add_cells("Überlauf im Speicher „größer als erwartet“");
    row.add_cells("Соединение с базой данных потеряно");
    row.add_cells("接続が \"切断\" されました\n😀");
  }
  return dashboard;
}

}  // namespace ssegw::bench
