#include "real/file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace cambium::real {
namespace {

constexpr size_t pieces_per_call = 256;

// What a system call gave: a count, or an errno.
struct Outcome {
    size_t count = 0;
    int error = 0;
};

enum class From : uint8_t { cache, medium };

// Reads until `into` is full, the file ends or, from the cache, the rest is not there (EAGAIN).
Outcome read_from(int file, int64_t position, MutableBytes into, From from) {
    Outcome outcome;
    while (outcome.count < into.size()) {
        const MutableBytes rest = into.subspan(outcome.count);
        const iovec piece{rest.data(), rest.size()};
        const ssize_t count =
            ::preadv2(file, &piece, 1, position + static_cast<int64_t>(outcome.count),
                      from == From::cache ? RWF_NOWAIT : 0);
        if (count == 0) break;
        if (count > 0) outcome.count += static_cast<size_t>(count);
        else if (errno != EINTR) return {outcome.count, errno};
    }
    return outcome;
}

template <class Call> int until_not_interrupted(Call call) {
    int result = 0;
    do result = call();
    while (result != 0 && errno == EINTR);
    return result == 0 ? 0 : errno;
}

}  // namespace

// The last name and the last descriptor of a big file give its space back.
SystemFile::~SystemFile() {
    struct stat status{};
    const bool last = ::fstat(file_.number(), &status) == 0 && status.st_nlink == 0;
    if (!last || status.st_size < big_file_bytes) return;
    const auto file = std::make_shared<Descriptor>(std::move(file_));
    work_.submit([file] { file->close(); }, [] {});
}

io::Task<Result<size_t>> SystemFile::pread(int64_t position, MutableBytes into) {
    const int file = file_.number();
    const Outcome cached = read_from(file, position, into, From::cache);
    if (cached.error == 0) co_return cached.count;
    if (cached.error != EAGAIN && cached.error != EOPNOTSUPP)
        co_return system_error(cached.error, path_);
    const int64_t from = position + static_cast<int64_t>(cached.count);
    const MutableBytes rest = into.subspan(cached.count);
    const Outcome cold = co_await io::offload(
        &work_, [file, from, rest] { return read_from(file, from, rest, From::medium); });
    if (cold.error != 0) co_return system_error(cold.error, path_);
    co_return cached.count + cold.count;
}

io::Task<Result<size_t>> SystemFile::writev(int64_t position, std::span<const ByteView> pieces) {
    std::array<iovec, pieces_per_call> vector;
    const size_t used = std::min(pieces.size(), pieces_per_call);
    for (size_t i = 0; i < used; ++i) {
        // pwritev only reads what the pieces point at.
        vector[i] = {const_cast<uint8_t*>(pieces[i].data()), pieces[i].size()};
    }
    ssize_t count = 0;
    do count = ::pwritev(file_.number(), vector.data(), static_cast<int>(used), position);
    while (count < 0 && errno == EINTR);
    if (count < 0) co_return system_error(errno, path_);
    co_return static_cast<size_t>(count);
}

io::Task<Status> SystemFile::datasync(io::Where where) {
    const int file = file_.number();
    const auto sync = [file] {
        return until_not_interrupted([file] { return ::fdatasync(file); });
    };
    int error = 0;
    if (where == io::Where::here) error = sync();
    else error = co_await io::offload(&work_, sync);
    if (error != 0) co_return system_error(error, path_);
    co_return Status();
}

io::Task<Status> SystemFile::truncate(int64_t size) {
    const int file = file_.number();
    const auto cut = [file, size] {
        return until_not_interrupted([=] { return ::ftruncate(file, size); });
    };
    struct stat status{};
    const bool known = ::fstat(file, &status) == 0;
    int error = 0;
    if (known && status.st_size - size < big_file_bytes) error = cut();
    else error = co_await io::offload(&work_, cut);
    if (error != 0) co_return system_error(error, path_);
    co_return Status();
}

io::Task<Result<int64_t>> SystemFile::size() {
    struct stat status{};
    if (::fstat(file_.number(), &status) != 0) co_return system_error(errno, path_);
    co_return static_cast<int64_t>(status.st_size);
}

}  // namespace cambium::real
