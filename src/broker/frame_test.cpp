#include "broker/frame.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "bytes/cursor.hpp"
#include "io/random.hpp"

namespace cambium::broker {
namespace {

using State = FrameCutter::State;

Buffer framed(const std::vector<std::string>& frames) {
    Buffer out;
    Writer writer(out);
    for (const std::string& frame : frames) {
        writer.big(static_cast<int32_t>(frame.size()));
        writer.text(frame);
    }
    return out;
}

// Everything that `bytes`, cut into pieces of at most `piece`, holds.
std::vector<std::string> cut(FrameCutter& cutter, ByteView bytes, size_t piece, bool direct) {
    std::vector<std::string> frames;
    while (!bytes.empty()) {
        ByteView part = bytes.first(std::min(piece, bytes.size()));
        if (direct && cutter.state() == State::body) {
            const MutableBytes into = cutter.space();
            const size_t count = std::min(into.size(), part.size());
            std::copy_n(part.begin(), count, into.begin());
            cutter.filled(count);
            bytes = bytes.subspan(count);
        } else {
            bytes = bytes.subspan(cutter.feed(part));
        }
        if (cutter.state() == State::broken) return frames;
        if (cutter.state() == State::room) cutter.give_room(Buffer());
        if (cutter.state() == State::frame) frames.emplace_back(cutter.take_frame().text());
    }
    return frames;
}

TEST_CASE("frames_come_out_as_they_went_in_however_the_stream_is_cut") {
    const std::vector<std::string> frames{"a", std::string(1000, 'b'), "ccc", std::string(70, 'd')};
    const Buffer bytes = framed(frames);
    for (size_t piece = 1; piece < 1100; piece += piece < 20 ? 1 : 97) {
        for (const bool direct : {false, true}) {
            FrameCutter cutter(1000);
            CHECK(cut(cutter, bytes.view(), piece, direct) == frames);
            CHECK(cutter.between_frames());
        }
    }
}

TEST_CASE(
    "a_size_that_is_not_positive_or_above_the_limit_breaks_the_stream_before_there_is_memory") {
    for (const int32_t size : {0, -1, 1001, INT32_MIN, INT32_MAX}) {
        FrameCutter cutter(1000);
        Buffer bytes;
        Writer(bytes).big(size);
        CHECK(cutter.feed(bytes.view()) == 4);
        CHECK(cutter.state() == State::broken);
        CHECK(cutter.frame_size() == size);
        CHECK(cutter.feed(bytes.view()) == 0);
    }
}

TEST_CASE("nothing_is_taken_while_room_is_missing_or_a_frame_is_not_fetched") {
    FrameCutter cutter(10);
    const Buffer bytes = framed({"abc"});
    CHECK(cutter.feed(bytes.view()) == 4);
    CHECK(cutter.state() == State::room);
    CHECK(cutter.feed(bytes.view()) == 0);
    cutter.give_room(Buffer());
    CHECK(cutter.feed(bytes.view().subspan(4)) == 3);
    CHECK(cutter.state() == State::frame);
    CHECK(cutter.feed(bytes.view()) == 0);
    CHECK(cutter.take_frame().text() == "abc");
}

}  // namespace
}  // namespace cambium::broker
