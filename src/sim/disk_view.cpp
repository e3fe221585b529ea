#include "sim/disk_view.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace cambium::sim {
namespace {

Error error(Errc code, const std::string& path) { return Error{code, path}; }

class SimFile : public io::File {
public:
    SimFile(DiskView& view, InodeRef inode, std::string path, bool writable)
        : view_(view), inode_(std::move(inode)), path_(std::move(path)), writable_(writable) {}
    SimFile(const SimFile&) = delete;
    SimFile& operator=(const SimFile&) = delete;
    ~SimFile() override { check(under_way_ == 0, path_); }

    io::Task<Result<size_t>> pread(int64_t position, MutableBytes into) override;
    io::Task<Result<size_t>> writev(int64_t position, std::span<const ByteView> pieces) override;
    io::Task<Status> datasync(io::Where where) override;
    io::Task<Status> truncate(int64_t size) override;
    io::Task<Result<int64_t>> size() override;

private:
    // Puts the first `length` bytes of the pieces into the file, as far as there is room; says how
    // many.
    size_t put(int64_t position, std::span<const ByteView> pieces, size_t length);
    void interrupted_write(int64_t position, std::span<const ByteView> pieces, size_t length);
    io::Random& random() { return view_.disk().random(); }

    DiskView& view_;
    InodeRef inode_;
    std::string path_;
    bool writable_;
    int under_way_ = 0;
};

size_t total_size(std::span<const ByteView> pieces) {
    size_t total = 0;
    for (const ByteView piece : pieces) total += piece.size();
    return total;
}

io::Task<Result<size_t>> SimFile::pread(int64_t position, MutableBytes into) {
    ++under_way_;
    const Errc code = co_await view_.carry_out(DiskOp::read, path_, {});
    --under_way_;
    if (code != Errc::none) co_return error(code, path_);
    const size_t length = inode_->file.read(position, into);
    if (length > 0 && random().chance(view_.disk().faults.flip_on_read)) {
        uint8_t& byte = into[random().below(length)];
        byte = static_cast<uint8_t>(byte ^ (1U << random().below(8)));
        view_.life().tell("disk.flip_on_read", path_, position);
    }
    view_.life().tell("disk.read", path_, position, static_cast<int64_t>(length));
    co_return length;
}

size_t SimFile::put(int64_t position, std::span<const ByteView> pieces, size_t length) {
    const int64_t quota = view_.disk().faults.quota_bytes;
    if (quota != DiskFaults{}.quota_bytes) {
        const int64_t free = std::max<int64_t>(0, quota - view_.disk().used_bytes());
        const int64_t end = std::max(position, inode_->file.size()) + free;
        length = std::min(length, static_cast<size_t>(std::max<int64_t>(0, end - position)));
    }
    size_t written = 0;
    for (const ByteView piece : pieces) {
        const ByteView part = piece.first(std::min(piece.size(), length - written));
        inode_->file.write(position + static_cast<int64_t>(written), part);
        written += part.size();
    }
    return written;
}

void SimFile::interrupted_write(int64_t position, std::span<const ByteView> pieces, size_t length) {
    put(position, pieces, random().below(length + 1));
}

io::Task<Result<size_t>> SimFile::writev(int64_t position, std::span<const ByteView> pieces) {
    check(writable_ && position >= 0, path_, position);
    size_t length = total_size(pieces);
    SimDisk::Plan plan = view_.disk().plan(DiskOp::write, path_);
    view_.queue_behind(inode_, plan);
    ++under_way_;
    const Errc code = co_await view_.carry_out(
        plan, [this, position, pieces, length] { interrupted_write(position, pieces, length); });
    --under_way_;
    if (code == Errc::cancelled) co_return error(code, path_);
    if (code != Errc::none) {
        put(position, pieces, random().below(length + 1));
        view_.life().tell("disk.write_error", path_, position, static_cast<int64_t>(length));
        co_return error(code, path_);
    }
    if (length > 1 && random().chance(view_.disk().faults.short_write))
        length = 1 + random().below(length);
    const size_t written = put(position, pieces, length);
    view_.life().tell("disk.write", path_, position, static_cast<int64_t>(written));
    view_.disk().maybe_rot();
    if (written == 0 && length > 0) co_return error(Errc::no_space, path_);
    co_return written;
}

io::Task<Status> SimFile::datasync(io::Where where) {
    SimDisk::Plan plan = view_.disk().plan(DiskOp::sync, path_);
    const FileImage::Sync sync = inode_->file.begin_sync();
    ++under_way_;
    Errc code = plan.error;
    if (where == io::Where::here && view_.life().alive()) {
        if (!plan.at_once) {
            const Errc waited = co_await view_.life().blocking(plan.delay, {});
            if (waited != Errc::none) code = waited;
        }
    } else {
        code = co_await view_.carry_out(plan, {});
    }
    --under_way_;
    view_.life().tell("disk.sync", path_, sync.size, static_cast<int64_t>(code));
    if (code == Errc::cancelled) co_return error(code, path_);
    if (code != Errc::none) {
        inode_->file.fail_sync(sync, random());
        co_return error(code, path_);
    }
    inode_->file.finish_sync(sync);
    co_return Status();
}

io::Task<Status> SimFile::truncate(int64_t size) {
    check(writable_ && size >= 0, path_, size);
    SimDisk::Plan plan = view_.disk().plan(DiskOp::truncate, path_);
    view_.queue_behind(inode_, plan);
    ++under_way_;
    const Errc code = co_await view_.carry_out(plan, [this, size] {
        if (random().chance(0.5)) inode_->file.truncate(size);
    });
    --under_way_;
    if (code != Errc::none) co_return error(code, path_);
    inode_->file.truncate(size);
    view_.life().tell("disk.truncate", path_, size);
    co_return Status();
}

io::Task<Result<int64_t>> SimFile::size() {
    ++under_way_;
    const Errc code = co_await view_.carry_out(DiskOp::size, path_, {});
    --under_way_;
    if (code != Errc::none) co_return error(code, path_);
    co_return inode_->file.size();
}

class SimLock : public io::DirectoryLock {
public:
    SimLock(SimDisk& disk, std::string path, uint64_t token)
        : disk_(disk), path_(std::move(path)), token_(token) {}
    SimLock(const SimLock&) = delete;
    SimLock& operator=(const SimLock&) = delete;
    ~SimLock() override { disk_.release_lock(path_, token_); }

private:
    SimDisk& disk_;
    std::string path_;
    uint64_t token_;
};

}  // namespace

