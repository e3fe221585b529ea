#include "node/standard_streams.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <utility>

#include <unistd.h>

#include "io/work.hpp"

namespace cambium::node {
namespace {

constexpr size_t write_bytes = size_t{64} << 10;
constexpr size_t read_bytes = size_t{64} << 10;

// All of it; false when nobody reads it any more or the file cannot take it.
Status write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t wrote = ::write(descriptor, text.data(), text.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0 && errno == EPIPE) return Errc::end_of_stream;
        if (wrote < 0 && errno == ENOSPC) return Errc::no_space;
        if (wrote < 0) return Error{Errc::io_error, std::strerror(errno)};
        text.remove_prefix(static_cast<size_t>(wrote));
    }
    return {};
}

}  // namespace

StandardStreams::StandardStreams(io::World& world, real::RealLoop& loop)
    : work_(world.work),
      loop_(loop),
      said_to_person_(::isatty(STDERR_FILENO) != 0),
      typed_by_person_(::isatty(STDIN_FILENO) != 0) {}

io::Task<Result<size_t>> StandardStreams::read(MutableBytes into) {
    // The job may see only what it owns: its reader may be gone when the process ends.
    auto block = std::make_shared<std::vector<uint8_t>>(std::min(into.size(), read_bytes));
    const auto job = [block]() -> Result<size_t> {
        while (true) {
            const ssize_t got = ::read(STDIN_FILENO, block->data(), block->size());
            if (got >= 0) return static_cast<size_t>(got);
            if (errno != EINTR) return Error{Errc::io_error, std::strerror(errno)};
        }
    };
    const Result<size_t> got = co_await io::offload(&work_, job);
    if (got.ok()) std::copy_n(block->begin(), *got, into.begin());
    co_return got;
}

void StandardStreams::write(std::string_view text) {
    collected_.append(text);
    if (collected_.size() >= write_bytes) (void)flush();
}

Status StandardStreams::flush() {
    if (written_.ok()) written_ = write_all(STDOUT_FILENO, collected_);
    collected_.clear();
    return written_;
}

void StandardStreams::on_interrupt(io::Callback handle) {
    interrupted_ = std::move(handle);
    for (const int signal : {SIGINT, SIGTERM})
        (void)loop_.on_signal(signal, [this] { interrupted_(); });
}

void StandardStreams::say(std::string_view text) { (void)write_all(STDERR_FILENO, text); }

}  // namespace cambium::node
