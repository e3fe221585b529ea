#include "real/file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "real/clock.hpp"

namespace cambium::real {
namespace {

using Outcome = SystemFile::Outcome;

constexpr size_t pieces_per_call = 256;

// What is on its way to the disk at once before a sync, twice.
constexpr int64_t write_back_bytes = int64_t{2} << 20;

// What a call writes at most. The page cache takes what one call brings in pieces as large as it
// can, up to 4 MiB, and those come from memory that has lain idle and that a virtual machine's host
// has taken back: on a small virtual machine with Linux 6.18, 4 MiB a call cost 1.4 s of processor
// for each GB, 1 MiB 0.6, 64 to 256 KiB 0.3.
constexpr size_t bytes_per_call = size_t{256} << 10;

// More than this is given to the page cache by a worker.
constexpr size_t cached_here_max = size_t{4} << 20;

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

// What one pwritev is given.
struct Call {
    std::array<iovec, pieces_per_call> vector;  // only what is used is filled
    size_t pieces = 0;
    size_t bytes = 0;

    [[nodiscard]] bool full() const { return pieces == vector.size() || bytes == bytes_per_call; }
    void add(ByteView piece) {
        const size_t taken = std::min(piece.size(), bytes_per_call - bytes);
        // pwritev only reads what the pieces point at.
        vector[pieces++] = {const_cast<uint8_t*>(piece.data()), taken};
        bytes += taken;
    }
};

size_t total_of(std::span<const ByteView> pieces) {
    size_t total = 0;
    for (const ByteView piece : pieces) total += piece.size();
    return total;
}

// Writes all of it, or as far as the system goes.
Outcome write_to_cache(int file, int64_t position, std::span<const ByteView> pieces) {
    Outcome outcome;
    size_t first = 0;  // that is not written whole
    size_t of_first = 0;
    while (first < pieces.size()) {
        Call call;
        for (size_t i = first; i < pieces.size() && !call.full(); ++i)
            call.add(i == first ? pieces[i].subspan(of_first) : pieces[i]);
        const ssize_t count = ::pwritev(file, call.vector.data(), static_cast<int>(call.pieces),
                                        position + static_cast<int64_t>(outcome.count));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return {outcome.count, errno};
        outcome.count += static_cast<size_t>(count);
        if (static_cast<size_t>(count) < call.bytes) break;
        of_first += call.bytes;
        while (first < pieces.size() && of_first >= pieces[first].size())
            of_first -= pieces[first++].size();
    }
    return outcome;
}

// The same past it; whole units.
Outcome write_past_cache(int file, DirectPart part, std::span<const ByteView> pieces) {
    // The file may have another name by now, or none. A descriptor for each write: it takes less
    // than a hundredth of it, and nobody needs to know how long it is kept.
    const std::string self = "/proc/self/fd/" + std::to_string(file);
    const Descriptor direct(::open(self.c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC));
    if (!direct.valid()) return {0, errno == EINVAL ? EINVAL : EAGAIN};
    Outcome outcome;
    std::vector<iovec> vector;
    for (int64_t at = part.from; at < part.to;) {
        vector.clear();
        for (const ByteView piece : cut_out(part.from, pieces, at, part.to))
            if (vector.size() < pieces_per_call)
                vector.push_back({const_cast<uint8_t*>(piece.data()), piece.size()});
        const ssize_t count =
            ::pwritev(direct.number(), vector.data(), static_cast<int>(vector.size()), at);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return {outcome.count, errno};
        if (count == 0) return {outcome.count, EIO};
        outcome.count += static_cast<size_t>(count);
        at += count;
        if (at % io::direct_unit != 0) break;
    }
    return outcome;
}

template <class F> int until_not_interrupted(F call) {
    int result = 0;
    do result = call();
    while (result != 0 && errno == EINTR);
    return result == 0 ? 0 : errno;
}

// A sync hands all that a file has to the disk at once, and who wants little of the disk meanwhile
// waits for all of it. So a large part is written before the sync, a piece while the one before it
// is on its way.
int write_back(int file, int64_t from, int64_t to) {
    if (to - from <= write_back_bytes) return 0;
    const auto wait_for = [file](int64_t at, int64_t end) {
        return ::sync_file_range(file, at, end - at, SYNC_FILE_RANGE_WAIT_BEFORE);
    };
    for (int64_t at = from; at < to; at += write_back_bytes) {
        const int64_t end = std::min(at + write_back_bytes, to);
        int result = ::sync_file_range(file, at, end - at, SYNC_FILE_RANGE_WRITE);
        if (result == 0 && at > from) result = wait_for(at - write_back_bytes, at);
        // An error of the disk is told once, so what is told here is the sync's. A system without
        // this call has the sync alone.
        if (result != 0) return errno == ENOSYS ? 0 : errno;
    }
    return 0;
}

}  // namespace

void cut_in_pieces(const Descriptor& file) {
    struct stat status{};
    if (::fstat(file.number(), &status) != 0 || status.st_nlink > 0) return;
    // The system gives a write lease only to the one descriptor that there is, and without a name
    // there will be no other.
    const bool alone = ::fcntl(file.number(), F_SETLEASE, F_WRLCK) == 0 &&
                       ::fcntl(file.number(), F_SETLEASE, F_UNLCK) == 0;
    if (!alone) return;
    for (int64_t size = status.st_size; size > freed_at_once_bytes; size -= freed_at_once_bytes)
        if (::ftruncate(file.number(), size - freed_at_once_bytes) != 0) return;
}

// The last name and the last descriptor of a big file give its space back.
SystemFile::~SystemFile() {
    struct stat status{};
    const bool last = ::fstat(file_.number(), &status) == 0 && status.st_nlink == 0;
    if (!last || status.st_size < big_file_bytes) return;
    const auto file = std::make_shared<Descriptor>(std::move(file_));
    const auto close = [file] {
        cut_in_pieces(*file);
        file->close();
    };
    work_.submit(close, [] {});
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
    const DirectPart part = direct_part(position, pieces);
    if (!direct_->begin(SystemClock().now(), part.bytes())) {
        if (total_of(pieces) <= cached_here_max) co_return write_cached(position, pieces);
        const int file = file_.number();
        co_return count_cached(position, co_await io::offload(&work_, [=] {
                                   return write_to_cache(file, position, pieces);
                               }));
    }
    // What is before it ends a block that the page cache has begun; what is behind it begins one.
    const auto before = static_cast<size_t>(part.from - position);
    const auto head = write_cached(position, cut_out(position, pieces, position, part.from));
    if (!head || *head < before) {
        direct_->ended(SystemClock().now(), 0);
        co_return head;
    }
    const auto direct = co_await write_direct(part, cut_out(position, pieces, part.from, part.to));
    if (!direct) co_return direct.error();
    const size_t written = before + *direct;
    if (std::cmp_less(*direct, part.bytes())) co_return written;
    const auto tail = write_cached(part.to, cut_out(position, pieces, part.to, INT64_MAX));
    co_return tail ? written + *tail : written;
}

io::Task<Result<size_t>> SystemFile::write_direct(DirectPart part, std::vector<ByteView> pieces) {
    const int file = file_.number();
    const Outcome outcome = co_await io::offload(
        &work_, [file, part, &pieces] { return write_past_cache(file, part, pieces); });
    direct_->ended(SystemClock().now(), static_cast<int64_t>(outcome.count));
    if (outcome.error == 0) co_return outcome.count;
    // A file system that has no such writes, or wants larger units. What runs short for a moment,
    // as descriptors do, the page cache may have.
    const bool unsupported = outcome.error == EINVAL || outcome.error == EOPNOTSUPP;
    const bool short_of_something = outcome.error == EAGAIN || outcome.error == ENOMEM;
    if (unsupported) direct_->unsupported();
    if (!unsupported && !short_of_something) co_return system_error(outcome.error, path_);
    const int64_t at = part.from + static_cast<int64_t>(outcome.count);
    const auto rest = write_cached(at, cut_out(part.from, pieces, at, part.to));
    co_return rest ? outcome.count + *rest : rest;
}

Result<size_t> SystemFile::write_cached(int64_t position, std::span<const ByteView> pieces) {
    return count_cached(position, write_to_cache(file_.number(), position, pieces));
}

Result<size_t> SystemFile::count_cached(int64_t position, Outcome outcome) {
    const auto count = static_cast<int64_t>(outcome.count);
    if (count > 0) written_.add(position, position + count);
    if (outcome.error != 0 && count == 0) return system_error(outcome.error, path_);
    return outcome.count;
}

io::Task<Status> SystemFile::datasync(io::Where where) {
    const int file = file_.number();
    const Written written = std::exchange(written_, {});
    const auto sync = [file] {
        return until_not_interrupted([file] { return ::fdatasync(file); });
    };
    const auto sync_paced = [file, written, sync] {
        const bool much = written.bytes > write_back_bytes;
        const int error = much ? write_back(file, written.from, written.to) : 0;
        return error == 0 ? sync() : error;
    };
    int error = 0;
    if (where == io::Where::here) error = sync();
    else error = co_await io::offload(&work_, sync_paced);
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
