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
        if (cutter.state() == State::room) cutter.give_room();
        if (cutter.state() == State::frame) frames.emplace_back(cutter.take_frame().text());
    }
    return frames;
}

TEST_CASE("frames_come_out_as_they_went_in_however_the_stream_is_cut") {
    const std::vector<std::string> frames{"a",
                                          std::string(1000, 'b'),
                                          "ccc",
                                          std::string(9000, 'd'),
                                          std::string(FrameCutter::beginning_bytes, 'e'),
                                          std::string(FrameCutter::beginning_bytes + 1, 'f'),
                                          std::string(70, 'g')};
    const Buffer bytes = framed(frames);
    for (size_t piece = 1; piece < 10'000; piece += piece < 20 ? 1 : 97) {
        for (const bool direct : {false, true}) {
            FrameCutter cutter(10'000);
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
    cutter.give_room();
    CHECK(cutter.feed(bytes.view().subspan(4)) == 3);
    CHECK(cutter.state() == State::frame);
    CHECK(cutter.feed(bytes.view()) == 0);
    CHECK(cutter.take_frame().text() == "abc");
}

TEST_CASE("a_long_frame_asks_for_all_of_its_room_once_its_beginning_is_there") {
    FrameCutter cutter(100'000);
    const Buffer bytes = framed({std::string(100'000, 'x')});
    CHECK(cutter.feed(bytes.view()) == 4);
    CHECK(cutter.room_bytes() == FrameCutter::beginning_bytes);
    cutter.give_room();
    const ByteView body = bytes.view().subspan(4);
    CHECK(cutter.feed(body) == FrameCutter::beginning_bytes);
    CHECK(cutter.state() == State::room);
    CHECK(cutter.room_bytes() == 100'000);
    CHECK(cutter.feed(body.subspan(FrameCutter::beginning_bytes)) == 0);
    cutter.give_room();
    CHECK(cutter.feed(body.subspan(FrameCutter::beginning_bytes)) ==
          100'000 - FrameCutter::beginning_bytes);
    CHECK(cutter.take_frame().text() == std::string(100'000, 'x'));
    CHECK(cutter.received() == 0);
}

}  // namespace
}  // namespace cambium::broker
