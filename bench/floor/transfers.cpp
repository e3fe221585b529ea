#include "transfers.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bytes/bytes.hpp"
#include "bytes/crc32c.hpp"

namespace cambium::floor {

namespace {

constexpr size_t piece_bytes = size_t{1} << 20;

int need(int result, const char* what) {
    if (result >= 0) return result;
    std::perror(what);
    std::_Exit(1);
}

double seconds_now() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Of the calling thread.
double thread_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_THREAD, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// Gives each piece of a file to `take`.
template <class Take>
void read_pieces(const std::string& path, int64_t from, std::vector<uint8_t>& piece, Take take) {
    const int file = need(::open(path.c_str(), O_RDONLY | O_CLOEXEC), path.c_str());
    while (true) {
        const ssize_t got = ::pread(file, piece.data(), piece.size(), from);
        need(static_cast<int>(std::min<ssize_t>(got, 1)), path.c_str());
        if (got == 0) break;
        take(ByteView(piece.data(), static_cast<size_t>(got)));
        from += got;
    }
    ::close(file);
}

// Two ends of a connection over loopback.
std::array<int, 2> connected() {
    const int listener = need(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    need(::bind(listener, any, size), "bind");
    need(::listen(listener, 1), "listen");
    need(::getsockname(listener, any, &size), "getsockname");
    const int here = need(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    need(::connect(here, any, size), "connect");
    const int there = need(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC), "accept");
    ::close(listener);
    const int on = 1;
    for (const int each : {here, there})
        need(::setsockopt(each, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
    return {here, there};
}

void send_all(int to, ByteView bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        need(static_cast<int>(std::min<ssize_t>(sent, 1)), "send");
        bytes = bytes.subspan(static_cast<size_t>(sent));
    }
}

// Until the other end closes.
void drop_all(int from) {
    std::vector<uint8_t> piece(piece_bytes);
    while (::recv(from, piece.data(), piece.size(), 0) > 0) {}
    ::close(from);
}

}  // namespace

int scan(const std::vector<std::string>& files, int64_t from) {
    std::vector<uint8_t> piece(piece_bytes);
    const double began = seconds_now();
    uint32_t checksum = 0;
    size_t bytes = 0;
    for (const std::string& path : files) {
        read_pieces(path, from, piece, [&](ByteView read) {
            checksum = crc32c(read, checksum);
            bytes += read.size();
        });
        from = 0;
    }
    std::printf(
        "{\"what\": \"scan\", \"bytes\": %zu, \"seconds\": %.4f, \"cpu_s\": %.4f, \"crc\": %u}\n",
        bytes, seconds_now() - began, thread_seconds(), checksum);
    return 0;
}

int send_files(const std::vector<std::string>& files, int64_t bytes) {
    const std::array<int, 2> ends = connected();
    std::thread reader([there = ends[1]] { drop_all(there); });
    std::vector<uint8_t> piece(piece_bytes, 'v');
    const double began = seconds_now(), cpu = thread_seconds();
    int64_t sent = 0;
    const auto send_piece = [&](ByteView read) {
        send_all(ends[0], read);
        sent += static_cast<int64_t>(read.size());
    };
    for (const std::string& path : files) read_pieces(path, 0, piece, send_piece);
    while (files.empty() && sent < bytes) send_piece(piece);
    const double spent = thread_seconds() - cpu;
    ::close(ends[0]);
    reader.join();
    const double seconds = seconds_now() - began;
    std::printf(
        "{\"what\": \"send\", \"bytes\": %lld, \"seconds\": %.4f, \"mb_per_second\": %.1f, "
        "\"cpu_s\": %.4f}\n",
        static_cast<long long>(sent), seconds, static_cast<double>(sent) / seconds / 1e6, spent);
    return 0;
}

int echo(int64_t count) {
    const std::array<int, 2> ends = connected();
    std::thread other([there = ends[1]] {
        uint8_t byte = 0;
        while (::recv(there, &byte, 1, 0) == 1) send_all(there, {&byte, 1});
        ::close(there);
    });
    std::vector<double> times;
    uint8_t byte = 0;
    for (int64_t i = 0; i < std::max<int64_t>(count, 1); ++i) {
        const double began = seconds_now();
        send_all(ends[0], {&byte, 1});
        if (::recv(ends[0], &byte, 1, 0) != 1) std::_Exit(1);
        times.push_back((seconds_now() - began) * 1e6);
    }
    ::close(ends[0]);
    other.join();
    std::sort(times.begin(), times.end());
    const auto at = [&](size_t percent) { return times[(times.size() - 1) * percent / 100]; };
    std::printf("{\"what\": \"echo\", \"p50_us\": %.1f, \"p99_us\": %.1f}\n", at(50), at(99));
    return 0;
}

}  // namespace cambium::floor
