#include "log/durable_ends.hpp"

#include <doctest/doctest.h>

#include "log/fixture_test.hpp"
#include "log/hex_test.hpp"

namespace cambium::log::test {
namespace {

DurableEnds ends_at(int64_t generation, int64_t end) {
    DurableEnds ends;
    ends.generation = generation;
    ends.directory = topic_id(9);
    const Offset last(end);
    ends.logs[{topic_id(1), PartitionIndex(3)}] = {
        std::min(Offset(5), last), last, std::min(Offset(90), last), 4096,
        Checkpoint{
            std::min(Offset(95), last), 2048,
            IndexState{2, 1, 300, {Timestamp(1700000000000), 4}, {Timestamp(1699999999999), 3}}}};
    return ends;
}

}  // namespace

TEST_CASE("a record of durable ends has the bytes of its page") {
    const std::vector<uint8_t> bytes = from_hex(
        "d76b202d 01 0000000000000007 41000000000000000000000000000009 00000001"
        "41000000000000000000000000000001 00000003"
        "0000000000000005 0000000000000064 000000000000005a 0000000000001000"
        "000000000000005f 0000000000000800"
        "0000000000000002 0000000000000001 000000000000012c"
        "0000018bcfe56800 00000004 0000018bcfe567ff 00000003");
    CHECK(copied(encode(ends_at(7, 100)).view()) == bytes);
    const auto read = decode_durable_ends(bytes);
    REQUIRE(read.ok());
    CHECK(*read == ends_at(7, 100));
}

TEST_CASE("a record that is cut or changed is no record") {
    const Buffer good = encode(ends_at(7, 100));
    for (size_t size = 0; size < good.size(); ++size)
        CHECK(decode_durable_ends(good.view().first(size)).code() == Errc::corrupt_data);
    for (size_t bit = 0; bit < good.size() * 8; bit += 5) {
        std::vector<uint8_t> bad = copied(good.view());
        bad[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
        CHECK(decode_durable_ends(bad).code() == Errc::corrupt_data);
    }
}

TEST_CASE("whatever a power cut does to the slots, one of the last two records is found") {
    for (uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        sim::Simulation simulation(seed);
        sim::Node& node = simulation.add_node("node1");
        // As a new directory is made: the first record lasts before anything is built on it.
        node.disk().write_file("/data/durable-ends.0", encode(ends_at(1, 1)).view());
        if (seed % 3 == 0) node.disk().faults.sync_error = 0.1;
        io::Random random = simulation.random("test");
        int64_t written = 1;
        for (int life = 0; life < 4; ++life) {
            auto file = std::make_unique<DurableEndsFile>(&node.world().disk, "/data");
            const auto found = sim::wait(simulation, file->open());
            REQUIRE(found.ok());
            const int64_t end = found->logs.begin()->second.end.value();
            CHECK(end >= written);
            io::Gate gate;
            const int64_t writes = random.between(0, 5);
            Status status;
            for (int64_t i = 0; i < writes && status; ++i) {
                const DurableEnds next = ends_at(0, end + i + 1);
                status = sim::wait(simulation, file->write(&next));
                if (status) written = end + i + 1;
            }
            // After an error nothing is written any more: the directory is fenced.
            std::optional<Status> last;
            const DurableEnds beyond = ends_at(0, end + 10);
            if (status) io::spawn(gate, file->write(&beyond), &last);
            while (random.chance(0.7) && simulation.step()) {}
            if (last && *last) written = end + 10;
            if (random.chance(0.5)) node.crash();
            else node.kill();
            while (gate.held() > 0 && simulation.step()) {}
            file.reset();
            node.restart();
        }
    }
}

TEST_CASE("a slot that was made by a write without space lasts once it is written") {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        sim::Simulation simulation(seed);
        sim::Node& node = simulation.add_node("node1");
        node.disk().write_file("/data/durable-ends.0", encode(ends_at(1, 1)).view());
        auto file = std::make_unique<DurableEndsFile>(&node.world().disk, "/data");
        REQUIRE(sim::wait(simulation, file->open()).ok());
        REQUIRE(sim::wait(simulation, file->prove()).ok());
        node.disk().faults.quota_bytes = node.disk().used_bytes();
        const DurableEnds ends = ends_at(0, 2);
        CHECK(sim::wait(simulation, file->write(&ends)).code() == Errc::no_space);
        node.disk().faults.quota_bytes = INT64_MAX;
        REQUIRE(sim::wait(simulation, file->write(&ends)).ok());
        node.crash();
        file.reset();
        node.restart();
        DurableEndsFile again(&node.world().disk, "/data");
        const auto found = sim::wait(simulation, again.open());
        REQUIRE(found.ok());
        CHECK(found->logs.begin()->second.end == Offset(2));
    }
}

TEST_CASE("two slots of which none is valid are damage, not an empty record") {
    sim::Simulation simulation(1);
    sim::Node& node = simulation.add_node("node1");
    const std::vector<uint8_t> garbage(50, 0x5a);
    node.disk().write_file("/data/durable-ends.0", garbage);
    node.disk().write_file("/data/durable-ends.1", garbage);
    DurableEndsFile file(&node.world().disk, "/data");
    CHECK(sim::wait(simulation, file.open()).code() == Errc::corrupt_data);
}

}  // namespace cambium::log::test
