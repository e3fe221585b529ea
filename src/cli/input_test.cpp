#include "cli/input.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "sim/simulation.hpp"
#include "sim/wait.hpp"

namespace {

using namespace cambium;
using namespace cambium::cli;

// Gives a text in pieces of `step` bytes.
class Pieces : public ByteSource {
public:
    Pieces(std::string text, size_t step) : text_(std::move(text)), step_(step) {}
    io::Task<Result<size_t>> read(MutableBytes into) override {
        const size_t count = std::min({step_, into.size(), text_.size() - at_});
        std::copy_n(text_.begin() + static_cast<int64_t>(at_), count, into.begin());
        at_ += count;
        co_return count;
    }

private:
    std::string text_;
    size_t step_;
    size_t at_ = 0;
};

using Pair = std::pair<std::string, std::string>;

std::vector<Pair> all(RecordInput& input, Errc expected = Errc::none) {
    sim::Simulation simulation(1);
    std::vector<Pair> out;
    while (true) {
        const auto record = sim::wait(simulation, input.next());
        if (!record.ok()) {
            CHECK(record.code() == expected);
            return out;
        }
        if (!record->has_value()) break;
        out.emplace_back(std::string((*record)->key.value_or("-")),
                         std::string((*record)->value.value_or("(null)")));
    }
    CHECK(expected == Errc::none);
    return out;
}

TEST_CASE("a line is a record, however the bytes come, the last one too") {
    for (size_t step = 1; step < 12; ++step) {
        CAPTURE(step);
        LineInput input(std::make_unique<Pieces>("one\n\ntwo\r\nthree", step), "");
        CHECK(all(input) ==
              std::vector<Pair>{{"-", "one"}, {"-", ""}, {"-", "two\r"}, {"-", "three"}});
    }
    LineInput empty(std::make_unique<Pieces>("", 1), "");
    CHECK(all(empty).empty());
}

TEST_CASE("what stands before the first separator is the key") {
    LineInput input(std::make_unique<Pieces>("a::b::c\n::d\n", 3), "::");
    CHECK(all(input) == std::vector<Pair>{{"a", "b::c"}, {"", "d"}});
    LineInput without(std::make_unique<Pieces>("a:b\nc\n", 3), ":");
    CHECK(all(without, Errc::malformed) == std::vector<Pair>{{"a", "b"}});
}

TEST_CASE("what equals the null marker is absent") {
    LineInput input(std::make_unique<Pieces>("a:NULL\nNULL:b\nNULLs:c\n", 3), ":", "NULL");
    CHECK(all(input) == std::vector<Pair>{{"a", "(null)"}, {"-", "b"}, {"NULLs", "c"}});
}

TEST_CASE("an object a line gives key, value, headers, partition and time") {
    ObjectInput input(std::make_unique<Pieces>(
        "{\"key\":\"k\",\"value\":\"a\\nb\",\"headers\":[[\"h\",\"1\"],[\"n\",null]],"
        "\"partition\":3,\"timestamp\":1700000000000,\"offset\":7}\n"
        " {\"value\":null} \n",
        5));
    sim::Simulation simulation(1);
    const auto first = sim::wait(simulation, input.next());
    REQUIRE((first.ok() && first->has_value()));
    const InputRecord& record = **first;
    CHECK(record.key == "k");
    CHECK(record.value == "a\nb");
    CHECK(record.partition == PartitionIndex(3));
    CHECK(record.timestamp == Timestamp(1'700'000'000'000));
    REQUIRE(record.headers.size() == 2);
    CHECK(record.headers[0].key == "h");
    CHECK(as_text(record.headers[0].value.value()) == "1");
    CHECK_FALSE(record.headers[1].value.has_value());
    const auto second = sim::wait(simulation, input.next());
    REQUIRE((second.ok() && second->has_value()));
    CHECK_FALSE((*second)->value.has_value());
    CHECK_FALSE((*second)->key.has_value());
    CHECK((*second)->headers.empty());
    CHECK_FALSE((*second)->partition.has_value());
}

TEST_CASE("a line that is no such object is malformed, with its number") {
    for (const char* line :
         {"", "[]", "1", "{}", "{\"key\":\"k\"}", "{\"value\":1}", "{\"value\":\"v\",\"key\":1}",
          "{\"value\":\"v\"} x", "{\"value\":\"v\",\"partition\":-2}",
          "{\"value\":\"v\",\"partition\":2147483648}", "{\"value\":\"v\",\"timestamp\":1.5}",
          "{\"value\":\"v\",\"headers\":{}}", "{\"value\":\"v\",\"headers\":[[\"a\"]]}",
          "{\"value\":\"v\",\"headers\":[[1,\"a\"]]}",
          "{\"value\":\"v\",\"headers\":[[\"a\",1]]}"}) {
        CAPTURE(line);
        ObjectInput input(
            std::make_unique<Pieces>("{\"value\":\"ok\"}\n" + std::string(line) + "\n", 64));
        sim::Simulation simulation(1);
        REQUIRE(sim::wait(simulation, input.next()).ok());
        const auto second = sim::wait(simulation, input.next());
        REQUIRE_FALSE(second.ok());
        CHECK(second.code() == Errc::malformed);
        CHECK(second.error().text().find("line 2") != std::string::npos);
    }
}

TEST_CASE("long lines come whole") {
    const std::string line(300'000, 'x');
    LineInput input(std::make_unique<Pieces>(line + "\n" + line, 70'000), "");
    CHECK(all(input) == std::vector<Pair>{{"-", line}, {"-", line}});
}

TEST_CASE("the elements of an array are keyed by a member") {
    auto input = JsonInput::open("[{\"o\":\"A\", \"n\":1},{\"o\":2}]", "o");
    REQUIRE(input.ok());
    CHECK(all(**input) == std::vector<Pair>{{"A", "{\"o\":\"A\", \"n\":1}"}, {"2", "{\"o\":2}"}});
    auto lacking = JsonInput::open("[{\"o\":1},{\"p\":1}]", "o");
    CHECK(all(**lacking, Errc::malformed).size() == 1);
    auto plain = JsonInput::open("[1, [2]]", "");
    CHECK(all(**plain) == std::vector<Pair>{{"-", "1"}, {"-", "[2]"}});
    CHECK(JsonInput::open("{}", "").code() == Errc::malformed);
}

TEST_CASE("the rows of a table are keyed by a column") {
    auto input = CsvInput::open("k,n\nA,1\nB,2\n", "k");
    REQUIRE(input.ok());
    CHECK(all(**input) ==
          std::vector<Pair>{{"A", "{\"k\":\"A\",\"n\":1}"}, {"B", "{\"k\":\"B\",\"n\":2}"}});
    CHECK(CsvInput::open("k\n", "x").code() == Errc::malformed);
}

TEST_CASE("reading whole stops at the limit") {
    sim::Simulation simulation(1);
    Pieces small("12345", 2);
    CHECK(*sim::wait(simulation, read_whole(&small, 5)) == "12345");
    Pieces large("123456", 2);
    CHECK(sim::wait(simulation, read_whole(&large, 5)).code() == Errc::message_too_large);
}

}  // namespace
