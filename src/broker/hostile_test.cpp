// Requests that are nearly right: whatever bytes come, the server answers or closes, and serves the
// next client.
#include "broker/fixture_test.hpp"

namespace cambium::broker {
namespace {

template <class M> Buffer framed(const M& message, int version) {
    Buffer frame;
    REQUIRE(wire::encode_request(message, static_cast<int16_t>(version), 7, "hostile", frame).ok());
    return frame;
}

std::vector<Buffer> good_frames() {
    const Buffer batch = batch_of({"one", "two", "three"});
    std::vector<Buffer> frames;
    for (const int version : {3, 8, 9, 12})
        frames.push_back(framed(produce_request("t", batch.view()), version));
    for (const int version : {4, 7, 12}) frames.push_back(framed(fetch_request("t", 0), version));
    for (const int version : {0, 4, 9, 12}) {
        wire::MetadataRequest metadata;
        metadata.topics.emplace();
        metadata.topics->push_back({.name = "t"});
        frames.push_back(framed(metadata, version));
    }
    for (const int version : {1, 6, 10}) {
        wire::ListOffsetsRequest offsets;
        offsets.topics.push_back({.name = "t", .partitions = {{.timestamp = -1}}});
        frames.push_back(framed(offsets, version));
    }
    for (const int version : {2, 5, 7}) {
        wire::CreateTopicsRequest create;
        create.topics.push_back({.name = "u", .num_partitions = 1, .replication_factor = 1});
        frames.push_back(framed(create, version));
    }
    frames.push_back(framed(wire::InitProducerIdRequest{}, 4));
    frames.push_back(framed(wire::ApiVersionsRequest{}, 3));
    return frames;
}

// One frame, damaged in one to four places; mostly with its size made right again, so that the
// damage gets further.
Buffer damaged(const Buffer& good, io::Random& random) {
    Buffer frame = Buffer::copy_of(good.view());
    if (random.chance(0.3)) frame.resize(4 + random.below(frame.size() - 4));
    for (uint64_t i = 1 + random.below(4); i > 0 && frame.size() > 4; --i) {
        const size_t at = 4 + random.below(frame.size() - 4);
        constexpr uint8_t edges[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
        frame.data()[at] =
            random.chance(0.5) ? edges[random.below(5)] : static_cast<uint8_t>(random.next());
    }
    if (random.chance(0.9)) store_big(frame.data(), static_cast<int32_t>(frame.size() - 4));
    return frame;
}

TEST_CASE("damaged_requests_are_answered_or_close_the_connection_and_the_server_lives_on") {
    const std::vector<Buffer> good = good_frames();
    for (uint64_t seed = 1; seed <= 5; ++seed) {
        CAPTURE(seed);
        io::Random random(seed);
        Cluster cluster(seed);
        cluster.set("connections.max.idle.ms", "2000");
        cluster.start();
        cluster.create("t");
        for (int i = 0; i < 200; ++i) {
            RawClient hostile(cluster.simulation, cluster.outside);
            hostile.connect({"server", 9092});
            for (int j = 0; j < 3; ++j)
                hostile.send_bytes(damaged(good[random.below(good.size())], random).view());
        }
        cluster.simulation.run_for(std::chrono::seconds(10));
        cluster.client.connect({"server", 9092});
        CHECK(cluster.client.ask<wire::ApiVersionsResponse>(wire::ApiVersionsRequest{}, 0)
                  .error_code == 0);
        CHECK(cluster.broker->healthy());
        CHECK(cluster.broker->connections() == 1);
        const std::string metrics = cluster.broker->metrics().text();
        CHECK(metrics.find("cambium_budget_used_bytes{budget=\"requests\"} 0\n") !=
              std::string::npos);
        CHECK(metrics.find("cambium_budget_used_bytes{budget=\"answers\"} 0\n") !=
              std::string::npos);
    }
}

}  // namespace
}  // namespace cambium::broker
