#include "log/overlay_disk.hpp"

#include <algorithm>
#include <utility>

#include "bytes/buffer.hpp"

namespace cambium::log {

namespace {

using Changes = OverlayDisk::Changes;
using ChangesRef = OverlayDisk::ChangesRef;

std::string overlay_parent_of(const std::string& path) {
    const size_t slash = path.find_last_of('/');
    return slash == std::string::npos ? "." : path.substr(0, slash);
}

std::string name_of(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

class NoLock final : public io::DirectoryLock {};

class OverlayFile final : public io::File {
public:
    OverlayFile(OverlayDisk* disk, ChangesRef changes, io::FileRef under)
        : disk_(disk), changes_(std::move(changes)), under_(std::move(under)) {}

    io::Task<Result<size_t>> pread(int64_t position, MutableBytes into) override;
    io::Task<Result<size_t>> writev(int64_t position, std::span<const ByteView> pieces) override;
    io::Task<Status> datasync(io::Where) override { co_return Status(); }
    io::Task<Status> truncate(int64_t size) override;
    io::Task<Result<int64_t>> size() override { co_return changes_->size; }

private:
    io::Task<Status> read_under(int64_t position, MutableBytes into);
    io::Task<Status> write_page(int64_t page, int64_t within, ByteView bytes);

    OverlayDisk* disk_;
    ChangesRef changes_;
    io::FileRef under_;  // null when there is none
};

// Fills `into`: with zeros where the file beneath has nothing that counts.
io::Task<Status> OverlayFile::read_under(int64_t position, MutableBytes into) {
    std::fill(into.begin(), into.end(), uint8_t{0});
    const int64_t there = std::min(changes_->visible - position, static_cast<int64_t>(into.size()));
    if (under_ == nullptr || there <= 0) co_return Status();
    const Result<size_t> got =
        co_await under_->pread(position, into.first(static_cast<size_t>(there)));
    co_return got ? Status() : Status(got.error());
}

io::Task<Result<size_t>> OverlayFile::pread(int64_t position, MutableBytes into) {
    const int64_t left = std::max<int64_t>(0, changes_->size - position);
    const auto count = std::min(into.size(), static_cast<size_t>(left));
    const MutableBytes wanted = into.first(count);
    const Status read = co_await read_under(position, wanted);
    if (!read) co_return read.error();
    const int64_t end = position + static_cast<int64_t>(count);
    auto page = changes_->pages.lower_bound(position / Changes::page_bytes);
    for (; page != changes_->pages.end() && page->first * Changes::page_bytes < end; ++page) {
        const int64_t at = page->first * Changes::page_bytes;
        const int64_t from = std::max(at, position);
        const int64_t to = std::min(at + Changes::page_bytes, end);
        std::copy(page->second.begin() + (from - at), page->second.begin() + (to - at),
                  wanted.begin() + (from - position));
    }
    co_return count;
}

io::Task<Result<size_t>> OverlayFile::writev(int64_t position, std::span<const ByteView> pieces) {
    Buffer all;
    for (const ByteView piece : pieces) all.append(piece);
    const auto size = static_cast<int64_t>(all.size());
    int64_t done = 0;
    while (done < size) {
        const int64_t at = position + done;
        const int64_t within = at % Changes::page_bytes;
        const int64_t count = std::min(Changes::page_bytes - within, size - done);
        const ByteView bytes =
            all.view().subspan(static_cast<size_t>(done), static_cast<size_t>(count));
        const Status wrote = co_await write_page(at / Changes::page_bytes, within, bytes);
        if (!wrote) co_return wrote.error();
        done += count;
        changes_->size = std::max(changes_->size, at + count);
    }
    co_return all.size();
}

io::Task<Status> OverlayFile::write_page(int64_t page, int64_t within, ByteView bytes) {
    const auto from = static_cast<size_t>(within);
    auto found = changes_->pages.find(page);
    if (found == changes_->pages.end()) {
        std::vector<uint8_t> before(static_cast<size_t>(Changes::page_bytes));
        const Status read = co_await read_under(page * Changes::page_bytes, before);
        if (!read) co_return read;
        if (same(ByteView(before).subspan(from, bytes.size()), bytes)) co_return Status();
        if (!disk_->take(Changes::page_bytes)) co_return Errc::no_space;
        found = changes_->pages.emplace(page, std::move(before)).first;
    }
    std::copy(bytes.begin(), bytes.end(), found->second.begin() + within);
    co_return Status();
}

io::Task<Status> OverlayFile::truncate(int64_t size) {
    Changes& file = *changes_;
    const int64_t page = size / Changes::page_bytes;
    const int64_t within = size % Changes::page_bytes;
    file.visible = std::min(file.visible, size);
    file.size = size;
    auto at = file.pages.lower_bound(page);
    if (at != file.pages.end() && at->first == page && within > 0) {
        std::fill(at->second.begin() + within, at->second.end(), uint8_t{0});
        ++at;
    }
    for (; at != file.pages.end(); at = file.pages.erase(at))
        (void)disk_->take(-Changes::page_bytes);
    co_return Status();
}

}  // namespace

bool OverlayDisk::take(int64_t bytes) {
    if (held_ + bytes > bytes_max) return false;
    held_ += bytes;
    return true;
}

bool OverlayDisk::gone(const std::string& path) const {
    return gone_.contains(path) || gone_.contains(overlay_parent_of(path));
}

// The changes of a file that there is. Errors: not_found, those of the disk beneath.
io::Task<Result<ChangesRef>> OverlayDisk::find(std::string path) {
    const auto known = files_.find(path);
    if (known != files_.end()) co_return known->second;
    if (gone(path)) co_return Error{Errc::not_found, path};
    const Result<io::FileRef> file = co_await under_->open(path, io::OpenMode::read);
    if (!file) co_return file.error();
    const Result<int64_t> size = co_await (*file)->size();
    if (!size) co_return size.error();
    const auto changes = std::make_shared<Changes>();
    changes->under = path;
    changes->size = changes->visible = *size;
    files_.emplace(path, changes);
    co_return changes;
}

io::Task<Result<io::FileRef>> OverlayDisk::open(std::string path, io::OpenMode mode) {
    Result<ChangesRef> found = co_await find(path);
    const bool create = mode == io::OpenMode::create || mode == io::OpenMode::create_new;
    if (found && mode == io::OpenMode::create_new) co_return Error{Errc::already_exists, path};
    if (!found && (found.code() != Errc::not_found || !create)) co_return found.error();
    if (!found) {
        found = std::make_shared<Changes>();
        files_[path] = *found;
    }
    io::FileRef under;
    if (!(*found)->under.empty()) {
        const Result<io::FileRef> opened =
            co_await under_->open((*found)->under, io::OpenMode::read);
        if (!opened) co_return opened.error();
        under = *opened;
    }
    io::FileRef file = std::make_shared<OverlayFile>(this, *found, std::move(under));
    co_return file;
}

io::Task<Status> OverlayDisk::make_directory(std::string path) {
    const auto there = co_await list(path);
    if (!there) made_.insert(path);
    co_return Status();
}

io::Task<Status> OverlayDisk::sync_directory(std::string path) {
    const auto there = co_await list(path);
    co_return there ? Status() : Status(there.error());
}

io::Task<Status> OverlayDisk::rename(std::string from, std::string to) {
    const Result<ChangesRef> file = co_await find(from);
    if (!file) co_return file.error();
    files_[to] = *file;
    files_.erase(from);
    gone_.insert(from);
    co_return Status();
}

io::Task<Status> OverlayDisk::unlink(std::string path) {
    const Result<ChangesRef> file = co_await find(path);
    if (!file) co_return file.error();
    files_.erase(path);
    gone_.insert(path);
    co_return Status();
}

io::Task<Status> OverlayDisk::remove_directory(std::string path) {
    const auto there = co_await list(path);
    if (!there) co_return there.error();
    made_.erase(path);
    gone_.insert(path);
    co_return Status();
}

io::Task<Result<std::vector<io::DirectoryEntry>>> OverlayDisk::list(std::string path) {
    std::map<std::string, io::DirectoryEntry> entries;
    const bool made = made_.contains(path);
    Result<std::vector<io::DirectoryEntry>> beneath = std::vector<io::DirectoryEntry>();
    if (!made && gone_.contains(path)) co_return Error{Errc::not_found, path};
    if (!made) beneath = co_await under_->list(path);
    if (!beneath) co_return beneath.error();
    for (io::DirectoryEntry& entry : *beneath)
        if (!gone_.contains(path + "/" + entry.name)) entries[entry.name] = std::move(entry);
    for (const auto& [name, changes] : files_)
        if (overlay_parent_of(name) == path)
            entries[name_of(name)] = {name_of(name), false, changes->size};
    for (const std::string& name : made_)
        if (overlay_parent_of(name) == path) entries[name_of(name)] = {name_of(name), true, 0};
    std::vector<io::DirectoryEntry> out;
    out.reserve(entries.size());
    for (auto& [name, entry] : entries) out.push_back(std::move(entry));
    co_return std::move(out);
}

io::Task<Result<io::Space>> OverlayDisk::space(std::string path) {
    auto space = co_await under_->space(std::move(path));
    co_return space;
}

io::Task<Result<std::unique_ptr<io::DirectoryLock>>> OverlayDisk::lock(std::string) {
    std::unique_ptr<io::DirectoryLock> lock = std::make_unique<NoLock>();
    co_return lock;
}

}  // namespace cambium::log
