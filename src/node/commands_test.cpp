// The commands against a whole server, both simulated.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "broker/broker.hpp"
#include "cli/consume.hpp"
#include "cli/produce.hpp"
#include "cli/samples.hpp"
#include "cli/topic.hpp"
#include "sim/simulation.hpp"
#include "sim/wait.hpp"

namespace {

using namespace cambium;
using namespace cambium::cli;
using sim::wait;

class Paper : public Terminal {
public:
    io::Task<Result<size_t>> read(MutableBytes into) override {
        const size_t count = std::min(into.size(), input.size());
        std::copy_n(input.begin(), count, into.begin());
        input.erase(0, count);
        co_return count;
    }
    void write(std::string_view text) override { output.append(text); }
    Status flush() override { return {}; }
    void say(std::string_view text) override { said.append(text); }
    [[nodiscard]] bool said_to_person() const override { return false; }
    [[nodiscard]] bool typed_by_person() const override { return false; }

    std::string input;
    std::string output;
    std::string said;
};

struct House {
    explicit House(uint64_t seed) : simulation(seed) { start(machine.world()); }
    ~House() { stop(); }
    void start(io::World world) {
        Settings settings;
        REQUIRE(settings.set("listeners", "PLAINTEXT://server:9092").ok());
        REQUIRE(settings.set("log.dirs", "data").ok());
        broker = std::make_unique<broker::Broker>(
            world, broker::BrokerOptions{.settings = settings, .journal = {}});
        const Status started = wait(simulation, broker->start());
        REQUIRE_MESSAGE(started.ok(), (started.ok() ? "" : started.error().text()));
    }
    void stop() {
        (void)wait(simulation, broker->close());
        broker.reset();
    }
    template <class Args>
    Exit run(io::Task<Exit> (*command)(io::World, Terminal*, Args), Args args) {
        paper.output.clear();
        paper.said.clear();
        args.server.server = "server:9092";
        return wait(simulation, command(desk.world(), &paper, std::move(args)));
    }

