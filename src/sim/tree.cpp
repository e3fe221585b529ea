#include "sim/tree.hpp"

#include <functional>
#include <ranges>
#include <utility>

namespace cambium::sim {
namespace {

std::vector<std::string_view> parts_of(std::string_view path) {
    std::vector<std::string_view> parts;
    while (!path.empty()) {
        const size_t slash = path.find('/');
        const std::string_view part = path.substr(0, slash);
        if (!part.empty() && part != ".") parts.push_back(part);
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    }
    return parts;
}

InodeRef walk(InodeRef at, const std::vector<std::string_view>& parts, bool durable) {
    for (const std::string_view part : parts) {
        if (at == nullptr || !at->directory) return nullptr;
        const auto& entries = durable ? at->durable_entries : at->entries;
        const auto found = entries.find(part);
        at = found == entries.end() ? nullptr : found->second;
    }
    return at;
}

Error error(Errc code, std::string_view path) { return Error{code, std::string(path)}; }

void collect(const InodeRef& directory, const std::string& prefix,
             std::vector<std::pair<std::string, InodeRef>>& into) {
    for (const auto& [name, inode] : directory->entries) {
        std::string path = prefix;
        if (!path.empty()) path += '/';
        path += name;
        if (inode->directory) collect(inode, path, into);
        else into.emplace_back(path, inode);
    }
}

// Every inode that is reachable under its visible name, once.
void each(const InodeRef& inode, const std::function<void(Inode&)>& visit) {
    visit(*inode);
    for (const auto& [name, child] : inode->entries) each(child, visit);
}

}  // namespace

Tree::Tree() : root_(std::make_shared<Inode>()) { root_->directory = true; }

InodeRef Tree::find(std::string_view path) const { return walk(root_, parts_of(path), false); }
InodeRef Tree::find_durable(std::string_view path) const {
    return walk(root_, parts_of(path), true);
}

Tree::Place Tree::place(std::string_view path) const {
    std::vector<std::string_view> parts = parts_of(path);
    if (parts.empty()) return {};
    const std::string name(parts.back());
    parts.pop_back();
    InodeRef directory = walk(root_, parts, false);
    if (directory != nullptr && !directory->directory) directory = nullptr;
    return {std::move(directory), name};
}

void Tree::apply(const ChangeSet& set) {
    for (const Change& change : set.changes) {
        if (change.target != nullptr)
            change.directory->durable_entries[change.name] = change.target;
        else change.directory->durable_entries.erase(change.name);
    }
}

void Tree::change(std::vector<Change> changes, InodeRef emptied) {
    for (const Change& change : changes) {
        if (change.target != nullptr) change.directory->entries[change.name] = change.target;
        else change.directory->entries.erase(change.name);
    }
    pending_.push_back({next_change_++, std::move(changes), std::move(emptied)});
}

Result<InodeRef> Tree::create(std::string_view path, bool directory) {
    Place at = place(path);
    if (at.directory == nullptr) return error(Errc::not_found, path);
    if (at.directory->entries.contains(at.name)) return error(Errc::already_exists, path);
    auto inode = std::make_shared<Inode>();
    inode->number = next_inode_++;
    inode->directory = directory;
    change({{at.directory, at.name, inode}});
    return inode;
}

Status Tree::rename(std::string_view from, std::string_view to) {
    Place source = place(from);
    Place target = place(to);
    if (source.directory == nullptr || target.directory == nullptr)
        return error(Errc::not_found, from);
    const auto found = source.directory->entries.find(source.name);
    if (found == source.directory->entries.end()) return error(Errc::not_found, from);
    const InodeRef moved = found->second;
    const auto replaced = target.directory->entries.find(target.name);
    InodeRef emptied;
    if (replaced != target.directory->entries.end()) {
        if (replaced->second == moved) return {};
        const bool kinds_differ = replaced->second->directory != moved->directory;
        if (kinds_differ || !replaced->second->entries.empty())
            return error(Errc::already_exists, to);
        emptied = replaced->second;
    }
    change({{source.directory, source.name, nullptr}, {target.directory, target.name, moved}},
           emptied);
    return {};
}

Status Tree::unlink(std::string_view path) {
    Place at = place(path);
    const InodeRef inode = find(path);
    if (at.directory == nullptr || inode == nullptr) return error(Errc::not_found, path);
    if (inode->directory) return error(Errc::invalid_argument, path);
    change({{at.directory, at.name, nullptr}});
    return {};
}

Status Tree::remove_directory(std::string_view path) {
    Place at = place(path);
    const InodeRef inode = find(path);
    if (at.directory == nullptr || inode == nullptr) return error(Errc::not_found, path);
    if (!inode->directory || !inode->entries.empty()) return error(Errc::already_exists, path);
    change({{at.directory, at.name, nullptr}}, inode);
    return {};
}

bool Tree::builds_on(const ChangeSet& later, const ChangeSet& earlier) {
    for (const Change& old : earlier.changes) {
        if (later.emptied != nullptr && old.directory == later.emptied) return true;
        for (const Change& fresh : later.changes) {
            if (fresh.directory == old.directory && fresh.name == old.name) return true;
        }
    }
    return false;
}

// The sets that touch the directory, and whatever those build on.
void Tree::finish_sync(const InodeRef& directory, uint64_t before) {
    std::vector<bool> chosen(pending_.size(), false);
    for (size_t i = pending_.size(); i-- > 0;) {
        if (pending_[i].number >= before) continue;
        for (const Change& change : pending_[i].changes) {
            if (change.directory == directory) chosen[i] = true;
        }
        for (size_t j = i + 1; j < pending_.size() && !chosen[i]; ++j) {
            chosen[i] = chosen[j] && builds_on(pending_[j], pending_[i]);
        }
    }
    std::vector<ChangeSet> left;
    for (size_t i = 0; i < pending_.size(); ++i) {
        if (chosen[i]) apply(pending_[i]);
        else left.push_back(std::move(pending_[i]));
    }
    pending_ = std::move(left);
}

void Tree::lose_power(const PowerCut& cut, io::Random& random) {
    std::vector<const ChangeSet*> dropped;
    for (const ChangeSet& set : pending_) {
        bool kept = random.chance(cut.keep) && (dropped.empty() || !cut.in_order);
        for (const ChangeSet* lost : dropped) kept = kept && !builds_on(set, *lost);
        if (kept) apply(set);
        else dropped.push_back(&set);
    }
    pending_.clear();
    // From here on what is durable is all there is. A directory's own names follow before its
    // children are visited.
    each(root_, [&](Inode& inode) {
        inode.entries = inode.durable_entries;
        if (!inode.directory) inode.file.lose_power(cut, random);
    });
}

void Tree::settle() {
    pending_.clear();
    each(root_, [](Inode& inode) {
        inode.durable_entries = inode.entries;
        inode.file.settle();
    });
}

void Tree::settle_names(std::string_view path) {
    InodeRef at = root_;
    for (const std::string_view part : parts_of(path)) {
        if (at == nullptr || !at->directory) return;
        finish_sync(at, begin_sync());
        const auto found = at->entries.find(part);
        at = found == at->entries.end() ? nullptr : found->second;
    }
}

std::vector<std::pair<std::string, InodeRef>> Tree::files() const {
    std::vector<std::pair<std::string, InodeRef>> out;
    collect(root_, "", out);
    return out;
}

Tree Tree::clone() const {
    std::map<const Inode*, InodeRef> copies;  // looked up only, never walked
    const std::function<InodeRef(const InodeRef&)> copy = [&](const InodeRef& from) -> InodeRef {
        if (from == nullptr) return nullptr;
        if (const auto found = copies.find(from.get()); found != copies.end()) return found->second;
        const InodeRef to = copies[from.get()] = std::make_shared<Inode>();
        to->number = from->number, to->directory = from->directory, to->file = from->file;
        for (const auto& [name, child] : from->entries) to->entries[name] = copy(child);
        for (const auto& [name, child] : from->durable_entries)
            to->durable_entries[name] = copy(child);
        return to;
    };
    Tree out;
    out.root_ = copy(root_);
    out.next_inode_ = next_inode_, out.next_change_ = next_change_;
    for (const ChangeSet& set : pending_) {
        ChangeSet& twin = out.pending_.emplace_back(ChangeSet{set.number, {}, copy(set.emptied)});
        for (const Change& change : set.changes) {
            twin.changes.push_back({copy(change.directory), change.name, copy(change.target)});
        }
    }
    return out;
}

}  // namespace cambium::sim
