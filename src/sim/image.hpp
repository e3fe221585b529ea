// The bytes of one simulated file: what reads see (`now`), and what a power cut is certain to leave
// (`durable`).
//
// Pages of 4 KiB are dirty from a write until a sync that began after it succeeded. A failed sync
// makes them `abandoned`: clean for every later sync, but not durable (fsyncgate, 2018).
// lose_power() decides each page that is dirty or abandoned by itself: kept, as before, or torn
// between the two at 512 B; the file's size becomes anything it was since the last sync.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "bytes/bytes.hpp"
#include "io/random.hpp"

namespace cambium::sim {

inline constexpr int64_t page_bytes = 4096;
inline constexpr int64_t sector_bytes = 512;

// How a power cut treats what was not synced, drawn once per cut.
struct PowerCut {
    double keep = 0.5;      // chance of each page and directory entry
    double torn = 0.2;      // chance of a page that would be kept or lost to be torn instead
    bool in_order = false;  // directory changes are lost only from some point on, as a journal does
    [[nodiscard]] static PowerCut draw(io::Random& random);
};

class FileImage {
public:
    // What one sync will make durable: the dirty pages as they were when it began.
    struct Sync {
        uint64_t version = 0;
        int64_t size = 0;
        std::map<int64_t, std::vector<uint8_t>> pages;
    };

    [[nodiscard]] int64_t size() const { return static_cast<int64_t>(now_.size()); }
    [[nodiscard]] const std::vector<uint8_t>& now() const { return now_; }
    [[nodiscard]] const std::vector<uint8_t>& durable() const { return durable_; }

    [[nodiscard]] size_t read(int64_t position, MutableBytes into) const;
    void write(int64_t position, ByteView bytes);
    void truncate(int64_t size);

    [[nodiscard]] Sync begin_sync() const;
    void finish_sync(const Sync& sync);
    void fail_sync(const Sync& sync, io::Random& random);

    void lose_power(const PowerCut& cut, io::Random& random);
    // For tests: everything is durable, whatever happened before.
    void settle();
    // Changes both images, as a bit that rots on the medium.
    void flip_bit(int64_t bit);

private:
    void touch(int64_t from, int64_t to);
    void resized();
    [[nodiscard]] int64_t drawn_size(io::Random& random) const;
    [[nodiscard]] std::vector<uint8_t> page(const std::vector<uint8_t>& image, int64_t index) const;

    std::vector<uint8_t> now_;
    std::vector<uint8_t> durable_;
    uint64_t version_ = 0;                             // of the last change
    uint64_t durable_version_ = 0;                     // of the newest sync that succeeded
    std::map<int64_t, uint64_t> dirty_;                // page -> version of its last change
    std::set<int64_t> abandoned_;                      // pages
    std::vector<std::pair<uint64_t, int64_t>> sizes_;  // (version, size) since the last sync
};

}  // namespace cambium::sim
