#include "log/scanner.hpp"

#include <doctest/doctest.h>

#include "log/fixture_test.hpp"
#include "log/hex_test.hpp"

namespace cambium::log::test {
namespace {

struct Scan {
    std::vector<int64_t> positions;
    BatchScanner::Stop stop = BatchScanner::Stop::none;
    int64_t position = 0;
};

io::Task<Scan> scan(io::Disk* disk, BatchScanner::Options options) {
    Scan out;
    const Result<io::FileRef> file = co_await disk->open("/file", io::OpenMode::read);
    BatchScanner scanner(*file, options);
    while (scanner.stop() == BatchScanner::Stop::none) {
        while (const auto found = scanner.next()) out.positions.push_back(found->position);
        const Status more = co_await scanner.more();
        check(more.ok());
    }
    out.stop = scanner.stop();
    out.position = scanner.position();
    co_return out;
}

Buffer batches(int64_t count, size_t padding) {
    Buffer bytes;
    for (int64_t i = 0; i < count; ++i) bytes.append(batch({i, 1, padding}).view());
    return bytes;
}

}  // namespace

TEST_CASE("batches are found whatever the block, with and without their payload") {
    sim::Simulation simulation(1);
    sim::Node& node = simulation.add_node("node1");
    const Buffer bytes = batches(20, 300);
    const auto size = static_cast<int64_t>(bytes.size());
    node.disk().write_file("/file", bytes.view());
    for (size_t block : {61U, 62U, 200U, 369U, 370U, 371U, 1000U, 100000U})
        for (bool checksums : {true, false}) {
            CAPTURE(block);
            CAPTURE(checksums);
            const Scan found =
                sim::wait(simulation, scan(&node.world().disk, {0, size, block, checksums}));
            CHECK(found.stop == BatchScanner::Stop::end);
            CHECK(found.positions.size() == 20);
            CHECK(found.position == size);
        }
}

TEST_CASE("a scan stops at the first thing that is no whole valid batch") {
    sim::Simulation simulation(1);
    sim::Node& node = simulation.add_node("node1");
    const Buffer good = batches(3, 100);
    const int64_t each = static_cast<int64_t>(good.size()) / 3;
    for (size_t block : {61U, 100U, 4096U})
        for (size_t at = 0; at < good.size(); at += 5) {
            CAPTURE(block);
            CAPTURE(at);
            std::vector<uint8_t> bad = copied(good.view());
            bad[at] ^= 0x80;
            node.disk().write_file("/file", bad);
            const auto size = static_cast<int64_t>(bad.size());
            const Scan found = sim::wait(simulation, scan(&node.world().disk, {0, size, block}));
            // Base offset and leader epoch lie outside the checksum; a negative offset is seen.
            const auto in_batch = static_cast<int64_t>(at) % each;
            const bool unseen = (in_batch > 0 && in_batch < 8) || (in_batch >= 12 && in_batch < 16);
            if (unseen) continue;
            CHECK(found.stop == BatchScanner::Stop::damage);
            CHECK(found.position == static_cast<int64_t>(at) / each * each);
        }
}

TEST_CASE("a length that claims more than the file has costs no memory") {
    sim::Simulation simulation(1);
    sim::Node& node = simulation.add_node("node1");
    std::vector<uint8_t> bytes = copied(batches(1, 100).view());
    store_big(bytes.data() + record::at::length, int32_t{0x7fffff00});
    node.disk().write_file("/file", bytes);
    const Scan found =
        sim::wait(simulation, scan(&node.world().disk, {0, static_cast<int64_t>(bytes.size())}));
    CHECK(found.stop == BatchScanner::Stop::damage);
    CHECK(found.position == 0);
}

}  // namespace cambium::log::test