    sim::Simulation simulation;
    sim::Node& machine = simulation.add_node("server");
    sim::Node& desk = simulation.add_node("desk");
    Paper paper;
    std::unique_ptr<broker::Broker> broker;
};

TEST_CASE("topics are made, shown and deleted") {
    House house(1);
    CHECK(house.run(&topic_create, TopicCreateArgs{.name = "t", .partitions = 2}) == Exit::ok);
    CHECK(house.paper.output == "created topic 't' with 2 partitions\n");
    CHECK(house.run(&topic_create, TopicCreateArgs{.name = "t"}) == Exit::failed);
    CHECK(house.paper.said.find("exists") != std::string::npos);
    CHECK(house.run(&topic_create, TopicCreateArgs{.name = "t", .if_not_exists = true}) ==
          Exit::ok);
    CHECK(house.run(&topic_create, TopicCreateArgs{.name = "u", .configs = {"x"}}) == Exit::usage);
    CHECK(house.run(&topic_create, TopicCreateArgs{.name = "u", .configs = {"no.such=1"}}) ==
          Exit::failed);
    CHECK(house.run(&topic_list, TopicListArgs{.output = Output::json}) == Exit::ok);
    CHECK(house.paper.output.find("\"name\":\"t\"") != std::string::npos);
    CHECK(house.run(&topic_describe, TopicDescribeArgs{.name = "t"}) == Exit::ok);
    CHECK(house.paper.output.find("t: 2 partitions, 0 records") != std::string::npos);
    CHECK(house.run(&topic_delete, TopicDeleteArgs{.names = {"t", "missing"}}) == Exit::failed);
    CHECK(house.paper.output == "deleted topic 't'\n");
    CHECK(house.paper.said.find("missing") != std::string::npos);
    CHECK(house.run(&topic_describe, TopicDescribeArgs{.name = "t"}) == Exit::failed);
}

TEST_CASE("what is produced is consumed, with keys and headers") {
    House house(2);
    house.paper.input = "a:1\nb:2\nc:3\n";
    CHECK(house.run(&produce, ProduceArgs{.output = Output::json,
                                          .topic = "t",
                                          .key_separator = ":",
                                          .headers = {"from=test"},
                                          .codec = "zstd"}) == Exit::ok);
    CHECK(house.paper.output ==
          "{\"partition\":0,\"offset\":0}\n{\"partition\":0,\"offset\":1}\n"
          "{\"partition\":0,\"offset\":2}\n");
    const auto read = [&](ConsumeArgs args) {
        args.topic = "t";
        args.until = "end";
        CHECK(house.run(&consume, std::move(args)) == Exit::ok);
        return house.paper.output;
    };
    CHECK(read({}) == "1\n2\n3\n");
    CHECK(read({.from = "1"}) == "2\n3\n");
    CHECK(read({.from = "-1", .keys = true}) == "c\t3\n");
    CHECK(read({.from = "end"}).empty());
    CHECK(read({.from = "3"}).empty());
    CHECK(read({.count = 2, .format = "%o:%h "}) == "0:from=test 1:from=test ");
    CHECK(read({.from = "-100"}) == "1\n2\n3\n");
}

TEST_CASE("records are read from and until offsets and times") {
    House house(5);
    house.paper.input =
        "{\"value\":\"a\",\"timestamp\":1767222000000}\n"  // 2025-12-31T23:00
        "{\"value\":\"b\",\"timestamp\":1767225600000}\n"  // an hour later
        "{\"value\":null,\"timestamp\":1767229200000,\"headers\":[[\"h\",\"1\"]]}\n";
    const Exit produced = house.run(&produce, ProduceArgs{.topic = "t", .input = "json"});
    REQUIRE_MESSAGE(produced == Exit::ok, house.paper.said);
    const auto read = [&](ConsumeArgs args) {
        args.topic = "t";
        args.format = "%o%v%h ";
        CHECK(house.run(&consume, std::move(args)) == Exit::ok);
        return house.paper.output;
    };
    CHECK(read({.until = "end"}) == "0a 1b 2h=1 ");
    CHECK(read({.until = "2"}) == "0a 1b ");
    CHECK(read({.until = "0"}).empty());
    CHECK(read({.from = "1", .until = "1"}).empty());
    CHECK(read({.until = "2026-01-01T00:00"}) == "0a ");
    CHECK(read({.from = "2025-12-31T23:00:01", .until = "end"}) == "1b 2h=1 ");
    CHECK(read({.from = "2030-01-01", .until = "end"}).empty());
    CHECK(read({.until = "2030-01-01"}) == "0a 1b 2h=1 ");
    CHECK(read({.from = "-2", .until = "2"}) == "1b ");
    CHECK(house.run(&consume, ConsumeArgs{.topic = "t", .until = "soon"}) == Exit::usage);
}

TEST_CASE("what consume writes as JSON is what produce reads") {
    House house(6);
    house.paper.input = "k:v\n\xc3\xa4:NULL\n";
    REQUIRE(house.run(&produce, ProduceArgs{.topic = "t",
                                            .key_separator = ":",
                                            .null_marker = "NULL",
                                            .headers = {"h=1"}}) == Exit::ok);
    ConsumeArgs all{.output = Output::json, .topic = "t", .until = "end"};
    REQUIRE(house.run(&consume, all) == Exit::ok);
    const std::string first = house.paper.output;
    house.paper.input = first;
    REQUIRE(house.run(&produce, ProduceArgs{.topic = "u", .input = "json"}) == Exit::ok);
    all.topic = "u";
    REQUIRE(house.run(&consume, all) == Exit::ok);
    std::string second = house.paper.output;
    for (size_t at = 0; (at = second.find("\"u\"", at)) != std::string::npos;)
        second.replace(at, 3, "\"t\"");
    CHECK(second == first);
}

TEST_CASE("a rate holds records back") {
    House house(7);
    for (int i = 0; i < 21; ++i) house.paper.input += "x\n";
    const io::Monotonic began = house.simulation.now();
    REQUIRE(house.run(&produce, ProduceArgs{.topic = "t", .rate = 10}) == Exit::ok);
    const io::Duration took = house.simulation.now() - began;
    CHECK(took >= std::chrono::seconds(2));
    CHECK(took < std::chrono::seconds(4));
}

TEST_CASE("consuming what is not there fails and says what there is to do") {
    House house(3);
    CHECK(house.run(&consume, ConsumeArgs{.topic = "t", .until = "end"}) == Exit::failed);
    CHECK(house.paper.said.find("topic list") != std::string::npos);
    CHECK(house.run(&consume, ConsumeArgs{.topic = "t", .from = "tomorrow"}) == Exit::usage);
    house.paper.input = "x\n";
    CHECK(house.run(&produce, ProduceArgs{.topic = "t"}) == Exit::ok);
    CHECK(house.run(&consume, ConsumeArgs{.topic = "t", .partitions = {1}}) == Exit::failed);
    CHECK(house.run(&consume, ConsumeArgs{.topic = "t", .from = "9"}) == Exit::failed);
    CHECK(house.paper.said.find("topic describe t") != std::string::npos);
}

TEST_CASE("an unreachable server is one line and advice") {
    House house(4);
    TopicListArgs args;
    args.server.server = "nowhere:1";
    const Exit exit = wait(house.simulation, topic_list(house.desk.world(), &house.paper, args));
    CHECK(exit == Exit::failed);
    CHECK(house.paper.said.find("nowhere:1") != std::string::npos);
}

// ---- Samples

std::string flights(int count) {
    std::string out = "[";
    for (int i = 0; i < count; ++i) {
        out += i == 0 ? "" : ",";
        out += "{\"n\":" + std::to_string(i) + ",\"origin\":\"K" + std::to_string(i % 17) + "\"}";
    }
    return out + "]";
}

// The values of each partition, in order.
std::map<std::string, std::vector<std::string>> held(House& house, std::string topic) {
    ConsumeArgs args{.topic = std::move(topic), .until = "end", .format = "%p %v\n"};
    REQUIRE(house.run(&consume, std::move(args)) == Exit::ok);
    std::map<std::string, std::vector<std::string>> out;
    std::string_view rest = house.paper.output;
    while (!rest.empty()) {
        const size_t space = rest.find(' ');
        const size_t end = rest.find('\n');
        out[std::string(rest.substr(0, space))].emplace_back(
            rest.substr(space + 1, end - space - 1));
        rest.remove_prefix(end + 1);
    }
    return out;
}

TEST_CASE("loading that was cut off anywhere goes on and ends with every record once") {
    constexpr int count = 400;
    for (uint64_t seed = 1; seed <= 12; ++seed) {
        CAPTURE(seed);
        House house(seed);
        const int32_t partitions = seed % 2 == 0 ? 1 : 3;
        REQUIRE(house.run(&topic_create, TopicCreateArgs{.name = "flights",
                                                         .partitions = partitions}) == Exit::ok);
        io::Random random = house.simulation.random("cut");
        for (int attempt = 0;; ++attempt) {
            client::ClientOptions options;
            options.bootstrap = {{"server", 9092}};
            client::Client client(house.desk.world(), options);
            auto input = JsonInput::open(flights(count), "origin");
            std::optional<Result<Loaded>> loaded;
            io::Gate gate;
            io::spawn(gate, load_sample(&client, "flights", input->get()), &loaded);
            const bool cut = attempt < 3;
            if (cut) {
                house.simulation.run_for(sim::microseconds(random.between(100, 60'000)));
                house.machine.kill();
                house.desk.kill();
            }
            house.simulation.run_until([&] { return gate.held() == 0; });
            wait(house.simulation, client.close());
            if (cut) {
                house.stop();
                house.start(house.machine.restart());
                house.desk.restart();
                continue;
            }
            REQUIRE(loaded->ok());
            CHECK((*loaded)->records == count);
            break;
        }
        size_t total = 0;
        for (const auto& [partition, values] : held(house, "flights")) {
            total += values.size();
            int64_t last = -1;
            for (const std::string& value : values) {
                const int64_t number = std::stoll(*json_member(value, "n"));
                CHECK(number > last);
                last = number;
            }
        }
        CHECK(total == count);
    }
}

}  // namespace
