#include "client/frame_reader.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "bytes/cursor.hpp"
#include "io/random.hpp"

namespace {

using cambium::Buffer;
using cambium::ByteView;
using cambium::Errc;
using cambium::client::FrameReader;

void feed(FrameReader& reader, ByteView bytes) {
    while (!bytes.empty()) {
        const auto space = reader.space();
        REQUIRE_FALSE(space.empty());
        const size_t count = std::min(space.size(), bytes.size());
        std::memcpy(space.data(), bytes.data(), count);
        reader.filled(count);
        bytes = bytes.subspan(count);
    }
}

TEST_CASE("frames come out whole and in order, however the bytes are cut") {
    for (uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        cambium::io::Random random(seed);
        Buffer stream;
        cambium::Writer writer(stream);
        std::vector<std::string> sent;
        for (uint64_t i = random.below(8) + 1; i > 0; --i) {
            sent.emplace_back(random.below(random.chance(0.2) ? 100'000 : 50), 'x');
            writer.big(static_cast<int32_t>(sent.back().size()));
            writer.text(sent.back());
        }
        FrameReader reader(1 << 20);
        std::vector<std::string> seen;
        for (size_t at = 0; at < stream.size();) {
            const size_t part = std::min<size_t>(stream.size() - at,
                                                 random.below(random.chance(0.5) ? 5 : 70'000) + 1);
            feed(reader, stream.view().subspan(at, part));
            at += part;
            while (true) {
                auto frame = reader.next();
                REQUIRE(frame.ok());
                if (!frame->has_value()) break;
                seen.emplace_back(cambium::as_text((*frame)->view().subspan(4)));
            }
        }
        CHECK(seen == sent);
    }
}

TEST_CASE("a claimed size costs no memory until the bytes come") {
    FrameReader reader(size_t{1} << 30);
    const uint8_t size[] = {0x3f, 0xff, 0xff, 0xff};
    feed(reader, size);
    CHECK_FALSE(reader.next()->has_value());
    CHECK(reader.space().size() <= 16384);
}

TEST_CASE("negative sizes and sizes above the limit end the connection") {
    for (const ByteView size :
         {ByteView(cambium::as_bytes(std::string_view("\xff\xff\xff\xff", 4))),
          ByteView(cambium::as_bytes(std::string_view("\0\0\x10\x01", 4)))}) {
        FrameReader reader(4096);
        feed(reader, size);
        CHECK(reader.next().code() == Errc::malformed);
    }
}

}  // namespace
