// What was read from files of late, in memory until it is sent.
//
// A read that does not find its batches in the tail cache reads them to check them; they stay here,
// so that they are not read again when the socket takes them, and what a socket took only a part of
// is not read again either. Bytes of a file that lie below its written end never change, so nothing
// here becomes wrong. Over all files blocks are bounded by `limit`; the one that nobody looked at
// for longest leaves first, and who wanted it reads it again: a reader that does not read pins
// nothing. The memory of blocks is used again, because fresh memory costs more than what is done
// with it. Blocks that nobody looked at for two ticks are released. One loop. A view is valid until
// the next call of a function that is not const.
//
// What was read before anybody asked (log/read_ahead.hpp) lies here too, apart: it is checked in
// part or not at all, so it is given to who checks the rest and to nobody else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <utility>

#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"

namespace cambium::log {

class ReadCache {
public:
    // Memory is taken in multiples of this.
    static constexpr size_t grain_bytes = size_t{64} << 10;

    explicit ReadCache(int64_t limit) : limit_(limit) {}
    ReadCache(const ReadCache&) = delete;
    ReadCache& operator=(const ReadCache&) = delete;

    // Empty memory for at least `bytes`: that of the oldest block when there is no room for more.
    [[nodiscard]] Buffer take(size_t bytes);
    // `block` holds the bytes of `file` from `position` on. It is found until something newer needs
    // its room, and at least until the next call here.
    void keep(uint64_t file, int64_t position, Buffer block);
    // Who read up to `end` of `file` asks for what follows, and so has got what was before: that
    // block leaves first, and its memory, which the processor's caches still know, is given next.
    void passed(uint64_t file, int64_t end);
    // The bytes from `position` of `file` that one block holds, at most `length`; empty when none
    // does.
    [[nodiscard]] ByteView find(uint64_t file, int64_t position, int64_t length);

    // What was read ahead, of which so many bytes from its beginning are batches that were checked.
    struct Ahead {
        Buffer bytes;
        size_t checked = 0;
    };
    // What there is no room for is dropped.
    void keep_ahead(uint64_t file, int64_t position, Ahead block);
    // Such a block that begins there, which is then here no longer; empty when there is none.
    [[nodiscard]] Ahead take_ahead(uint64_t file, int64_t position);
    [[nodiscard]] bool has_ahead(uint64_t file, int64_t position) const;
    [[nodiscard]] size_t blocks_ahead() const { return ahead_.size(); }

    // All that was ever kept.
    [[nodiscard]] int64_t bytes_read() const { return bytes_read_; }
    // All memory held.
    [[nodiscard]] int64_t bytes() const { return bytes_; }
    // Time passes; see above. False when nothing is held any more.
    bool tick();

private:
    using Key = std::pair<uint64_t, int64_t>;  // file, position
    struct Block {
        Key key;
        uint64_t touched = 0;  // the tick in which somebody looked at it
        bool passed = false;   // and nobody has looked since
        Buffer bytes;
        size_t checked = 0;  // of one that was read ahead
    };
    using Blocks = std::list<Block>;  // the one that was looked at last is the last

    // Takes it out.
    Buffer remove(Blocks::iterator block);
    Buffer remove_ahead(Blocks::iterator block);
    [[nodiscard]] Blocks::iterator find_ahead(uint64_t file, int64_t position);

    int64_t limit_;
    int64_t bytes_ = 0;
    int64_t bytes_read_ = 0;
    uint64_t tick_ = 0;
    Blocks blocks_;
    Blocks ahead_;
    std::map<Key, Blocks::iterator> by_key_;
};

}  // namespace cambium::log
