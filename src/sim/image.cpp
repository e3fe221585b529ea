#include "sim/image.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"

namespace cambium::sim {
namespace {

int64_t pages_of(int64_t size) { return (size + page_bytes - 1) / page_bytes; }

// Copies `from` over the page that starts at `start`, as far as `image` reaches.
void put(std::vector<uint8_t>& image, int64_t start, ByteView from) {
    const int64_t size = static_cast<int64_t>(image.size());
    if (start >= size) return;
    const int64_t length = std::min(static_cast<int64_t>(from.size()), size - start);
    std::copy_n(from.begin(), length, image.begin() + start);
}

}  // namespace

PowerCut PowerCut::draw(io::Random& random) {
    constexpr std::array<double, 5> chances{0, 0.1, 0.5, 0.9, 1};
    PowerCut cut;
    cut.keep = chances[random.below(chances.size())];
    cut.torn = random.chance(0.5) ? 0.2 : 0;
    cut.in_order = random.chance(0.3);
    return cut;
}

size_t FileImage::read(int64_t position, MutableBytes into) const {
    if (position < 0 || position >= size()) return 0;
    const int64_t length = std::min(static_cast<int64_t>(into.size()), size() - position);
    std::copy_n(now_.begin() + position, length, into.begin());
    return static_cast<size_t>(length);
}

void FileImage::touch(int64_t from, int64_t to) {
    ++version_;
    for (int64_t at = from / page_bytes; at < pages_of(to); ++at) {
        dirty_[at] = version_;
        abandoned_.erase(at);
    }
}

void FileImage::resized() { sizes_.emplace_back(version_, size()); }

void FileImage::write(int64_t position, ByteView bytes) {
    check(position >= 0, position);
    if (bytes.empty()) return;
    const int64_t end = position + static_cast<int64_t>(bytes.size());
    const int64_t before = size();
    touch(std::min(position, before), end);
    if (end > before) now_.resize(static_cast<size_t>(end)), resized();
    std::ranges::copy(bytes, now_.begin() + position);
}

void FileImage::truncate(int64_t to) {
    check(to >= 0, to);
    const int64_t before = size();
    if (to == before) return;
    touch(std::min(to, before), std::max(to, before));
    now_.resize(static_cast<size_t>(to));
    resized();
}

std::vector<uint8_t> FileImage::page(const std::vector<uint8_t>& image, int64_t index) const {
    std::vector<uint8_t> out(page_bytes, 0);
    const int64_t start = index * page_bytes;
    const int64_t size = static_cast<int64_t>(image.size());
    if (start < size)
        std::copy_n(image.begin() + start, std::min(page_bytes, size - start), out.begin());
    return out;
}

FileImage::Sync FileImage::begin_sync() const {
    Sync sync{version_, size(), {}};
    for (const auto& [index, version] : dirty_) sync.pages.emplace(index, page(now_, index));
    return sync;
}

void FileImage::finish_sync(const Sync& sync) {
    if (sync.version < durable_version_)
        return;  // a younger sync has made all of it durable already
    durable_version_ = sync.version;
    durable_.resize(static_cast<size_t>(sync.size));
    for (const auto& [index, bytes] : sync.pages) {
        put(durable_, index * page_bytes, bytes);
        const auto found = dirty_.find(index);
        if (found != dirty_.end() && found->second <= sync.version) dirty_.erase(found);
    }
    std::erase_if(sizes_, [&](const auto& entry) { return entry.first <= sync.version; });
}

void FileImage::fail_sync(const Sync& sync, io::Random& random) {
    for (const auto& [index, bytes] : sync.pages) {
        const auto found = dirty_.find(index);
        if (found == dirty_.end() || found->second > sync.version) continue;
        dirty_.erase(found);
        abandoned_.insert(index);
        // A clean page may leave the cache; the next read then brings what the medium has.
        if (random.chance(0.5)) put(now_, index * page_bytes, page(durable_, index));
    }
}

int64_t FileImage::drawn_size(io::Random& random) const {
    int64_t low = static_cast<int64_t>(durable_.size());
    int64_t high = low;
    for (const auto& [version, size] : sizes_)
        low = std::min(low, size), high = std::max(high, size);
    switch (random.below(4)) {
        case 0: return static_cast<int64_t>(durable_.size());
        case 1: return sizes_.empty() ? low : sizes_.back().second;
        default: return random.between(low, high);
    }
}

void FileImage::lose_power(const PowerCut& cut, io::Random& random) {
    std::vector<uint8_t> left = durable_;
    left.resize(static_cast<size_t>(drawn_size(random)));
    std::set<int64_t> undecided = abandoned_;
    for (const auto& [index, version] : dirty_) undecided.insert(index);
    for (const int64_t index : undecided) {
        const std::vector<uint8_t> fresh = page(now_, index);
        const bool torn = random.chance(cut.torn);
        const bool kept = random.chance(cut.keep);
        if (!torn && kept) put(left, index * page_bytes, fresh);
        for (int64_t at = 0; torn && at < page_bytes; at += sector_bytes) {
            const ByteView sector = ByteView(fresh).subspan(static_cast<size_t>(at), sector_bytes);
            if (random.chance(0.5)) put(left, index * page_bytes + at, sector);
        }
    }
    now_ = std::move(left);
    settle();
}

void FileImage::settle() {
    durable_ = now_;
    durable_version_ = version_;
    dirty_.clear();
    abandoned_.clear();
    sizes_.clear();
}

void FileImage::flip_bit(int64_t bit) {
    const size_t at = static_cast<size_t>(bit / 8);
    const uint8_t mask = static_cast<uint8_t>(1U << (bit % 8));
    if (at < now_.size()) now_[at] = static_cast<uint8_t>(now_[at] ^ mask);
    if (at < durable_.size()) durable_[at] = static_cast<uint8_t>(durable_[at] ^ mask);
}

}  // namespace cambium::sim
