// Any stream of bytes from a server, in pieces as the input says: the frames are those of a plain
// reading, a size that cannot be is an error that ends it, and memory follows the bytes that came.
// Every frame is then read as the answer to some request.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.hpp"
#include "bytes/endian.hpp"
#include "client/frame_reader.hpp"
#include "wire/header.hpp"

namespace {

using namespace cambium;
using client::FrameReader;

constexpr size_t limit = 100'000;
constexpr size_t space_max = size_t{1} << 16;

struct Plain {
    std::vector<ByteView> frames;  // their sizes included
    bool broken = false;
};

Plain read_plainly(ByteView stream) {
    Plain out;
    while (stream.size() >= client::frame_size_bytes) {
        const int64_t size = load_big<int32_t>(stream.data());
        out.broken = size < 0 || size > static_cast<int64_t>(limit);
        const size_t whole = static_cast<size_t>(size) + client::frame_size_bytes;
        if (out.broken || stream.size() < whole) break;
        out.frames.push_back(stream.first(whole));
        stream = stream.subspan(whole);
    }
    return out;
}

void read_answer(ByteView frame, uint8_t choice) {
    const wire::ApiKey api =
        (choice & 1) != 0 ? wire::ApiKey::api_versions : wire::ApiKey::metadata;
    const wire::Versions versions = wire::info(api).versions;
    (void)wire::parse_response(frame, api, (choice & 2) != 0 ? versions.first : versions.last).ok();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) return 0;
    const size_t piece = size_t{data[0]} * 4 + 1;
    ByteView stream(data + 2, size - 2);
    const Plain expected = read_plainly(stream);
    FrameReader reader(limit);
    size_t seen = 0;
    bool broken = false;
    while (!stream.empty() && !broken) {
        const MutableBytes space = reader.space();
        check(!space.empty() && space.size() <= space_max, space.size());
        const size_t count = std::min({piece, space.size(), stream.size()});
        std::copy_n(stream.begin(), count, space.begin());
        reader.filled(count);
        stream = stream.subspan(count);
        while (true) {
            const auto frame = reader.next();
            broken = !frame.ok();
            if (broken || !frame->has_value()) break;
            check(seen < expected.frames.size() && same((*frame)->view(), expected.frames[seen]),
                  seen);
            ++seen;
            read_answer((*frame)->view().subspan(client::frame_size_bytes), data[1]);
        }
    }
    check(seen == expected.frames.size() && broken == expected.broken, seen);
    return 0;
}
