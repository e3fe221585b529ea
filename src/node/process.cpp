#include "node/process.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include <sys/resource.h>
#include <unistd.h>

#include "base/version.hpp"

namespace cambium::node {
namespace {

namespace fs = std::filesystem;

int64_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    int64_t total = 0;
    int64_t resident = 0;
    file >> total >> resident;
    return resident * ::sysconf(_SC_PAGESIZE);
}

double cpu_seconds() {
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int64_t open_files() {
    std::error_code error;
    const fs::directory_iterator files("/proc/self/fd", error);
    return error ? 0 : std::distance(begin(files), end(files));
}

int64_t file_limit() {
    rlimit limit{};
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<int64_t>(limit.rlim_cur) : 0;
}

}  // namespace

void raise_file_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    // A refusal leaves the old limit, which /metrics shows.
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

void write_process_metrics(MetricsWriter& writer, Timestamp started) {
    writer.family("cambium_build_info", "gauge", "Which version this is; the value is always 1.");
    writer.sample({{"version", program_version}}, int64_t{1});
    writer.family("process_resident_memory_bytes", "gauge", "Memory in use.");
    writer.sample({}, resident_bytes());
    writer.family("process_cpu_seconds_total", "counter", "Processor time spent.");
    writer.sample({}, cpu_seconds());
    writer.family("process_open_fds", "gauge", "Open file descriptors.");
    writer.sample({}, open_files());
    writer.family("process_max_fds", "gauge", "The most there may be.");
    writer.sample({}, file_limit());
    writer.family("process_start_time_seconds", "gauge", "Start, in seconds since 1970.");
    writer.sample({}, static_cast<double>(started.value()) * 1e-3);
}

}  // namespace cambium::node
