#include "real/system.hpp"

#include <sys/random.h>

#include "base/check.hpp"

namespace cambium::real {
namespace {

uint64_t seed() {
    uint64_t out = 0;
    check(::getrandom(&out, sizeof out, 0) == sizeof out);
    return out;
}

}  // namespace

System::System(Options options)
    : random_(seed()),
      pool_(loop_, options.workers),
      disk_pool_(loop_, options.disk_workers),
      disk_(disk_pool_),
      network_(loop_, clock_, pool_),
      world_{loop_, clock_, loop_.timers(), random_, disk_, network_, pool_, trace_} {}

System::~System() = default;

}  // namespace cambium::real