void DiskView::queue_behind(const InodeRef& inode, SimDisk::Plan& plan) {
    io::Monotonic& last = last_write_[inode->number];
    const io::Monotonic now = life_.scheduler().now();
    if (last > now) plan.at_once = false;
    if (plan.at_once) return;
    last = std::max(last + io::Duration(1), now + plan.delay);
    plan.delay = last - now;
}

io::Task<Errc> DiskView::carry_out(SimDisk::Plan plan, io::Callback interrupted) {
    if (plan.at_once && life_.alive()) co_return plan.error;
    const Errc code = co_await life_.operation(plan.delay, std::move(interrupted));
    co_return code != Errc::none ? code : plan.error;
}

io::Task<Errc> DiskView::carry_out(DiskOp op, std::string_view path, io::Callback interrupted) {
    return carry_out(disk_.plan(op, path), std::move(interrupted));
}

Result<InodeRef> DiskView::open_now(const std::string& path, io::OpenMode mode) {
    const InodeRef found = disk_.tree().find(path);
    const bool makes = mode == io::OpenMode::create || mode == io::OpenMode::create_new;
    if (found == nullptr && makes) return disk_.tree().create(path, false);
    if (found == nullptr) return error(Errc::not_found, path);
    if (mode == io::OpenMode::create_new) return error(Errc::already_exists, path);
    if (found->directory) return error(Errc::invalid_argument, path);
    return found;
}

io::Task<Result<io::FileRef>> DiskView::open(std::string path, io::OpenMode mode) {
    const Errc code = co_await carry_out(DiskOp::open, path, [this, &path, mode] {
        if (disk_.random().chance(0.5)) (void)open_now(path, mode);
    });
    if (code != Errc::none) co_return error(code, path);
    Result<InodeRef> inode = open_now(path, mode);
    life_.tell("disk.open", path, static_cast<int64_t>(mode), static_cast<int64_t>(inode.code()));
    if (!inode) co_return inode.error();
    io::FileRef file = std::make_shared<SimFile>(*this, *inode, path, mode != io::OpenMode::read);
    co_return file;
}

