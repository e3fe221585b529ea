#include "log/reserve.hpp"

#include <algorithm>
#include <utility>

#include "base/fault.hpp"
#include "bytes/buffer.hpp"
#include "log/files.hpp"
#include "log/names.hpp"

namespace cambium::log {

namespace {

constexpr int64_t block_bytes = 64 << 10;

}  // namespace

Reserve::Reserve(io::Disk* disk, const std::string& directory, int64_t bytes)
    : disk_(disk), directory_(directory), path_(join(directory, reserve_file)), bytes_(bytes) {}

io::Task<Result<int64_t>> Reserve::wanted() {
    const Result<io::Space> space = co_await disk_->space(directory_);
    if (!space) co_return space.error();
    co_return std::min(bytes_, space->total_bytes / share_of_disk);
}

io::Task<Status> Reserve::make() {
    if (there_ || bytes_ == 0) co_return Status();
    const Result<int64_t> bytes = co_await wanted();
    if (!bytes) co_return bytes.error();
    Status made = co_await fill(*bytes);
    if (made) {
        there_ = true;
        spent_ = false;
        co_return Status();
    }
    spent_ = spent_ || made.code() == Errc::no_space;
    // A part of it would only be in the way.
    (void)co_await disk_->unlink(path_);
    co_return made;
}

io::Task<Status> Reserve::fill(int64_t bytes) {
    const Result<io::FileRef> file = co_await disk_->open(path_, io::OpenMode::create);
    if (!file) co_return file.error();
    const Result<int64_t> size = co_await (*file)->size();
    if (!size) co_return size.error();
    int64_t at = std::min(*size, bytes);
    Buffer zeros;
    while (at < bytes) {
        zeros.resize(static_cast<size_t>(std::min(block_bytes, bytes - at)));
        std::fill_n(zeros.data(), zeros.size(), uint8_t{0});
        const Status written = co_await write_all(*file, at, zeros.view());
        if (!written) co_return written;
        at += static_cast<int64_t>(zeros.size());
    }
    if (*size > bytes) {
        const Status cut = co_await (*file)->truncate(bytes);
        if (!cut) co_return cut;
    }
    co_return Status();
}

io::Task<bool> Reserve::release() {
    if (!std::exchange(there_, false)) co_return false;
    spent_ = true;
    sometimes("log.reserve_released");
    const Status gone = co_await disk_->unlink(path_);
    co_return gone.ok();
}

}  // namespace cambium::log
