#include "client/client.hpp"

#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "client/admin.hpp"
#include "client/model_broker_test.hpp"
#include "sim/simulation.hpp"
#include "sim/wait.hpp"

namespace {

using namespace cambium;
using namespace cambium::client;
using sim::wait;

ClientOptions options_for(const char* host) {
    ClientOptions options;
    options.bootstrap = {{host, 9092}};
    options.operation_timeout = sim::seconds(20);
    return options;
}

// One server and one client.
struct Pair {
    explicit Pair(uint64_t seed, sim::Config config = {}) : simulation(seed, config) {
        REQUIRE(wait(simulation, broker.start()).ok());
    }
    ~Pair() {
        wait(simulation, client.close());
        wait(simulation, broker.stop());
    }
    sim::Simulation simulation;
    sim::Node& server = simulation.add_node("server");
    sim::Node& desk = simulation.add_node("desk");
    ModelCluster cluster;
    ModelBroker broker{server.world(), cluster, NodeId(1), "server"};
    Client client{desk.world(), options_for("server")};
    Admin admin{client};
};

TEST_CASE("each request goes in the highest version that both sides speak") {
    Pair pair(1);
    pair.cluster.add("flights", 3);
    CHECK(wait(pair.simulation, pair.client.topic("flights", false, io::Monotonic::never())).ok());
    CHECK(pair.broker.versions[wire::ApiKey::api_versions] == 4);
    CHECK(pair.broker.versions[wire::ApiKey::metadata] == 13);
}

TEST_CASE("an older server is met where it is, its version of ApiVersions too") {
    Pair pair(2);
    pair.broker.version_max = {{wire::ApiKey::api_versions, 2}, {wire::ApiKey::metadata, 4}};
    pair.cluster.add("flights", 3);
    const auto topic =
        wait(pair.simulation, pair.client.topic("flights", false, io::Monotonic::never()));
    REQUIRE(topic.ok());
    CHECK((*topic)->partitions.size() == 3);
    CHECK((*topic)->id.zero());
    CHECK(pair.broker.versions[wire::ApiKey::api_versions] == 0);
    CHECK(pair.broker.versions[wire::ApiKey::metadata] == 4);
}

TEST_CASE("an API that the server lacks is an error at once") {
    Pair pair(3);
    pair.broker.version_max = {{wire::ApiKey::create_topics, -1}};
    const auto created = wait(pair.simulation, pair.admin.create_topic({.name = "x"}));
    CHECK(created.code() == Errc::unsupported_version);
}

TEST_CASE("a topic is created by the first who asks for it, if the server is set so") {
    Pair pair(4);
    const io::Monotonic soon = pair.desk.world().clock.now() + sim::seconds(3);
    CHECK(wait(pair.simulation, pair.client.topic("new", true, soon)).ok());
    const auto missing = wait(pair.simulation, pair.client.topic("missing", false, soon));
    CHECK(missing.code() == Errc::unknown_topic_or_partition);
    CHECK(pair.desk.world().clock.now() <= soon + sim::seconds(1));
}

TEST_CASE("topics are created, listed, described and deleted") {
    Pair pair(5);
    NewTopic topic{.name = "orders", .partitions = 4, .configs = {{"retention.ms", "1000"}}};
    const auto created = wait(pair.simulation, pair.admin.create_topic(topic));
    REQUIRE(created.ok());
    CHECK(created->partitions == 4);
    const auto again = wait(pair.simulation, pair.admin.create_topic(topic));
    CHECK(again.code() == Errc::topic_already_exists);
    CHECK(again.error().context == "the model refuses");
    const auto listed = wait(pair.simulation, pair.admin.list_topics());
    REQUIRE(listed.ok());
    REQUIRE(listed->size() == 1);
    CHECK(listed->front().name == "orders");
    CHECK(wait(pair.simulation, pair.admin.describe_topic("orders"))->partitions.size() == 4);
    CHECK(wait(pair.simulation, pair.admin.delete_topic("orders")).ok());
    CHECK(wait(pair.simulation, pair.admin.describe_topic("orders")).code() ==
          Errc::unknown_topic_or_partition);
    CHECK(wait(pair.simulation, pair.admin.delete_topic("orders")).code() ==
          Errc::unknown_topic_or_partition);
}

TEST_CASE("a refusal that may pass is tried again, one that will not is not") {
    Pair pair(6);
    int refusals = 3;
    pair.broker.refuse = [&](wire::ApiKey, const TopicPartition&) {
        return refusals-- > 0 ? Errc::not_controller : Errc::none;
    };
    CHECK(wait(pair.simulation, pair.admin.create_topic({.name = "a"})).ok());
    CHECK(pair.broker.served[wire::ApiKey::create_topics] == 4);
    pair.broker.refuse = [](wire::ApiKey, const TopicPartition&) { return Errc::invalid_config; };
    CHECK(wait(pair.simulation, pair.admin.create_topic({.name = "b"})).code() ==
          Errc::invalid_config);
    CHECK(pair.broker.served[wire::ApiKey::create_topics] == 5);
}

TEST_CASE("a server that never answers costs an operation its deadline, no more") {
    Pair pair(7);
    pair.broker.ignore = [](wire::ApiKey api) { return api == wire::ApiKey::metadata; };
    const io::Monotonic before = pair.simulation.now();
    CHECK(wait(pair.simulation, pair.admin.list_topics()).code() == Errc::request_timed_out);
    CHECK(pair.simulation.now() - before <= sim::seconds(21));
}

TEST_CASE("a server that comes back is found again") {
    Pair pair(8);
    CHECK(wait(pair.simulation, pair.admin.list_topics()).ok());
    wait(pair.simulation, pair.broker.stop());
    io::Gate gate;
    std::optional<Result<std::vector<TopicInfo>>> listed;
    io::spawn(gate, pair.admin.list_topics(), &listed);
    pair.simulation.run_for(sim::seconds(2));
    CHECK_FALSE(listed.has_value());
    REQUIRE(wait(pair.simulation, pair.broker.start()).ok());
    pair.simulation.run_until([&] { return gate.held() == 0; });
    REQUIRE(listed.has_value());
    CHECK(listed->ok());
}

TEST_CASE("nobody listening is an error that names the address") {
    Pair pair(9);
    Client lonely(pair.desk.world(), options_for("nowhere"));
    Admin admin(lonely);
    const auto listed = wait(pair.simulation, admin.list_topics());
    CHECK_FALSE(listed.ok());
    CHECK(listed.error().context.find("nowhere:9092") != std::string::npos);
    wait(pair.simulation, lonely.close());
}

TEST_CASE("closing ends what waits") {
    Pair pair(10);
    Client other(pair.desk.world(), options_for("server"));
    io::Gate gate;
    std::optional<Result<TopicRef>> topic;
    io::spawn(gate, other.topic("missing", false, io::Monotonic::never()), &topic);
    pair.simulation.run_for(sim::milliseconds(500));
    CHECK_FALSE(topic.has_value());
    wait(pair.simulation, other.close());
    REQUIRE(topic.has_value());
    CHECK(topic->code() == Errc::cancelled);
}

TEST_CASE("the ends of a partition are offsets") {
    Pair pair(11);
    ModelTopic& topic = pair.cluster.add("t", 2);
    topic.partitions[1].start = Offset(5);
    topic.partitions[1].end = Offset(9);
    const TopicPartition one{"t", PartitionIndex(1)};
    std::vector<OffsetQuery> queries{{one, -2}, {one, -1}};
    const auto answers = wait(pair.simulation, pair.admin.list_offsets(queries));
    REQUIRE(answers.ok());
    CHECK(answers->at(0).offset == Offset(5));
    CHECK(answers->at(1).offset == Offset(9));
}

}  // namespace
