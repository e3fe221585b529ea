#include "sim/disk.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.hpp"

namespace cambium::sim {

std::string_view name(DiskOp op) {
    constexpr std::array<std::string_view, 14> names{"disk.open",
                                                     "disk.read",
                                                     "disk.write",
                                                     "disk.sync",
                                                     "disk.truncate",
                                                     "disk.size",
                                                     "disk.make_directory",
                                                     "disk.sync_directory",
                                                     "disk.rename",
                                                     "disk.unlink",
                                                     "disk.remove_directory",
                                                     "disk.list",
                                                     "disk.space",
                                                     "disk.lock"};
    return names[static_cast<size_t>(op)];
}

void SimDisk::fail_next(DiskOp op, std::string path_suffix, Errc code, int times) {
    scripts_.push_back({op, std::move(path_suffix), code, io::Duration(0), times});
}

void SimDisk::stall_next(DiskOp op, std::string path_suffix, io::Duration time) {
    scripts_.push_back({op, std::move(path_suffix), Errc::none, time, 1});
}

void SimDisk::move(std::string_view from, std::string_view to) {
    const Status moved = tree_.rename(from, to);
    check(moved.ok(), from, to);
    tree_.settle_names(to);
}

std::vector<std::string> SimDisk::files() const {
    std::vector<std::string> out;
    for (auto& [path, inode] : tree_.files()) out.push_back(path);
    return out;
}

std::optional<std::vector<uint8_t>> SimDisk::read_file(std::string_view path) const {
    const InodeRef inode = tree_.find(path);
    if (inode == nullptr || inode->directory) return std::nullopt;
    return inode->file.now();
}

std::optional<std::vector<uint8_t>> SimDisk::durable_file(std::string_view path) const {
    const InodeRef inode = tree_.find_durable(path);
    if (inode == nullptr || inode->directory) return std::nullopt;
    return inode->file.durable();
}

void SimDisk::write_file(std::string_view path, ByteView bytes) {
    for (size_t slash = path.find('/', 1); slash != std::string_view::npos;
         slash = path.find('/', slash + 1)) {
        if (tree_.find(path.substr(0, slash)) == nullptr)
            (void)*tree_.create(path.substr(0, slash), true);
    }
    InodeRef inode = tree_.find(path);
    if (inode == nullptr) inode = *tree_.create(path, false);
    inode->file.truncate(0);
    inode->file.write(0, bytes);
    inode->file.settle();
    tree_.settle_names(path);
}

void SimDisk::remove_file(std::string_view path) {
    check(tree_.unlink(path).ok(), path);
    tree_.settle_names(path);
}

void SimDisk::truncate_file(std::string_view path, int64_t size) {
    const InodeRef inode = tree_.find(path);
    check(inode != nullptr, path);
    inode->file.truncate(size);
    inode->file.settle();
}

void SimDisk::flip_bit(std::string_view path, int64_t bit) {
    const InodeRef inode = tree_.find(path);
    check(inode != nullptr, path);
    inode->file.flip_bit(bit);
}

SimDisk SimDisk::clone() const {
    SimDisk copy(faults, random_);
    copy.tree_ = tree_.clone();
    copy.scripts_ = scripts_;
    copy.broken_ = broken_;
    return copy;
}

void SimDisk::lose_power() {
    const PowerCut cut = PowerCut::draw(random_);
    tree_.lose_power(cut, random_);
    locks_.clear();
}

double SimDisk::error_rate(DiskOp op) const {
    switch (op) {
        case DiskOp::read: return faults.read_error;
        case DiskOp::write: return faults.write_error;
        case DiskOp::sync:
        case DiskOp::sync_directory: return faults.sync_error;
        case DiskOp::size:
        case DiskOp::space: return 0;
        default: return faults.other_error;
    }
}

SimDisk::Plan SimDisk::plan(DiskOp op, std::string_view path) {
    Plan plan;
    plan.at_once = random_.chance(faults.inline_completion);
    const uint64_t scale = random_.below(8);
    plan.delay = io::Duration(random_.between(0, faults.delay_max.count() >> scale));
    if (random_.chance(faults.stall)) {
        plan.at_once = false;
        plan.delay += io::Duration(random_.between(0, faults.stall_max.count()));
    }
    if (random_.chance(error_rate(op))) plan.error = Errc::io_error;
    for (const auto& [broken, code] : broken_) {
        const bool below = path.starts_with(broken) &&
                           (path.size() == broken.size() || path[broken.size()] == '/');
        if (below) plan.error = code;
    }
    const auto found = std::ranges::find_if(scripts_, [&](const Script& script) {
        return script.op == op && path.ends_with(script.suffix);
    });
    if (found == scripts_.end()) return plan;
    if (found->error != Errc::none) plan.error = found->error;
    if (found->stall.count() > 0) plan.at_once = false, plan.delay = found->stall;
    if (--found->times == 0) scripts_.erase(found);
    return plan;
}

int64_t SimDisk::used_bytes() const {
    int64_t used = 0;
    for (const auto& [path, inode] : tree_.files()) used += inode->file.size();
    return used;
}

void SimDisk::maybe_rot() {
    if (!random_.chance(faults.flip_at_rest)) return;
    const auto files = tree_.files();
    const InodeRef inode = files.empty() ? nullptr : files[random_.below(files.size())].second;
    if (inode == nullptr || inode->file.size() == 0) return;
    inode->file.flip_bit(random_.between(0, inode->file.size() * 8 - 1));
}

bool SimDisk::take_lock(const std::string& path, uint64_t token) {
    return locks_.emplace(path, token).second;
}

void SimDisk::release_lock(const std::string& path, uint64_t token) {
    const auto found = locks_.find(path);
    if (found != locks_.end() && found->second == token) locks_.erase(found);
}

}  // namespace cambium::sim
