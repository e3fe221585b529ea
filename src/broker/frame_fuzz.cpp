// Any stream of bytes, cut where the input says: the frames are those that a plain reading of the
// whole stream gives, nothing is taken behind a size that cannot be, and room is asked for only
// as far as the frame says and its beginning has come. Every frame is then read as a request.
//
// The first byte is the largest piece that is fed, the second says whether bodies are filled in
// place.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.hpp"
#include "broker/frame.hpp"
#include "bytes/endian.hpp"
#include "wire/header.hpp"

namespace {

using namespace cambium;
using broker::FrameCutter;
using State = FrameCutter::State;

constexpr size_t limit = 6000;

// The frames of `stream`, the plain way.
std::vector<ByteView> frames_of(ByteView stream) {
    std::vector<ByteView> frames;
    while (stream.size() >= FrameCutter::size_bytes) {
        const int64_t size = load_big<int32_t>(stream.data());
        stream = stream.subspan(FrameCutter::size_bytes);
        if (size <= 0 || size > static_cast<int64_t>(limit)) break;
        if (stream.size() < static_cast<size_t>(size)) break;
        frames.push_back(stream.first(static_cast<size_t>(size)));
        stream = stream.subspan(static_cast<size_t>(size));
    }
    return frames;
}

size_t feed(FrameCutter& cutter, ByteView part, bool in_place) {
    if (!in_place || cutter.state() != State::body) return cutter.feed(part);
    const MutableBytes into = cutter.space();
    check(!into.empty());
    const size_t count = std::min(into.size(), part.size());
    std::copy_n(part.begin(), count, into.begin());
    cutter.filled(count);
    return count;
}

void give_room(FrameCutter& cutter) {
    const auto whole = static_cast<size_t>(cutter.frame_size());
    const bool begun = cutter.received() > 0;
    check(cutter.room_bytes() == (begun ? whole : std::min(whole, FrameCutter::beginning_bytes)));
    check(!begun || cutter.received() == FrameCutter::beginning_bytes, cutter.received());
    cutter.give_room();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) return 0;
    const size_t piece = size_t{data[0]} + 1;
    const bool in_place = (data[1] & 1) != 0;
    ByteView stream(data + 2, size - 2);
    const std::vector<ByteView> expected = frames_of(stream);
    FrameCutter cutter(limit);
    size_t seen = 0;
    while (!stream.empty() && cutter.state() != State::broken) {
        stream =
            stream.subspan(feed(cutter, stream.first(std::min(piece, stream.size())), in_place));
        if (cutter.state() == State::room) give_room(cutter);
        if (cutter.state() != State::frame) continue;
        const Buffer frame = cutter.take_frame();
        check(seen < expected.size() && same(frame.view(), expected[seen]), seen);
        ++seen;
        (void)wire::parse_request(frame.view()).ok();
    }
    check(seen == expected.size(), seen, expected.size());
    return 0;
}
