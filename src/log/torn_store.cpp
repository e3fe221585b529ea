#include "log/torn_store.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bytes/buffer.hpp"
#include "log/files.hpp"
#include "log/names.hpp"

namespace cambium::log {

namespace {

constexpr size_t copy_bytes = size_t{256} << 10;

// "00000042.<of>.bytes": numbers grow, so that names sort by age.
uint64_t number_of(const std::string& name) {
    uint64_t number = 0;
    std::from_chars(name.data(), name.data() + name.size(), number);
    return number;
}

io::Task<Status> copy(io::FileRef from, int64_t position, int64_t end, io::FileRef to) {
    Buffer block;
    int64_t at = position;
    while (at < end) {
        block.resize(std::min(copy_bytes, static_cast<size_t>(end - at)));
        const Result<size_t> got = co_await from->pread(at, block.mutable_view());
        if (!got) co_return got.error();
        if (*got == 0) break;
        const Status wrote = co_await write_all(to, at - position, block.view().first(*got));
        if (!wrote) co_return wrote;
        at += static_cast<int64_t>(*got);
    }
    Status synced = co_await to->datasync(io::Where::worker);
    co_return synced;
}

}  // namespace

TornStore::TornStore(io::Disk* disk, const std::string& directory)
    : disk_(disk), path_(join(directory, torn_directory)) {}

// Gives the number of the next file.
io::Task<Result<uint64_t>> TornStore::make_room(int64_t bytes) {
    const Status made = co_await disk_->make_directory(path_);
    if (!made) co_return made.error();
    Result<std::vector<io::DirectoryEntry>> listed = co_await disk_->list(path_);
    if (!listed) co_return listed.error();
    std::vector<io::DirectoryEntry>& files = *listed;
    std::sort(files.begin(), files.end(),
              [](const auto& a, const auto& b) { return number_of(a.name) < number_of(b.name); });
    int64_t held = bytes;
    for (const io::DirectoryEntry& file : files) held += file.size;
    for (size_t i = 0; i < files.size(); ++i) {
        if (files.size() - i < files_max && held <= bytes_max) break;
        const Status removed = co_await disk_->unlink(join(path_, files[i].name));
        if (!removed && removed.code() != Errc::not_found) co_return removed.error();
        held -= files[i].size;
    }
    co_return files.empty() ? 1 : number_of(files.back().name) + 1;
}

io::Task<Result<std::string>> TornStore::keep(io::FileRef file, int64_t position, int64_t end,
                                              std::string of) {
    end = std::min(end, position + bytes_max);
    const Result<uint64_t> number = co_await make_room(end - position);
    if (number.code() == Errc::no_space) co_return std::string();
    if (!number) co_return number.error();
    const std::string name = fmt::format("{:08}.{}.bytes", *number, of);
    Result<io::FileRef> kept = co_await disk_->open(join(path_, name), io::OpenMode::create);
    if (kept.code() == Errc::no_space) co_return std::string();
    if (!kept) co_return kept.error();
    Status status = co_await copy(file, position, end, *kept);
    if (status) status = co_await disk_->sync_directory(path_);
    if (status.code() == Errc::no_space) {
        // A part of it would only mislead.
        status = co_await disk_->unlink(join(path_, name));
        if (status) co_return std::string();
    }
    if (!status) co_return status.error();
    co_return join(torn_directory, name);
}

}  // namespace cambium::log
