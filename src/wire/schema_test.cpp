// Goal: what we say about every message is what Kafka publishes. Method: the Schema walker writes
// each of our field lists in the columns of the published field tables and the lines must be equal.
// The tables are no part of this repository: without them the tests say so and pass.
#include "wire/schema.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "wire/api.hpp"
#include "wire/messages.hpp"

namespace cambium::wire {
namespace {

using Columns = std::vector<std::string>;

// The lines of a published table without its comments; nullopt when it is not there. Tests run in
// the root of the repository.
std::optional<std::vector<Columns>> table(const std::string& file) {
    const char* const told = std::getenv("CAMBIUM_REFERENCE");
    std::ifstream in(std::string(told == nullptr ? "../shared/reference" : told) + "/" + file);
    if (!in) {
        MESSAGE("skipped: no " << file << " (set CAMBIUM_REFERENCE to its directory)");
        return std::nullopt;
    }
    std::vector<Columns> rows;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with('#')) continue;
        Columns& row = rows.emplace_back();
        std::istringstream columns(line);
        for (std::string column; std::getline(columns, column, '\t');) row.push_back(column);
    }
    return rows;
}

int first_number(const std::string& text) {
    int number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

// What a published message says of itself, in our terms.
struct Published {
    std::string valid;     // "0-13"
    std::string flexible;  // "9+", "none"
    std::vector<SchemaLine> lines;
};

bool primitive(const std::string& type) {
    return type == "string" || type == "bytes" || type == "records" || type == "uuid" ||
           type == "bool" || type == "float64" || type.starts_with("int") ||
           type.starts_with("uint");
}

std::string shape(const std::string& type) {
    if (type.starts_with("[]")) return "[]" + shape(type.substr(2));
    return primitive(type) ? type : "struct";
}

// Nullable members and texts of ours begin as null or empty, whatever is published: only numbers
// have a default that can differ from nothing.
std::string absent_value(const std::string& type, const std::string& published) {
    const bool nothing = published.empty() || published == "-";
    if (type == "bool") return published == "true" || published == "True" ? "true" : "false";
    if (!type.starts_with("int") && !type.starts_with("uint")) return "-";
    if (published.starts_with("0x")) return std::to_string(std::stoll(published, nullptr, 16));
    return nothing ? "0" : published;
}

SchemaLine line_of(const Columns& row) {
    return {.path = row[2],
            .type = shape(row[3]),
            .versions = row[4],
            .nullable = row[5],
            .tag = row[6],
            .absent = absent_value(row[3], row[8]),
            .ignorable = row[10] == "ignorable"};
}

std::map<std::string, Published> published_messages(const std::vector<Columns>& rows) {
    std::map<std::string, Published> messages;
    for (const Columns& row : rows) {
        if (row[0].starts_with('@')) {
            messages[row[1]] = {
                row[3].substr(row[3].find('=') + 1), row[4].substr(row[4].find('=') + 1), {}};
        } else {
            messages[row[1]].lines.push_back(line_of(row));
        }
    }
    return messages;
}

// Fields of versions that we do not speak yet are not in our lists.
void drop_later_than(int last, std::vector<SchemaLine>& lines) {
    std::string dropped = "nothing";
    std::erase_if(lines, [&](const SchemaLine& line) {
        if (line.path.starts_with(dropped)) return true;
        if (first_number(line.versions) <= last) return false;
        dropped = line.path + (line.type == "[]struct" ? "[]." : ".");
        return true;
    });
}

std::string parent(const std::string& path) {
    const size_t dot = path.rfind('.');
    return dot == std::string::npos ? "" : path.substr(0, dot);
}

// Our lists are in wire order, with tagged fields last and by tag; published ones have them
// anywhere. Both are compared in the order (struct, tagged or not, place or tag).
std::vector<std::string> canonical(const std::vector<SchemaLine>& lines) {
    std::multimap<std::tuple<std::string, bool, int>, std::string> ordered;
    for (const SchemaLine& line : lines) {
        ordered.emplace(std::tuple(parent(line.path), line.tag != "-", first_number(line.tag)),
                        line.text());
    }
    std::vector<std::string> text;
    for (const auto& [place, line] : ordered) text.push_back(line);
    return text;
}

TEST_CASE("every field list is the published one") {
    const auto rows = table("kafka-messages-4.4.tsv");
    if (!rows) return;
    const auto messages = published_messages(*rows);
    EveryMessage::each([&]<class M>() {
        CAPTURE(M::name);
        const ApiInfo& api = info(M::api);
        REQUIRE(messages.contains(std::string(M::name)));
        Published published = messages.at(std::string(M::name));
        const bool never_flexible = published.flexible == "none";
        CHECK((never_flexible ? not_flexible : first_number(published.flexible)) ==
              api.flexible_from);
        drop_later_than(api.versions.last, published.lines);
        const auto ours = canonical(Schema::of<M>());
        const auto theirs = canonical(published.lines);
        for (size_t i = 0; i < std::max(ours.size(), theirs.size()); ++i) {
            CHECK((i < ours.size() ? ours[i] : "") == (i < theirs.size() ? theirs[i] : ""));
        }
    });
}

TEST_CASE("what a server sends has the field list of what a client reads") {
    const auto sent = Schema::of<FetchResponse>();
    auto read = Schema::of<FetchedResponse>();
    CHECK(sent == read);
}

TEST_CASE("the table of APIs is the published one") {
    const auto rows = table("kafka-api-versions-4.3.tsv");
    if (!rows) return;
    CHECK(rows->size() == apis.size());
    for (const Columns& row : *rows) {
        CAPTURE(row[0]);
        const ApiInfo* const api = find_api(static_cast<int16_t>(first_number(row[1])));
        REQUIRE(api != nullptr);
        CHECK(api->name == row[0]);
        CHECK(api->versions == Versions{first_number(row[2]), first_number(row[3])});
    }
}

TEST_CASE("every API of the table is flexible from the published version on") {
    const auto rows = table("kafka-messages-4.4.tsv");
    if (!rows) return;
    const auto messages = published_messages(*rows);
    for (const ApiInfo& api : apis) {
        for (const char* const side : {"Request", "Response"}) {
            CAPTURE(api.name);
            const std::string flexible = messages.at(std::string(api.name) + side).flexible;
            if (flexible == "none") CHECK(api.flexible_from == not_flexible);
            else CHECK(first_number(flexible) == api.flexible_from);
        }
    }
}

TEST_CASE("names and versions are answered without a table from outside") {
    CHECK(name(ApiKey::metadata) == "Metadata");
    CHECK(info(ApiKey::fetch).versions == Versions{4, 18});
    CHECK(find_api(4) == nullptr);
    CHECK(find_api(-1) == nullptr);
    CHECK(find_api(999) == nullptr);
}

}  // namespace
}  // namespace cambium::wire