io::Task<Status> DiskView::make_directory(std::string path) {
    const Errc code = co_await carry_out(DiskOp::make_directory, path, [this, &path] {
        if (disk_.random().chance(0.5)) (void)disk_.tree().create(path, true);
    });
    if (code != Errc::none) co_return error(code, path);
    const Result<InodeRef> made = disk_.tree().create(path, true);
    life_.tell("disk.make_directory", path, static_cast<int64_t>(made.code()));
    const InodeRef there = disk_.tree().find(path);
    if (there != nullptr && there->directory) co_return Status();
    co_return made.error();
}

io::Task<Status> DiskView::sync_directory(std::string path) {
    const uint64_t before = disk_.tree().begin_sync();
    const Errc code = co_await carry_out(DiskOp::sync_directory, path, {});
    if (code != Errc::none) co_return error(code, path);
    const InodeRef directory = disk_.tree().find(path);
    if (directory == nullptr || !directory->directory) co_return error(Errc::not_found, path);
    disk_.tree().finish_sync(directory, before);
    life_.tell("disk.sync_directory", path);
    co_return Status();
}

io::Task<Status> DiskView::rename(std::string from, std::string to) {
    const Errc code = co_await carry_out(DiskOp::rename, to, [this, &from, &to] {
        if (disk_.random().chance(0.5)) (void)disk_.tree().rename(from, to);
    });
    if (code != Errc::none) co_return error(code, from);
    Status status = disk_.tree().rename(from, to);
    life_.tell("disk.rename", to, static_cast<int64_t>(status.code()));
    co_return status;
}

io::Task<Status> DiskView::unlink(std::string path) {
    const Errc code = co_await carry_out(DiskOp::unlink, path, [this, &path] {
        if (disk_.random().chance(0.5)) (void)disk_.tree().unlink(path);
    });
    if (code != Errc::none) co_return error(code, path);
    Status status = disk_.tree().unlink(path);
    life_.tell("disk.unlink", path, static_cast<int64_t>(status.code()));
    co_return status;
}

io::Task<Status> DiskView::remove_directory(std::string path) {
    const Errc code = co_await carry_out(DiskOp::remove_directory, path, {});
    if (code != Errc::none) co_return error(code, path);
    Status status = disk_.tree().remove_directory(path);
    life_.tell("disk.remove_directory", path, static_cast<int64_t>(status.code()));
    co_return status;
}

io::Task<Result<std::vector<io::DirectoryEntry>>> DiskView::list(std::string path) {
    const Errc code = co_await carry_out(DiskOp::list, path, {});
    if (code != Errc::none) co_return error(code, path);
    const InodeRef directory = disk_.tree().find(path);
    if (directory == nullptr || !directory->directory) co_return error(Errc::not_found, path);
    std::vector<io::DirectoryEntry> entries;
    for (const auto& [name, inode] : directory->entries) {
        entries.push_back({name, inode->directory, inode->file.size()});
    }
    co_return entries;
}

io::Task<Result<io::Space>> DiskView::space(std::string path) {
    const Errc code = co_await carry_out(DiskOp::space, path, {});
    if (code != Errc::none) co_return error(code, path);
    constexpr int64_t disk_bytes = int64_t{1} << 40;
    const int64_t total = std::min(disk_bytes, disk_.faults.quota_bytes);
    co_return io::Space{total, std::max<int64_t>(0, total - disk_.used_bytes())};
}

io::Task<Result<std::unique_ptr<io::DirectoryLock>>> DiskView::lock(std::string path) {
    const Errc code = co_await carry_out(DiskOp::lock, path, {});
    if (code != Errc::none) co_return error(code, path);
    const Result<InodeRef> file = open_now(path, io::OpenMode::create);
    if (!file) co_return file.error();
    if (!disk_.take_lock(path, life_.token())) co_return error(Errc::directory_locked, path);
    std::unique_ptr<io::DirectoryLock> held = std::make_unique<SimLock>(disk_, path, life_.token());
    co_return held;
}

}  // namespace cambium::sim
