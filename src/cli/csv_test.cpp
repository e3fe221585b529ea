#include "cli/csv.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "io/random.hpp"

namespace {

using cambium::Errc;
using namespace cambium::cli;

std::vector<CsvRow> rows(std::string_view text) {
    std::vector<CsvRow> out;
    CsvReader reader(text);
    while (true) {
        auto row = reader.next();
        REQUIRE(row.ok());
        if (!row->has_value()) return out;
        out.push_back(std::move(**row));
    }
}

TEST_CASE("quoted fields hold commas, quotes and line breaks") {
    CHECK(rows("a,b\n\"x,y\",\"say \"\"hi\"\"\"\n\"two\nlines\",\n") ==
          std::vector<CsvRow>{{"a", "b"}, {"x,y", "say \"hi\""}, {"two\nlines", ""}});
}

TEST_CASE("lines end with LF or CRLF, the last one perhaps with nothing") {
    const std::vector<CsvRow> expected{{"a", "b"}, {"1", ""}, {"", "2"}};
    CHECK(rows("a,b\r\n1,\r\n\r\n,2") == expected);
    CHECK(rows("a,b\n1,\n\n,2\n") == expected);
    CHECK(rows("").empty());
    CHECK(rows("\n\n").empty());
    CHECK(rows("a\rb\n") == std::vector<CsvRow>{{"a\rb"}});
}

TEST_CASE(
    "a quote that does not close and text after a closing quote are refused with their line") {
    CsvReader open("a\n\"b\nc");
    CHECK(open.next().ok());
    const auto unclosed = open.next();
    CHECK(unclosed.code() == Errc::malformed);
    CHECK(unclosed.error().context.find("line 2") != std::string::npos);
    CsvReader after("\"a\"b\n");
    CHECK(after.next().code() == Errc::malformed);
}

TEST_CASE("a row becomes an object; a column is numbers only if all of it is") {
    const auto table =
        CsvTable::parse("iata,name,code,lat,note\n00M,\"A \"\"B\"\"\",1,31.95,\nX,b,007,,\n");
    REQUIRE(table.ok());
    CHECK(table->size() == 2);
    CHECK(table->column("lat") == 3U);
    CHECK_FALSE(table->column("LAT").has_value());
    CHECK(table->json(0) == R"({"iata":"00M","name":"A \"B\"","code":"1","lat":31.95,"note":""})");
    CHECK(table->json(1) == R"({"iata":"X","name":"b","code":"007","lat":null,"note":""})");
}

TEST_CASE("a row with more or fewer fields than the header is refused with its line") {
    const auto table = CsvTable::parse("a,b\n1,2\n3\n");
    CHECK(table.code() == Errc::malformed);
    CHECK(table.error().context.find("line 3") != std::string::npos);
}

TEST_CASE("any bytes are either rows or refused") {
    for (uint64_t seed = 1; seed <= 3000; ++seed) {
        cambium::io::Random random(seed);
        constexpr std::string_view letters = "a,\"\n\r1";
        std::string text;
        for (uint64_t i = random.below(30); i > 0; --i)
            text += letters[random.below(letters.size())];
        CsvReader reader(text);
        while (true) {
            const auto row = reader.next();
            if (!row.ok() || !row->has_value()) break;
            CHECK_FALSE((*row)->empty());
        }
    }
}

}  // namespace
