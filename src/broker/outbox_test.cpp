#include "broker/outbox.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "io/random.hpp"

namespace cambium::broker {
namespace {

Answer answer(std::string_view text) { return Answer(Buffer::copy_of(as_bytes(text))); }

log::FileRange range(int64_t position, int64_t length) {
    return {.file = nullptr, .file_number = 1, .position = position, .length = length};
}

// What the outbox would send now from memory, in bites of random size.
std::string drain(Outbox& outbox, const log::TailCache& tail, io::Random& random) {
    log::ReadCache reads(0);
    std::string out;
    std::vector<ByteView> views;
    while (outbox.ready()) {
        outbox.gather(tail, reads, 1 + random.below(4), 1 + random.below(100), views);
        if (views.empty()) return out;
        size_t taken = 0;
        for (const ByteView view : views) {
            const size_t part = 1 + random.below(view.size());
            out += as_text(view.first(part));
            taken += part;
            if (part < view.size()) break;
        }
        outbox.sent(taken);
    }
    return out;
}

TEST_CASE("answers_leave_in_the_order_of_their_requests_whatever_order_they_come_in") {
    for (uint64_t seed = 0; seed < 50; ++seed) {
        CAPTURE(seed);
        io::Random random(seed);
        const log::TailCache tail(0);
        Outbox outbox;
        std::string expected;
        std::vector<std::pair<Ticket, std::string>> open;
        std::string sent;
        for (int i = 0; i < 30; ++i) {
            const std::string text =
                random.chance(0.2) ? ""
                                   : "<" + std::to_string(i) + std::string(random.below(50), '.');
            open.emplace_back(outbox.open(), text);
            expected += text;
            while (!open.empty() && random.chance(0.5)) {
                const size_t pick = random.below(open.size());
                if (open[pick].second.empty()) outbox.skip(open[pick].first);
                else outbox.put(open[pick].first, answer(open[pick].second), {});
                open.erase(open.begin() + static_cast<ptrdiff_t>(pick));
                sent += drain(outbox, tail, random);
            }
        }
        for (const auto& [ticket, text] : open) {
            if (text.empty()) outbox.skip(ticket);
            else outbox.put(ticket, answer(text), {});
        }
        sent += drain(outbox, tail, random);
        CHECK(sent == expected);
        CHECK(outbox.unsent() == 0);
        CHECK(outbox.memory() == 0);
        CHECK(outbox.pending() == 0);
    }
}

TEST_CASE("ranges_of_files_stand_where_their_slots_were") {
    log::TailCache tail(1 << 20);
    log::ReadCache reads(1 << 20);
    tail.stage(1, 100, as_bytes("RECORDS"));
    const std::vector<wire::Slot> slots{{2, 7}, {2, 0}, {4, 4}};
    Outbox outbox;
    outbox.put(outbox.open(),
               Answer(Buffer::copy_of(as_bytes("abcdef")), slots, {range(100, 7), range(500, 4)}),
               {});
    CHECK(outbox.unsent() == 6 + 7 + 4);
    std::vector<ByteView> views;
    outbox.gather(tail, reads, 10, 1000, views);
    std::string hot;
    for (const ByteView view : views) hot += as_text(view);
    CHECK(hot == "abRECORDScd");
    outbox.sent(hot.size());
    outbox.gather(tail, reads, 10, 1000, views);
    CHECK(views.empty());
    CHECK(outbox.cold().position == 500);
    outbox.sent(1);
    CHECK(outbox.cold().position == 501);
    CHECK(outbox.cold().length == 3);
    outbox.sent(3);
    outbox.gather(tail, reads, 10, 1000, views);
    REQUIRE(views.size() == 1);
    CHECK(as_text(views[0]) == "ef");
    CHECK(outbox.take_sent().empty());
    outbox.sent(2);
    CHECK(outbox.take_sent().size() == 1);
}

}  // namespace
}  // namespace cambium::broker
