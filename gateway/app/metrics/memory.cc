#include <cstdint>
#include <vector>

#include "gateway/app/metrics/subjects.h"
#include "internal/base/enum_array.h"

namespace ssegw::app {

void AddMemory(const MemoryState& memory, Families& families) {
  families.Gauge("memory_limit_bytes",
                 "Limit of memory that the gateway stays below: --memory_limit, the cgroup's, or "
                 "three quarters of what was available at the start.",
                 memory.limit);
  families.Gauge("memory_in_use_bytes",
                 "Memory that is compared with memory_limit_bytes; 0 if there is no limit.",
                 memory.in_use);
  families.Gauge("memory_pressure",
                 "What gives way to the limit of memory: 0 nothing, 1 the window, 2 cold "
                 "connections too, 3 all new connections, 4 events too.",
                 static_cast<uint64_t>(memory.level));
  std::vector<Sample> ledger;
  for (const MemoryClass memory_class : base::AllOf<MemoryClass>()) {
    ledger.push_back({.labels = {{"class", ToString(memory_class)}},
                      .value = static_cast<double>(memory.ledger[memory_class])});
  }
  families.Gauge("memory_bytes",
                 "Memory by what takes it, as the parts count it themselves; without the process, "
                 "what allocators add, and the kernel's buffers.",
                 ledger);
}

}  // namespace ssegw::app
